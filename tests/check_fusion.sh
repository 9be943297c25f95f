#!/bin/sh
# check_fusion.sh - the object code uses fused multiply-add where results depend on it, and nowhere else: compilers may
# fuse separate operations, or split intended ones.
set -eu
cd "$(dirname "$0")/.."

command -v objdump >/dev/null || { echo "skipped: no objdump"; exit 77; }

# On x86-64; ARM, 64 and 32 bits; RISC-V; s390x.
fused='vfn?m(add|sub)[0-9a-z]*|fn?m(add|sub)|fml[as]|vfm[as](.f(32|64))?|fn?m(add|sub).[sd]|[vw]f?m[as][sd]b|m[as][ed]br?'

# all_fused OBJECT FUSED APART - its innermost block is all there is to multiply: no plain product may be left.
all_fused() {
    objdump -d --no-show-raw-insn "$1" | awk -v object="$1" -v fused="^($2)$" -v apart="^($3)$" '
        $2 ~ fused { n_fused++ }
        $2 ~ apart && $3 !~ /^d|[.]2d/ { n_apart++ } # doubles are no products of a block
        END {
            if (n_fused && !n_apart) exit 0
            print object ": " n_fused + 0 " fused products, " n_apart + 0 " apart"
            exit 1
        }'
}

fail=0
for object in "${BUILD:-build}"/static/*/*.o "${BUILD:-build}"/shared/*/*.o; do
    case $object:$(objdump -f "$object" | sed -n 's/^architecture: \([a-z0-9]*\).*/\1/p') in
    *kernels_gemm-[vb][34f]*) all_fused "$object" 'vfmadd[0-9]+ps' 'vmul[ps]s' || fail=1 ;;
    *kernels_gemm-base.o:aarch64) all_fused "$object" fmla fmul || fail=1 ;;
    *)
        objdump -d --no-show-raw-insn "$object" | awk -v object="$object" -v fused="^($fused)$" '
            /^[0-9a-f]+ </ { function_name = $2 }
            function_name ~ /pair/ { next } # bfloat16 is defined with fused products
            $2 ~ fused { print object " fuses in " function_name " " $2; exit 1 }' || fail=1
        ;;
    esac
done
exit $fail
