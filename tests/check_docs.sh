#!/bin/sh
# check_docs.sh - `make docs` makes the reference without a warning: a manual page for each command and each module, and
# HTML without broken internal links. Skipped without doxygen or help2man.
set -eu
cd "$(dirname "$0")/.."
work=$GAN_TEST_DIR

fail() {
    echo "check_docs: $*" >&2
    exit 1
}

for tool in doxygen help2man; do
    command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
# In a directory of its own, with the programs that there are.
mkdir -p "$work/build"
case $BUILD in /*) programs=$BUILD/examples ;; *) programs=$PWD/$BUILD/examples ;; esac
ln -s "$programs" "$work/build/examples"
case $work in /*) ;; *) work=$PWD/$work ;; esac
sed -n 's/^	@BUILD=.* scripts\/make-docs //p' Makefile | grep -q . || fail "Makefile should run scripts/make-docs"
version=$(sed -nE 's/^#define GAN_VERSION_(MAJOR|MINOR|PATCH) +([0-9]+).*/\2/p' include/gan/version.h | paste -s -d . -)
BUILD=$work/build scripts/make-docs "$version" gan-train:picture_gan gan-sample:sample gan-convert:scripts/gan-convert

docs=$work/build/docs
for name in gan-train gan-sample gan-convert; do
    page=$docs/man/man1/$name.1
    grep -q "^$name *.*- [a-z]" "$page" || fail "$name.1 should say in a line what $name does"
done
grep -q 'hundred.png' "$docs/man/man1/gan-sample.1" || fail "gan-sample.1 should have its examples"
for header in include/gan/*.h; do
    module=$(basename "$header" .h)
    case $module in api | gan) continue ;; esac
    [ -s "$docs/man/man3/libgan_$module.3" ] || fail "no page for $header"
done
# Each function of the library is on one of the pages.
sed -n 's/^ *\(gan_[a-z0-9_]*\);.*/\1/p' lib/libgan.map | sort >"$work/functions"
[ "$(wc -l <"$work/functions")" -gt 100 ] || fail "lib/libgan.map should have more functions"
grep -oh 'gan_[a-z0-9_]*' "$docs"/man/man3/*.3 | sort -u >"$work/documented"
missing=$(comm -23 "$work/functions" "$work/documented")
[ -z "$missing" ] || fail "on no page: $missing"
! grep -l '\\fC' "$docs"/man/man3/*.3 || fail "a font C, which groff 1.23 has not"
if command -v groff >/dev/null; then
    said=$(groff -man -Tutf8 -Kutf8 -z "$docs"/man/man1/*.1 "$docs"/man/man3/*.3 2>&1) || :
    [ -z "$said" ] || { echo "$said"; fail "manual pages with warnings"; }
fi
for image in $(grep -oh 'src="images/[^"]*"' "$docs"/html/*.html | sed 's/^src="//; s/"$//' | sort -u); do
    [ -s "$docs/html/$image" ] || fail "$image is missing"
done
for target in $(grep -oh 'href="[A-Za-z0-9_]*\.html' "$docs"/html/*.html | sed 's/^href="//' | sort -u); do
    [ -s "$docs/html/$target" ] || fail "a link to $target, which is not there"
done
