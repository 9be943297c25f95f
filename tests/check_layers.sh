#!/bin/sh
# check_layers.sh - no file includes a header of a higher level than its own; lib/LAYERS has the
# levels.
set -eu
cd "$(dirname "$0")/.."

awk '
function fail(text) { print FILENAME ":" FNR ": " text; bad = 1 }

# layer_conv.c -> layer, pool_internal.h -> pool: cut words off the end until a module is left.
function module(path) {
    sub(/.*\//, "", path)
    sub(/\.[ch]$/, "", path)
    while (!(path in level) && sub(/_[^_]*$/, "", path)) { }
    return path
}

FILENAME == "lib/LAYERS" {
    if ($1 ~ /^[0-9]+$/) for (i = 2; i <= NF; i++) level[$i] = $1
    else if ($1 ~ /\.h$/) users[$1] = $0 " "
    next
}

FILENAME ~ /\/gan\.h$/ { next }   # it is there to include all others

FNR == 1 {
    own = module(FILENAME)
    if (!(own in level)) fail("lib/LAYERS has no module for this file")
}

/^[ \t]*#[ \t]*include/ {
    header = $0
    sub(/^[^<"]*[<"]/, "", header)
    sub(/[>"].*/, "", header)
    if (header == "gan/gan.h") fail("only hosts include gan/gan.h")
    else if (header in users && !index(users[header], " " own " "))
        fail("lib/LAYERS lets other modules include " header ", not " own)
    else if (header ~ /^gan\// || $0 ~ /include[ \t]*"/) {
        other = module(header)
        if (!(other in level)) fail("lib/LAYERS has no module for " header)
        else if (level[other] > level[own])
            fail(own " (level " level[own] ") includes " header " (level " level[other] ")")
    }
}

END { exit bad }' lib/LAYERS lib/*.[ch] include/gan/*.h
