#!/bin/sh
# check_fusion.sh - the object code uses fused multiply-add where results depend on it, and nowhere else: compilers may
# fuse separate operations, or split intended ones.
set -eu
cd "$(dirname "$0")/.."

command -v objdump >/dev/null || { echo "skipped: no objdump"; exit 77; }

# On x86-64; ARM, 64 and 32 bits; RISC-V; s390x.
fused='vfn?m(add|sub)[0-9a-z]*|fn?m(add|sub)|fml[as]|vfm[as](.f(32|64))?|fn?m(add|sub).[sd]|[vw]f?m[as][sd]b|m[as][ed]br?'

# One objdump for all objects: its line "NAME:     file format FORMAT" begins each of them.
objdump -d --no-show-raw-insn "${BUILD:-build}"/static/*/*.o "${BUILD:-build}"/shared/*/*.o | awk -v fused="^($fused)$" '
    function finish() {
        if (micro != "" && !(n_fused && !n_apart)) {
            print object ": " n_fused + 0 " fused products, " n_apart + 0 " apart"
            failed = 1
        }
    }
    / file format / {
        finish()
        object = $1
        micro = apart = ""
        n_fused = n_apart = 0
        # The innermost block of a micro-kernel is all there is to multiply: no plain product may be left.
        if (object ~ /kernels_gemm-[vb][34f]/) { micro = "^vfmadd[0-9]+ps$"; apart = "^vmul[ps]s$" }
        if (object ~ /kernels_gemm-base[.]o/ && /aarch64/) { micro = "^fmla$"; apart = "^fmul$" }
        n_objects++
        next
    }
    micro != "" {
        if ($2 ~ micro) n_fused++
        if ($2 ~ apart && $3 !~ /^d|[.]2d/) n_apart++ # doubles are no products of a block
        next
    }
    /^[0-9a-f]+ </ { function_name = $2 }
    function_name ~ /pair/ { next } # bfloat16 is defined with fused products
    $2 ~ fused && object != reported { print object " fuses in " function_name " " $2; reported = object; failed = 1 }
    END {
        finish()
        if (n_objects == 0) { print "no object file was read"; failed = 1 }
        exit failed
    }'
