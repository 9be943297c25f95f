#!/bin/sh
# check_headers.sh - each public header compiles alone in C and C++, and documents its declarations.
set -eu
cd "$(dirname "$0")/.."
bad=0

for header in include/gan/*.h; do
    name=${header#include/}
    for language in 'c -std=c11 -Wstrict-prototypes' 'c++ -std=c++11'; do
        # shellcheck disable=SC2086  # language holds several options
        printf '#include <%s>\nint translation_units_may_not_be_empty;\n' "$name" |
            ${CC:-cc} -Iinclude -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x $language - || {
            echo "$header: does not stand alone as ${language%% *}"
            bad=1
        }
    done
done

# With libgan a host gets libgan and two standard headers; gan_network_add...() remembers its failure.
awk '
function fail(text) { print FILENAME ":" FNR ": " text; bad = 1 }
/^#include/ && !/<(gan\/[a-z_]+|stddef|stdint)\.h>/ { fail("a public header includes " $2) }
/^GAN_API/ && previous !~ /\*\/$/                   { fail("no comment before this declaration") }
/^GAN_API .*gan_status gan_/ && !/GAN_MUST_CHECK/ && !/gan_(last_status|network_add|rng_(uniform|normal|truncated|labels|seek))[a-z0-9_]*\(/ {
    fail("a status without GAN_MUST_CHECK")
}
/^#define GAN_[A-Z0-9_]+_INIT( |$)/                  { macro[tolower($2)] = FILENAME ":" FNR }
/^GAN_API void gan_[a-z0-9_]+_init\(/               { sub(/\(.*/, "", $3); made[$3] = 1 }
{ previous = $0 }
END {
    for (name in macro) if (!(name in made)) { print macro[name] ": there is no function " name "()"; bad = 1 }
    exit bad
}' include/gan/*.h || bad=1

exit $bad
