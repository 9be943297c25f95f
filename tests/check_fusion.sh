#!/bin/sh
# check_fusion.sh - the object code fuses products into sums where results rest on it, and nowhere
# else: compilers may fuse what is written apart, or split what was to be fused.
set -eu
cd "$(dirname "$0")/.."

command -v objdump >/dev/null || { echo "skipped: no objdump"; exit 77; }

# On x86-64; ARM, 64 and 32 bits; RISC-V; s390x.
fused='vfn?m(add|sub)[0-9a-z]*|fn?m(add|sub)|fml[as]|vfm[as](.f(32|64))?|fn?m(add|sub).[sd]|[vw]f?m[as][sd]b|m[as][ed]br?'

fail=0
for object in "${BUILD:-build}"/static/*/*.o "${BUILD:-build}"/shared/*/*.o; do
    case $object in
    *kernels_gemm-v*)
        # Its innermost block is all there is to multiply: no plain product may be left.
        objdump -d --no-show-raw-insn "$object" | awk -v object="$object" '
            $2 ~ /^vfmadd[0-9]+ps$/ { fused++ }
            $2 ~ /^vmul[ps]s$/ { apart++ }
            END {
                if (fused && !apart) exit 0
                print object ": " fused + 0 " fused products, " apart + 0 " apart"
                exit 1
            }' || fail=1
        ;;
    *)
        objdump -d --no-show-raw-insn "$object" | awk -v object="$object" -v fused="^($fused)$" '
            /^[0-9a-f]+ </ { function_name = $2 }
            $2 ~ fused { print object " fuses in " function_name " " $2; exit 1 }' || fail=1
        ;;
    esac
done
exit $fail
