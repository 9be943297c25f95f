#!/bin/sh
# check_exports.sh - headers (GAN_API), lib/libgan.map and shared library name the same functions;
# in the static library every global name begins with gan_.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ "$(uname -s)" = Darwin ]; then
    echo "no version script on this system: nothing to compare"
    exit 0
fi

# A declaration may go over several lines; the function is the first name before a parenthesis.
awk '
/^GAN_API/ { text = ""; open = 1 }
open       { text = text " " $0 }
open && /;/ {
    open = 0
    if (match(text, /gan_[a-z0-9_]+\(/)) print substr(text, RSTART, RLENGTH - 1)
}' include/gan/*.h | sort >"$work/headers"
sed -n 's/^ *\(gan_[a-z0-9_]*\);.*/\1/p' lib/libgan.map | sort >"$work/libgan.map"
nm -D --defined-only "$build/libgan.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
    sort >"$work/libgan.so"

bad=0
for other in libgan.map libgan.so; do
    diff "$work/headers" "$work/$other" || {
        echo "the headers (<) and $other (>) do not name the same functions"
        bad=1
    }
done

nm -g --defined-only "$build/libgan.a" | awk 'NF == 3 && $3 !~ /^gan_/ { print $3 }' \
    >"$work/foreign"
if [ -s "$work/foreign" ]; then
    echo "global names in libgan.a that may collide with a host's:"
    cat "$work/foreign"
    bad=1
fi
exit $bad
