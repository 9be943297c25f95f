#!/bin/sh
# check_circles.sh - no circular calls among the library's files: none calls, directly or through others, a file that
# calls it.
#
# The symbols that a file defines and uses are read from its object in the archive. Files that use no others, or are
# used by no others, are removed repeatedly; what remains are circles, and files between two of them.
set -eu
cd "$(dirname "$0")/.."

# A line of nm is "build/libgan.a:kernels_sum-v3.o:0000000000000000 T gan__dot_v3"; that object is
# one of kernels_sum.c.
nm -A "$BUILD/libgan.a" | sed 's/.*:\([^:]*\)\.o:/\1 /; s/-[a-z0-9]* / /' | awk '
    { type = NF == 4 ? $3 : $2 }
    type ~ /^[TDBRVW]$/ { print "defines", $1, $NF }
    type == "U" { print "uses", $1, $NF }' | awk '
$1 == "defines" { where[$3] = $2; left[$2] = 1 }
$1 == "uses" { user[++n] = $2; symbol[n] = $3; left[$2] = 1 }
END {
    do {
        taken = 0
        for (f in left) uses[f] = used[f] = 0
        for (i = 1; i <= n; i++) {
            if (!(symbol[i] in where)) continue
            other = where[symbol[i]]
            if (other == user[i] || !(other in left) || !(user[i] in left)) continue
            uses[user[i]] = used[other] = 1
        }
        for (f in left)
            if (!uses[f] || !used[f]) { delete left[f]; taken = 1 }
    } while (taken)
    for (i = 1; i <= n; i++)
        if (user[i] in left && symbol[i] in where && where[symbol[i]] in left && \
            where[symbol[i]] != user[i]) {
            printf "%s uses %s of %s\n", user[i], symbol[i], where[symbol[i]]
            bad = 1
        }
    exit bad
}'
