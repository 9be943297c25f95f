#!/bin/sh
# check_export.sh - generators as C source: networks of every kind of layer and those of the example programs compile
# without a warning and agree with the library with each installed compiler, gcc, clang, tcc, as C99 and as C++, and for
# big-endian processors; they are small, and eight threads share them without a data race.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh

CC=${CC:-cc}
warnings="-Wall -Wextra -Wconversion -pedantic -Werror"
have() { command -v "${1%% *}" >/dev/null 2>&1 || { echo "not tried: there is no $1"; return 1; }; }

# agrees COMPILER NAME [EMULATOR] - NAME.c and its test compile, and the test finds the library's numbers.
agrees() {
    # shellcheck disable=SC2086  # several options
    $1 -o "$2_test" "$2_test.c" "$2.c" -lm >compiler.log 2>&1 || { cat compiler.log; fail "$1 should compile $2.c"; }
    [ ! -s compiler.log ] || { cat compiler.log; fail "$1 warns of $2.c"; }
    ${3:-} "./$2_test" >found.log || { cat found.log; fail "$2: other numbers than the library's, compiled by $1"; }
}

# small NAME - what it becomes is its weights and 30 kB.
small() {
    $CC -Os -c -o small.o "$1.c"
    most=$(($(sed -n 's/.*_WEIGHT_BYTES = \([0-9]*\).*/\1/p' "$1.h") + 30000))
    found=$(size small.o | awk 'NR == 2 { print $1 + $2 + $3 }')
    [ "$found" -le "$most" ] || fail "$1.c becomes $found bytes, at most $most expected"
    [ "$(wc -l <"$1.c")" -lt 400 ] || fail "$1.c has $(wc -l <"$1.c") lines"
}

# --- Every kind of layer --------------------------------------------------------------------------

mkdir kinds
GAN_TEST_KINDS=$work/kinds "$build/tests/test_export_c" >kinds.log || { cat kinds.log; fail "the networks should be written"; }
cd kinds
names=$(ls ./*_main.c | sed 's|./\(.*\)_main.c|\1|')
for name in $names; do
    agrees "$CC -std=c99 -O2 $warnings" "$name"
    small "$name"
    case $name in *_16 | *_8) continue ;; esac
    ! have clang || agrees "clang -std=c99 -O3 $warnings" "$name"
    ! have tcc || agrees "tcc -Wall" "$name"
    ! have c++ || agrees "c++ -x c++ -std=c++11 -O2 $warnings" "$name"
    $CC -std=c99 -O1 $warnings -o main "${name}_main.c" "$name.c" -lm || fail "${name}_main.c should compile"
    ./main 7 1 picture || fail "${name}_main.c should write a sample"
    [ -s picture ] || fail "${name}_main.c writes nothing"
done
# A cross compiler may be installed without its C library.
has_port() {
    have "$1-linux-gnu-gcc" && have "qemu-$1-static" &&
        printf '#include <stdio.h>\nint main(void) { return 0; }\n' | "$1-linux-gnu-gcc" -static -x c - -o port 2>/dev/null
}
ports=
for port in s390x aarch64; do ! has_port $port || ports="$ports $port"; done
echo "other processors:${ports:- none}"
for name in images conditional_16 group_norms_8; do
    for port in $ports; do
        agrees "$port-linux-gnu-gcc -static -std=c99 -O2 $warnings" $name qemu-$port-static
    done
    ! have arm-none-eabi-gcc || arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -std=c99 -Os $warnings -c -o arm.o $name.c ||
        fail "$name.c should compile for a microcontroller"
done

# --- Eight threads --------------------------------------------------------------------------------

cat >threads.c <<'END'
#include "images.h"
#include <pthread.h>
#include <string.h>

static float images[8][IMAGES_NUMBERS], work[8][IMAGES_WORK_FLOATS];

static void *draw(void *at)
{
    const float z[IMAGES_LATENT] = {0.5f, -1.0f};

    for (int i = 0; i < 20; i++) images_run(z, images[*(int *)at], work[*(int *)at]);
    return NULL;
}

int main(void)
{
    pthread_t threads[8];
    int at[8];

    for (int i = 0; i < 8; i++) at[i] = i, pthread_create(&threads[i], NULL, draw, &at[i]);
    for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
    for (int i = 1; i < 8; i++)
        if (memcmp(images[i], images[0], sizeof images[0]) != 0) return 1;
    return 0;
}
END
$CC -O1 -fsanitize=thread -pthread -o threads threads.c images.c -lm
./threads >threads.log 2>&1 || { cat threads.log; fail "eight threads should draw the same picture"; }
cd ..

# --- Generators of the example programs -----------------------------------------------------------

few="--silhouettes --epochs 1 --limit 200"
# shellcheck disable=SC2086  # options are to be split
{
    run fashion_gan $few --hidden 32 --out fashion_gan --quiet
    run fashion_dcgan $few --base 4 --out fashion_dcgan --quiet
    run fashion_cgan $few --hidden 32 --depth 2 --out fashion_cgan --quiet
    run fashion_cgan $few --dcgan --base 4 --out fashion_cdcgan --quiet
}
run series --epochs 1 --out series
run replay --silhouettes --epochs 2
mkdir replay && mv replay.safetensors replay/generator.safetensors && mv series/series.safetensors series/generator.safetensors
for model in fashion_gan fashion_dcgan fashion_cgan fashion_cdcgan series replay; do
    for type in float32 float16 int8; do
        run export --model $model/generator.safetensors --c --name $model --weights $type --test --main --overwrite
        agrees "$CC -std=c99 -O2 $warnings" $model
        cat found.log
        small $model
    done
done
says export "differ by at most"

# Weights that a program reads.
run export --model fashion_gan/generator.safetensors --c --apart --test --main --name apart --out apart
cd apart
agrees "$CC -std=c99 -O2 $warnings" apart
$CC -O2 -o draw apart_main.c apart.c -lm
./draw 3 0 boot.pgm
[ "$(head -n 3 boot.pgm | tr '\n' ' ')" = "P5 28 28 255 " ] || fail "a PGM of 28 x 28 expected"
[ "$(wc -c <boot.pgm)" -eq $((13 + 784)) ] || fail "a byte a pixel expected"
rm apart_weights.bin
! ./draw 2>draw.log || fail "weights are missing"
grep -q "apart_weights.bin: [0-9]* bytes expected" draw.log || fail "a missing file should be named"
cd ..

refuses 1 "fashion_gan.h: exists already" export --model fashion_gan/generator.safetensors --c --name fashion_gan
refuses 1 "name is \"a-b\"" export --model fashion_gan/generator.safetensors --c --name a-b
refuses 1 "nowhere.safetensors: " export --model nowhere.safetensors --c
refuses 2 "what to write is missing" export --model fashion_gan/generator.safetensors
