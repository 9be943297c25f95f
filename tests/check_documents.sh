#!/bin/sh
# check_documents.sh - the program in README.md, the snippets of docs/guide.md and its commands compile as printed, without a
# warning, and run.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh

flags=$(PKG_CONFIG_PATH=$build:${PKG_CONFIG_PATH:-} ${PKG_CONFIG:-pkg-config} --cflags --libs libgan)

# host NAME - compile NAME.c as a user would, warnings being errors, and run it.
host() {
    # The flags are written for a shell: a path's spaces have a backslash before them.
    eval "${CC:-cc} -std=c11 -O2 -Wall -Wextra -Wpedantic -Werror ${SAN:+-fsanitize=$SAN} \"$1.c\" -o \"$1\" $flags" ||
        fail "$1.c does not compile as printed"
    LD_LIBRARY_PATH=$build DYLD_LIBRARY_PATH=$build ASAN_OPTIONS=detect_leaks=${2:-1} "./$1" >"$1.log" 2>&1 || {
        cat "$1.log"
        fail "$1 does not run"
    }
}

begin=$(date +%s)
# block HEADING - the first block of C below a heading of README.md
block() {
    awk -v heading="$1" '$0 == heading { on = 1 } /^```$/ { if (inside) exit } inside; on && /^```c$/ { inside = 1 }' "$root/README.md"
}
block "## A program" >readme.c
sed 's/gan_iterator_epoch(it) < 20/gan_iterator_epoch(it) < 2/' readme.c >shorter.c && ! cmp -s readme.c shorter.c ||
    fail "README.md: the program trains longer than it should here"
mv shorter.c readme.c
rm -f generator.safetensors
host readme 0 # it leaves its handles to the end of the process
run sample --model generator.safetensors --out readme.png
block "## Three commands" >ten.c
[ "$(wc -l <ten.c)" -le 12 ] || fail "README.md: the program should have ten lines"
host ten 0
png new.png
lasted "$begin" "README.md"

# The guide's snippets are one program: blocks with functions stand first, the others are a function for each chapter.
begin=$(date +%s)
cp "$root/examples/guide.c" guide.c
! command -v python3 >/dev/null || "$root/scripts/guide-program" >guide.c
cmp guide.c "$root/examples/guide.c" || fail "examples/guide.c is not the guide's program: scripts/guide-program >examples/guide.c"
host guide
png samples.png
# shellcheck disable=SC2016  # the backquotes are the document's
sed -n 's/^That prints `\(.*\)`\.$/\1/p' "$root/docs/guide.md" >sentences
[ -s sentences ] || fail "guide.md should say what the wrong network prints"
while read -r sentence; do
    grep -qF -- "$sentence" guide.log || { cat guide.log; fail "guide.md says it prints: $sentence"; }
done <sentences
lasted "$begin" "docs/guide.md"

# A generator inside of a program, by the guide's commands.
begin=$(date +%s)
cat >linked.c <<'END'
#include <gan/gan.h>
#include <stdio.h>
#include <string.h>
extern const unsigned char FIRST[];
#ifdef LAST
extern const unsigned char LAST[];
#define COUNT (size_t)(LAST - FIRST)
#else
extern unsigned int generator_safetensors_len;
#define COUNT generator_safetensors_len
#endif
int main(void)
{
    static float z[16], out[2][784];
    gan_network *net[2];
    if (gan_network_open_in_place(&net[0], FIRST, COUNT, NULL) || gan_network_open(&net[1], "generator.safetensors", NULL) ||
        gan_network_forward(net[0], z, 1, out[0]) || gan_network_forward(net[1], z, 1, out[1])) {
        puts(gan_last_error());
        return 1;
    }
    for (int i = 0; i < 2; i++) gan_network_destroy(net[i]);
    return memcmp(out[0], out[1], sizeof out[0]) != 0;
}
END
linked() {
    eval "${CC:-cc} -std=c11 ${SAN:+-fsanitize=$SAN} $2 linked.c $1 -o linked $flags" || fail "linked.c with $1 does not compile"
    LD_LIBRARY_PATH=$build DYLD_LIBRARY_PATH=$build ./linked || fail "the generator in $1 is not that of the file"
}
commands=$(awk '/^\*\*Weights in the program/ { on = 1 } on && /^    (xxd|objcopy)/ { take = 1 } take { print } /^$/ { take = 0 }
    on && /^The first makes/ { exit }' "$root/docs/guide.md")
command -v xxd >/dev/null && eval "$(echo "$commands" | grep xxd)" && linked generator.c -DFIRST=generator_safetensors
[ "$(uname -m)" != x86_64 ] || {
    eval "$(echo "$commands" | sed -n '/objcopy/,$p')"
    linked generator.o "-DFIRST=_binary_generator_safetensors_start -DLAST=_binary_generator_safetensors_end"
}
lasted "$begin" "a generator in a program"
