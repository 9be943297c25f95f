#!/bin/sh
# check_arithmetic.sh - no source of the library compiles where the compiler may forget NaN, reorder sums or keep floats
# in wider registers; the sentence names the flag.
set -eu
cd "$(dirname "$0")/.."
bad=0

# refused SENTENCE FLAG... - each source must fail to compile with the flags and say SENTENCE.
refused() {
    sentence=$1
    shift
    for source in lib/*/*.c; do
        # shellcheck disable=SC2086  # it may be "ccache gcc"
        said=$(${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -Iinclude -Ilib -Wfatal-errors -fsyntax-only "$@" "$source" 2>&1) &&
            said="compiles"
        case $said in
        *"$sentence"*) ;;
        *) echo "$source with $*: $said" && bad=1 ;;
        esac
    done
}

refused "compile without -ffast-math" -ffast-math
refused "compile without -ffast-math" -ffinite-math-only
# A compiler's own macro stands for the processors that have no other way.
refused "rounded to float" -U__FLT_EVAL_METHOD__ -D__FLT_EVAL_METHOD__=2
exit $bad
