#!/bin/sh
# check_abi.sh - programs compiled against the release in tests/abi run with this library: no function was removed, and
# no type has changed, except descriptors and records that have grown at their end. Skipped without abidiff, and on
# other processors than the dump's.
#
# docs/stability.md says what may change; scripts/dump-abi writes a new dump.
set -eu
cd "$(dirname "$0")/.."
work=$GAN_TEST_DIR

fail() {
    echo "check_abi: $*" >&2
    exit 1
}

command -v abidiff >/dev/null || { echo "skipped: no abidiff"; exit 77; }
[ "$(uname -m)" = x86_64 ] || { echo "skipped: the dump is of x86_64"; exit 77; }

# compare DUMP - print what a program that was compiled against DUMP would notice, if anything.
compare() { abidiff --no-added-syms --suppressions tests/abi/may-grow.ini "$1" "$work/now.abi"; }

scripts/dump-abi "$BUILD/libgan.so" "$work/now.abi"
compare tests/abi/libgan.abi || fail "expected the functions and types of tests/abi/libgan.abi, found those above"
echo "the same: $(grep -c '<function-decl' "$work/now.abi") functions"

# notices WHAT SED-COMMAND - a dump that is changed so is another.
notices() {
    sed "$2" tests/abi/libgan.abi >"$work/other.abi"
    ! cmp -s tests/abi/libgan.abi "$work/other.abi" || fail "the dump has no $1"
    ! compare "$work/other.abi" >"$work/noticed" || fail "$1 should be noticed"
}

notices "function that is gone" 's/gan_train_step\([^a-z_]\)/gan_train_stride\1/g'
notices "status with another value" "s/name='GAN_ERR_BUSY' value='-7'/name='GAN_ERR_BUSY' value='-17'/"
trainer="/<class-decl name='gan_trainer_desc'/,/<\/class-decl>/"
notices "field at another place" "$trainer"'{/layout-offset-in-bits=.64./,/<\/data-member>/d;}'
notices "record that is not to grow" "/<class-decl name='gan_shape'/"'{s/size-in-bits=.[0-9]*./size-in-bits='"'64'"'/;n;n;n;n;N;N;d;}'

# A descriptor may have been shorter.
sed "$trainer"'{s/\(gan_trainer_desc.*size-in-bits=.\)[0-9]*/\164/;/layout-offset-in-bits=.64./,/^ *<\/class-decl>/{/class-decl/!d;};}' \
    tests/abi/libgan.abi >"$work/shorter.abi"
[ "$(wc -l <"$work/shorter.abi")" -lt "$(wc -l <tests/abi/libgan.abi)" ] || fail "the dump has no gan_trainer_desc"
compare "$work/shorter.abi" || fail "a descriptor may grow at its end"
