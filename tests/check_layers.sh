#!/bin/sh
# check_layers.sh - the directories of lib/ are levels; lib/LAYERS has their order.
#
# No file includes a header of a later directory, each is in the directory of its module, names are unique, other
# libraries' headers are included only by their modules, and the table in docs/design.md agrees with lib/LAYERS.
set -eu
cd "$(dirname "$0")/.."

awk '
function fail(text) { print FILENAME ":" FNR ": " text; bad = 1 }

# layer_conv.c -> layer, pool_internal.h -> pool: cut words off the end until a module is left.
function module(path) {
    sub(/.*\//, "", path)
    sub(/\.[ch]$/, "", path)
    while (!(path in home) && sub(/_[^_]*$/, "", path)) { }
    return path
}

# lib/layer/layer_conv.c and layer/layer_internal.h -> layer
function directory(path) {
    sub(/^lib\//, "", path)
    return sub(/\/[^\/]*$/, "", path) ? path : ""
}

FILENAME == "lib/LAYERS" {
    if ($0 ~ /^#/ || NF == 0) next
    if ($1 ~ /\.h$/) users[$1] = $0 " "
    else if ($0 ~ /^ /) home[$1] = latest
    else { latest = $1; level[latest] = ++n_levels }
    next
}

FILENAME ~ /\/gan\.h$/ { next }   # it is there to include all others

FNR == 1 {
    own = module(FILENAME)
    if (!(own in home)) fail("lib/LAYERS has no module for this file")
    at = home[own]
    if (FILENAME ~ /^lib\// && directory(FILENAME) != at)
        fail("is of the module " own ", which is in lib/" at)
    name = FILENAME
    sub(/.*\//, "", name)
    if (FILENAME ~ /^lib\// && name in seen) fail("has the name of " seen[name])
    seen[name] = FILENAME
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
        if (!(other in home)) fail("lib/LAYERS has no module for " header)
        else if (header !~ /^gan\// && directory(header) != home[other])
            fail("includes " header " without the directory of its module, " home[other])
        else if (level[home[other]] > level[at])
            fail("is in " at " and includes " header " of " home[other])
    }
}

END { exit bad }' lib/LAYERS $(find lib include/gan -name '*.[ch]' | sort)

scripts/module-map --check
