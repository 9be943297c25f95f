#!/bin/sh
# check_runs.sh - a training run has its own directory, and no files of an earlier one are lost or mixed with it;
# missing images are never replaced silently; signals, closed descriptors, full disks, pipes and misleading names do no
# harm.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh

tiny="--limit 300 --hidden 16 --latent 8 --depth 1"
drawn="--silhouettes $tiny"

# gan OPTION... - a small run on silhouettes, which must succeed.
gan() {
    # shellcheck disable=SC2086  # options are to be split
    run fashion_gan $drawn "$@"
}

# same DIRECTORY COPY - nothing in the directory has changed.
same() { diff -r "$1" "$2" || fail "$1 should be as it was"; }

# --- Images ---------------------------------------------------------------------------------------

begin=$(date +%s)
# shellcheck disable=SC2086  # options are to be split
run fashion_gan $tiny --epochs 1 --quiet --out fallback
[ "$(head -n 1 fashion_gan.log)" = "fashion_gan: WARNING: THIS IS NOT FASHION-MNIST, which is not in data/fashion-mnist." ] || fail "silhouettes should be said first"
[ "$(tail -n 2 fashion_gan.log | grep -c WARNING)" -eq 2 ] || fail "silhouettes should be said last"
run fashion_gan --epochs 2 --resume --quiet --out fallback
[ "$(head -n 1 fashion_gan.log)" = "fashion_gan: WARNING: THIS IS NOT FASHION-MNIST, which was not found when the run began." ] || { cat fashion_gan.log; fail "a resumed run should say its silhouettes first"; }
[ "$(tail -n 2 fashion_gan.log | grep -c WARNING)" -eq 2 ] || fail "a resumed run should say its silhouettes last"
for program in fashion_dcgan fashion_cgan fashion_classifier evaluate; do
    out="--out none"
    [ $program != evaluate ] || out='--model fallback/generator.safetensors'
    # shellcheck disable=SC2086
    {
        GAN_DATA_DIR=nowhere refuses 1 "GAN_DATA_DIR is nowhere: there is no such directory" $program $out
        GAN_DATA_DIR=fallback refuses 1 "GAN_DATA_DIR is fallback: there is no train-images-idx3-ubyte.gz in it" $program $out
        refuses 1 "--data nowhere: there is no such directory" $program --data nowhere $out
        refuses 1 "--data and --silhouettes: either the one or the other" $program --data fallback --silhouettes $out
    }
done
[ ! -e none ] || fail "nothing should be written without the images that were named"

"$programs/sample" --model fallback/generator.safetensors --count 300 --raw train-images-idx3-ubyte >/dev/null
mkdir real-data && mv train-images-idx3-ubyte real-data
run fashion_gan --data real-data --epochs 1 --hidden 16 --out real
cp -R real copy
# Forgotten data: neither --resume nor --overwrite puts silhouettes in the place of a real run.
# shellcheck disable=SC2086
refuses 1 "silhouettes do not replace what is there" fashion_gan $tiny --epochs 1 --out real --overwrite
same real copy
mv real/settings.txt settings.kept
# shellcheck disable=SC2086
refuses 1 "silhouettes do not replace what is there" fashion_gan $tiny --epochs 2 --out real --resume
mv settings.kept real/settings.txt
same real copy
refuses 1 "the run in fallback is one on silhouettes" fashion_gan --data real-data --epochs 2 --out fallback --resume
run fashion_gan --epochs 2 --out real --resume
says fashion_gan "Data: 300 images of $work/real-data/train-images-idx3-ubyte"
lasted "$begin" images

# --- One run, one directory -----------------------------------------------------------------------

begin=$(date +%s)
gan --epochs 3 --out "a run"
says fashion_gan "Done after"
cp -R "a run" copy2
for name in settings.txt checkpoint.safetensors losses.csv log.jsonl report.html fake_images-0007.png; do
    mkdir -p only && rm -rf only/* && touch "only/$name"
    # shellcheck disable=SC2086
    refuses 1 "only: has an earlier run's $name in it" fashion_gan $drawn --out only
done
# shellcheck disable=SC2086
refuses 1 "give --resume to continue that run, --overwrite to replace its files, or another directory, such as --out a run-2" fashion_gan $drawn --out "a run/"
same "a run" copy2
echo "mine" >"a run/notes.txt"
cp "a run/fake_images-003.png" "a run/fake_images-best.png"
gan --epochs 1 --seed 2 --overwrite --out "a run"
[ "$(find "a run" -type f | sort | tr '\n' ' ')" = "a run/.lock a run/checkpoint.safetensors a run/discriminator.safetensors a run/fake_images-001.png \
a run/fake_images-best.png a run/generator.safetensors a run/log.csv a run/log.jsonl a run/losses.csv $([ ! -f "a run/losses.png" ] || echo "a run/losses.png ")a run/notes.txt a run/real_images.png a run/report.html a run/settings.txt " ] ||
    { ls -a "a run"; fail "--overwrite should remove the earlier run, and nothing else"; }
# What fails before the first step leaves the earlier run alone.
cp -R real copy3
mkdir foreign && echo "no pictures" >foreign/train-images-idx3-ubyte
refuses 1 "foreign/train-images-idx3-ubyte: " fashion_gan --data foreign --overwrite --out real
same real copy3

# Two at once: one of them is refused, and the rows are those of one run.
# shellcheck disable=SC2086
for attempt in 1 2; do
    pids=
    for i in 1 2 3; do
        "$programs/fashion_gan" $drawn --epochs 40 --quiet --out together$attempt >together.$i 2>&1 &
        pids="$pids $!"
    done
    ended=0
    for pid in $pids; do wait "$pid" && ended=$((ended + 1)) || [ $? -eq 1 ] || fail "another end than 0 or 1"; done
    [ $ended -eq 1 ] || { cat together.?; fail "$ended of three runs in one directory ended well"; }
    [ "$(grep -c 'another run is writing to it, process\|has an earlier run' together.? | grep -c ':1')" -eq 2 ] || { cat together.?; fail "two should be refused"; }
done
# shellcheck disable=SC2086
"$programs/fashion_gan" $drawn --epochs 100000 --quiet --out busy >busy.log 2>&1 &
pid=$!
begins busy/losses.csv 3
for option in --resume --overwrite --quiet; do
    # shellcheck disable=SC2086
    refuses 1 "busy: another run is writing to it, process $pid" fashion_gan --silhouettes $option --out busy
done
# While it goes on everything is there, and whole.
run sample --model busy/generator.safetensors --count 1 --out busy.png
run sample --model busy/checkpoint.safetensors --count 1 --out busy2.png
[ ! -f real/losses.png ] || png busy/losses.png
kill -KILL $pid
wait $pid 2>/dev/null || :

# Replaced while kills come at any moment: never the earlier run's generator beside a new checkpoint.
# shellcheck disable=SC2086
for delay in 0.01 0.03 0.05 0.08 0.12 0.2; do
    rm -rf mixed && cp -R copy2 mixed
    "$programs/fashion_gan" $drawn --seed 3 --epochs 100000 --quiet --overwrite --out mixed >mixed.log 2>&1 &
    pid=$!
    sleep $delay
    kill -KILL $pid
    wait $pid 2>/dev/null || :
    if ! grep -qx 'seed = 1' mixed/settings.txt 2>/dev/null && cmp -s mixed/generator.safetensors copy2/generator.safetensors; then
        [ ! -e mixed/checkpoint.safetensors ] || fail "killed after $delay s: a generator of the earlier run, a checkpoint of the new one"
    fi
done
lasted "$begin" directories

# --- Streams and disks ----------------------------------------------------------------------------

begin=$(date +%s)
# shellcheck disable=SC2086
"$programs/fashion_gan" $drawn --epochs 2 --out closed <&- >&- 2>&-
awk -F, 'NR > 1 && NF != 7 { exit 1 } END { exit NR != 3 }' closed/losses.csv || { cat closed/losses.csv; fail "text went into losses.csv"; }
cmp closed/settings.txt "a run/settings.txt" >/dev/null 2>&1 || head -n 1 closed/settings.txt | grep -q '^# The settings' || fail "text went into settings.txt"
"$programs/sample" --model closed/generator.safetensors --raw closed.idx --count 5 <&- >&- 2>&-
[ "$(wc -c <closed.idx)" -eq $((16 + 5 * 784)) ] || fail "text went into closed.idx"
if [ -c /dev/full ]; then
    for command in "fashion_gan $drawn --epochs 1 --out full" "fashion_gan --help" "sample --version" \
        "sample --model closed/generator.safetensors --out full.png" "interpolate --model closed/generator.safetensors --out full2.png"; do
        status=0
        # shellcheck disable=SC2086
        "$programs"/$command >/dev/full 2>full.log || status=$?
        [ $status -eq 1 ] || fail "$command >/dev/full ends with $status"
        grep -q "standard output: .*lost" full.log || { cat full.log; fail "$command: lost output should be said"; }
    done
    png full/fake_images-001.png # the run itself is as good as any
fi
# A disk that takes no checkpoint: a limit of the size of files is one that needs no file system of its own.  The run says so, and
# goes on from its last checkpoint when there is room.
gan --epochs 3 --out roomy --hidden 64
# shellcheck disable=SC2086
gan --epochs 1 --out cramped --hidden 64
status=0
(trap '' XFSZ; ulimit -f 1000; exec "$programs/fashion_gan" --resume --epochs 3 --out cramped >cramped.log 2>&1) || status=$?
[ $status -eq 1 ] || { cat cramped.log; fail "on a full disk it ends with $status"; }
says cramped "the run ended before its time; --resume continues it from its last checkpoint in cramped"
! find cramped -name '*.part' | grep . || fail "on a full disk unfinished files should not stay"
run fashion_gan --resume --epochs 3 --out cramped
cmp roomy/checkpoint.safetensors cramped/checkpoint.safetensors || fail "after a full disk it should go on as if there had been room"
long=$(printf '%0255d' 0) # as long as a name may be
run sample --model closed/generator.safetensors --raw "$long" --count 5
cmp "$long" closed.idx
"$programs/sample" --model closed/generator.safetensors --raw /dev/stdout --count 5 | cmp - closed.idx || fail "--raw /dev/stdout should be the samples alone"

# A pipe whose reader goes away, and a file of figures that is a pipe.
# shellcheck disable=SC2086
{ "$programs/fashion_gan" $drawn --epochs 100000 --out headless 2>headless.log || echo $? >headless.status; } | head -n 3 >/dev/null
[ "$(cat headless.status)" -eq 141 ] || fail "without a reader it should end as after SIGPIPE"
says headless "interrupted after"
run fashion_gan --out headless --resume --epochs 1
mkdir piped && mkfifo piped/losses.csv
# shellcheck disable=SC2086
refuses 1 "has an earlier run's losses.csv" fashion_gan $drawn --out piped
gan --epochs 1 --overwrite --out piped
rm piped/losses.csv && mkfifo piped/losses.csv
run fashion_gan --epochs 2 --resume --out piped
says fashion_gan "losses.csv: is not a regular file"
[ -f piped/losses.csv ] || fail "the figures should be in a file"
rm piped/settings.txt && mkfifo piped/settings.txt
refuses 1 "settings.txt: is not a regular file" fashion_gan --epochs 3 --resume --out piped
lasted "$begin" "streams and disks"

# --- Signals --------------------------------------------------------------------------------------

begin=$(date +%s)
for signal in INT:130 TERM:143 HUP:129; do
    # shellcheck disable=SC2086
    ./heeding "$programs/fashion_gan" $drawn --epochs 100000 --quiet --out stopped$signal >stopped.log 2>&1 &
    pid=$!
    begins stopped$signal/losses.csv 3
    kill "-${signal%:*}" $pid
    status=0
    wait $pid || status=$?
    [ $status -eq "${signal#*:}" ] || fail "after SIG${signal%:*} it ends with $status"
    says stopped "interrupted after"
    run sample --model stopped$signal/checkpoint.safetensors --count 1 --out stopped$signal.png
done
# Ignored by whoever started it, as nohup does, and shells for what runs in the background.
# shellcheck disable=SC2086
(trap '' INT HUP; exec "$programs/fashion_gan" $drawn --epochs 40 --quiet --out ignoring >ignoring.log 2>&1) &
pid=$!
begins ignoring/losses.csv 3
kill -INT $pid
kill -HUP $pid
wait $pid || fail "what is ignored should stay ignored"
[ "$(wc -l <ignoring/losses.csv)" -eq 41 ] || fail "40 epochs expected"
lasted "$begin" signals

# --- Names made to deceive ------------------------------------------------------------------------

begin=$(date +%s)
# harmless FILE - nothing in it that a terminal obeys.
harmless() {
    LC_ALL=C tr -d '\n -~' <"$1" >controls
    [ ! -s controls ] || { cat -v "$1"; fail "control characters reach the terminal"; }
}
escapes=$(printf '\033]0;owned\007\033[2J')
cat >classes.c <<'END'
#include <gan/gan.h>
int main(void)
{
    const char *names[2] = {"\033]0;owned\007\033[2Jboot", "a\nfashion: all is well"};
    gan_network *g = gan_network_create(gan_shape_1d(2), NULL);
    gan_network_add(g, gan_layer_one_hot(2));
    gan_network_add(g, gan_layer_linear(4, 12));
    return gan_network_set_class_names(g, names, 2) || gan_network_set_picture_shape(g, gan_shape_3d(1, 2, 6)) ||
           gan_network_set_latent(g, GAN_LATENT_UNIFORM) || gan_network_save(g, "classes.safetensors");
}
END
flags=$(PKG_CONFIG_PATH=$build:${PKG_CONFIG_PATH:-} ${PKG_CONFIG:-pkg-config} --cflags --libs libgan)
eval "${CC:-cc} ${SAN:+-fsanitize=$SAN} classes.c -o classes $flags" # a path's spaces come as "\ "
LD_LIBRARY_PATH=$build DYLD_LIBRARY_PATH=$build ASAN_OPTIONS=detect_leaks=0 ./classes
refuses 1 'one of \x1b]0;owned\x07\x1b[2Jboot, a\x0afashion: all is well expected' sample --model classes.safetensors --class nope
harmless refused.log
[ "$(wc -l <refused.log)" -eq 1 ] || fail "a message should be one line"
run interpolate --model classes.safetensors --classes 0,1 --out classes.png
harmless interpolate.log
refuses 1 '\x1b]0;owned\x07\x1b[2J' fashion_gan --data "$escapes"
harmless refused.log
refuses 2 '\x1b]0;owned\x07\x1b[2J' fashion_gan --epochs "$escapes"
harmless refused.log
refuses 2 "Stra$(printf '\303\237')e" fashion_gan --epochs "Stra$(printf '\303\237')e" # letters stay
gan --epochs 1 --out "out$escapes"
harmless fashion_gan.log
run fashion_gan --epochs 2 --resume --out "out$escapes"
harmless fashion_gan.log
lasted "$begin" names

# --- Pictures that aren't square, noise that isn't normal -----------------------------------------

begin=$(date +%s)
run sample --model classes.safetensors --count 200 --raw wide.idx --out wide.png --columns 20
[ "$(od -An -tx1 -N16 wide.idx | tr -d ' \n')" = 00000803000000c80000000200000006 ] || fail "pictures of 2 x 6 expected"
mkdir wide && printf '\0\0\10\3\0\0\0\2\0\0\0\3\0\0\0\5%030d' 0 >wide/train-images-idx3-ubyte # two pictures of 3x5
run fashion_gan --data wide --epochs 1 --hidden 4 --out wide_run
for file in generator checkpoint; do
    run sample --model wide_run/$file.safetensors --count 2 --raw $file.idx
    [ "$(od -An -tx1 -N16 $file.idx | tr -d ' \n')" = 00000803000000020000000300000005 ] || fail "$file: pictures of 3 x 5 expected"
    run interpolate --model wide_run/$file.safetensors --points 2 --steps 3 --out $file.png
    # Three pictures beside each other, 2 pixels around each: 23 x 7.
    [ "$(od -An -tx1 -j16 -N8 $file.png | tr -d ' \n')" = 0000001700000007 ] || fail "$file: strips of 3 x 5 pictures expected"
done
# A generator that puts out a quarter of its input: uniform noise is never beyond 1, normal noise nearly always somewhere.
cat >uniform.c <<'END'
#include <gan/gan.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
    gan_network *g = gan_network_create(gan_shape_1d(4), NULL), *d = gan_network_create(gan_shape_1d(4), NULL);
    gan_network_add(g, gan_layer_linear(4, 4));
    gan_network_add(d, gan_layer_linear(4, 1));
    gan_tensor w, b;
    if (argc < 3 || gan_network_build(g) || gan_network_find(&w, g, "0.weight") || gan_network_find(&b, g, "0.bias")) return 1;
    for (int i = 0; i < 16; i++) w.data[i] = i % 5 == 0 ? 0.25f : 0;
    for (int i = 0; i < 4; i++) b.data[i] = 0;
    gan_optimizer *x, *y;
    gan_trainer *t;
    gan_trainer_desc desc = {GAN_TRAINER_DESC_INIT, .n_threads = 1};
    desc.latent = atoi(argv[1]);
    return gan_optimizer_create_adam(&x, NULL) || gan_optimizer_create_adam(&y, NULL) ||
           gan_trainer_create(&t, g, d, x, y, &desc) || gan_checkpoint_save(t, NULL, argv[2]);
}
END
eval "${CC:-cc} ${SAN:+-fsanitize=$SAN} uniform.c -o uniform $flags"
export LD_LIBRARY_PATH="$build" DYLD_LIBRARY_PATH="$build"
# spread FILE - the smallest and the largest byte of its samples.
spread() { tail -c +17 "$1" | od -An -v -tu1 | awk '{ for (i = 1; i <= NF; i++) { if (!n++ || $i < low) low = $i; if ($i > high) high = $i } } END { print low, high }'; }
for kind in 0:normal 1:uniform; do
    ASAN_OPTIONS=detect_leaks=0 ./uniform "${kind%:*}" "${kind#*:}.safetensors"
    run sample --model "${kind#*:}.safetensors" --count 500 --raw "${kind#*:}.idx"
    run sample --model "${kind#*:}.safetensors" --count 500 --truncation 0.5 --raw "${kind#*:}-less.idx"
    run interpolate --model "${kind#*:}.safetensors" --out "${kind#*:}.png"
done
# Bytes are 127.5 + 127.5 / 4 * noise.
[ "$(spread uniform.idx)" = "96 159" ] || fail "noise from -1 to 1 expected, found $(spread uniform.idx)"
[ "$(spread uniform-less.idx)" = "112 143" ] || fail "noise from -0.5 to 0.5 expected, found $(spread uniform-less.idx)"
[ "$(spread normal-less.idx)" = "112 143" ] || fail "noise from -0.5 to 0.5 expected, found $(spread normal-less.idx)"
spread normal.idx | awk '{ exit !($1 < 50 && $2 > 205) }' || fail "normal noise expected, found $(spread normal.idx)"
lasted "$begin" "shapes and noise"

# --- Words and numbers ----------------------------------------------------------------------------

begin=$(date +%s)
gan --epochs 1 --lr 0.0003 --beta1 0.7 --penalty-weight 10 --out words
for setting in "lr = 0.0003" "beta1 = 0.7" "penalty-weight = 10"; do grep -qx "$setting" words/settings.txt || { cat words/settings.txt; fail "$setting expected"; }; done
refuses 1 "--beta1 is 0.1, but the run was started with 0.7:" fashion_gan --resume --beta1 0.1 --out words
run fashion_gan --resume --out words
says fashion_gan "nothing to train: 1 epoch is done, --epochs is 1"
run fashion_gan --resume --epochs 2 --out words
says fashion_gan "Continuing after 1 epoch and 0 images"
run sample --model words/generator.safetensors --count 1 --out one.png
says sample "1 sample in one.png"
mkdir photos && for i in 1 2 3 4 5; do run sample --model words/generator.safetensors --count 1 --seed $i --out photos/$i.png; done
refuses 2 "--out photos/run: is inside --data photos" picture_gan --data photos --out photos/run
refuses 2 "--out photos: is inside --data photos" picture_gan --data photos --out photos
ln -s photos link
refuses 2 "--out link/x/y: is inside --data photos" picture_gan --data photos --out link/x/y
refuses 2 "--out missing/../photos/run: is inside --data photos" picture_gan --data photos --out missing/../photos/run
(cd photos && ASAN_OPTIONS=detect_leaks=0 "$programs/picture_gan" --data . >../inside.log 2>&1) && fail "the default --out in --data should be refused"
says inside "--out out: is inside --data ."
run picture_gan --data photos --size 16 --base 4 --epochs 1 --out photos-run
(cd / && "$programs/picture_gan" --resume --epochs 2 --out "$work/photos-run" >"$work/elsewhere.log" 2>&1) || { cat elsewhere.log; fail "--resume should find the pictures from anywhere"; }
lasted "$begin" "words and numbers"

# --- scripts/fetch-data ---------------------------------------------------------------------------

begin=$(date +%s)
mkdir -p sources/scripts && cp "$root/scripts/fetch-data" sources/scripts
status=0
GAN_DATA_URL=http://127.0.0.1:9 sources/scripts/fetch-data >fetched 2>fetch.log || status=$?
[ $status -eq 1 ] || fail "offline fetch-data ends with $status"
says fetch "no Fashion-MNIST: not in data/fashion-mnist and not to be had from http://127.0.0.1:9"
[ "$(find sources | sort | tr '\n' ' ')" = "sources sources/scripts sources/scripts/fetch-data " ] || { find sources; fail "offline fetch-data should leave nothing"; }
status=0
GAN_DATA_DIR=$work/nowhere sources/scripts/fetch-data >fetched 2>fetch.log || status=$?
[ $status -eq 2 ] || fail "with a wrong GAN_DATA_DIR fetch-data ends with $status"
says fetch "GAN_DATA_DIR is $work/nowhere, but Fashion-MNIST's four files are not there"
mkdir -p sources/data/fashion-mnist && for set in train t10k; do touch sources/data/fashion-mnist/$set-images-idx3-ubyte.gz sources/data/fashion-mnist/$set-labels-idx1-ubyte.gz; done
[ "$(sources/scripts/fetch-data)" = data/fashion-mnist ] || fail "what is there should be found"
lasted "$begin" fetch-data
