#!/bin/sh
# check_arithmetic.sh - no source of the library compiles with options that let the compiler ignore NaN, reorder sums or
# keep floats in wider registers; the message names the flag. One header refuses to compile, and each source includes
# it.
set -eu
work=$GAN_TEST_DIR
cd "$(dirname "$0")/.."
bad=0

# One run of the compiler tells what each source includes, what make makes (-MG) as well; a rule of make for each: "name.o: name.c header ...".
# shellcheck disable=SC2086  # CC may be "ccache gcc"
${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -Iinclude -Ilib -MM -MG lib/*/*.c >"$work/includes"
sed -e ':join' -e '/\\$/{N;s/\\\n//;b join' -e '}' "$work/includes" >"$work/rules"
[ "$(grep -c . "$work/rules")" -eq "$(ls lib/*/*.c | wc -l)" ] || { echo "one rule for each source expected" && bad=1; }
! grep -v 'lib/base/arithmetic_internal\.h' "$work/rules" || { echo "these include no arithmetic_internal.h" && bad=1; }

# refused SENTENCE FLAG... - the header must fail to compile with the flags and say SENTENCE.
refused() {
    sentence=$1
    shift
    # shellcheck disable=SC2086
    said=$(${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -Ilib -Wfatal-errors -fsyntax-only "$@" \
        -x c lib/base/arithmetic_internal.h 2>&1) && said="compiles"
    case $said in
    *"$sentence"*) ;;
    *) echo "arithmetic_internal.h with $*: $said" && bad=1 ;;
    esac
}

refused "compile without -ffast-math" -ffast-math
refused "compile without -ffast-math" -ffinite-math-only
# A compiler's own macro stands for the processors that have no other way.
refused "rounded to float" -U__FLT_EVAL_METHOD__ -D__FLT_EVAL_METHOD__=2
exit $bad
