#!/bin/sh
# check_plain.sh - a compiler alone builds the library: the command of docs/platforms.md, on the sources as make dist packs
# them, without make, pkg-config and BLAS.
set -eu
cd "$(dirname "$0")/.."
work=$GAN_TEST_DIR

fail() {
    echo "check_plain: $*" >&2
    exit 1
}

cp -R include lib "$work"
cp tests/install/host.c "$work"
(cd "$work" && lib/export/embed lib/export/text/* >lib/export/export_texts.h)
command=$(sed -n 's/^    \(cc .*lib\/\*\/\*\.c .*\)/\1/p' docs/platforms.md)
[ "$command" ] || fail "docs/platforms.md should have a command with lib/*/*.c"
# As it is printed, but for a compiler that optimises and so takes a minute.
(cd "$work" && eval "$(echo "$command" | sed "s|^cc|${CC:-cc} -w|; s|-O2|-O0|")") || fail "does not build: $command"
said=$("$work/host") || fail "the program does not run"
echo "host says $said"
