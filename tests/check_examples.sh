#!/bin/sh
# check_examples.sh - the example programs do what they say, and refuse what makes no sense with exit code 2; the
# program in README.md and the snippets of docs/guide.md compile as printed, without a warning, and run.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh

# --- ring -----------------------------------------------------------------------------------------

begin=$(date +%s)
run ring --only r1 --seeds 1 --steps 1000 --threads 1
[ "$(grep -c '^| r1            |  [78], [3-9][0-9]\.[0-9] % |' ring.log)" -eq 1 ] || { cat ring.log; fail "r1 should find most of the ring"; }
png ring.png grid.png
run ring --seeds 2 --steps 3 --threads 1 --out modes/one
mv ring.log one.log
run ring --seeds 2 --steps 3 --threads 3 --out modes/three
for pair in "one.log ring.log" "modes/one/ring.png modes/three/ring.png" "modes/one/grid.png modes/three/grid.png"; do
    # shellcheck disable=SC2086  # a pair is to be split
    cmp $pair || fail "ring: another result on 3 threads"
done
[ "$(grep -c '^| [a-z0-9-]*  *|  *[0-9]*,  *[0-9.]* % |  *[0-9]*,' ring.log)" -eq 20 ] || { cat ring.log; fail "ring should compare ten objectives twice"; }
for row in bce minimax relativistic least-squares hinge wgan wgan-gp r1 dragan hinge-sn; do says ring "| $row "; done
refuses 2 'there is no objective "r3"' ring --only r3
refuses 1 "ring.png: is not a directory" ring --only r1 --seeds 1 --steps 1 --out ring.png
lasted "$begin" ring

# --- fashion_gan ----------------------------------------------------------------------------------

begin=$(date +%s)
run fashion_gan --silhouettes --epochs 3 --limit 1000 --hidden 64 --seed 5 --threads 1 --out new/run
says fashion_gan "Data: 1000 silhouettes drawn by the library"
says fashion_gan "epoch 3/3  D loss"
[ "$(grep -c '^epoch ' fashion_gan.log)" -eq 3 ] || fail "in a pipe there should be one line an epoch"
png new/run/real_images.png new/run/fake_images-001.png new/run/fake_images-002.png new/run/fake_images-003.png
if [ -f new/run/losses.png ]; then png new/run/losses.png; else says fashion_gan "without Cairo"; fi
[ "$(head -n 1 new/run/losses.csv)" = epoch,d_loss,g_loss,d_real,d_fake,seconds,steps ] || fail "losses.csv begins otherwise"
awk -F, 'NR > 1 && ($1 != NR - 1 || NF != 7 || !($2 > 0 && $3 > 0 && $4 > 0 && $4 < 1 && $5 > 0 && $5 < 1)) { exit 1 }
         END { exit NR != 4 }' new/run/losses.csv || { cat new/run/losses.csv; fail "these losses make no sense"; }

run fashion_gan --silhouettes --epochs 3 --limit 1000 --hidden 64 --seed 5 --threads 2 --out again --quiet
for file in generator.safetensors discriminator.safetensors fake_images-003.png; do
    cmp new/run/$file again/$file || fail "the same seed gave another $file on another number of threads"
done
[ "$(grep -vc 'without Cairo' fashion_gan.log)" -eq 0 ] || fail "--quiet should leave the warnings only"

# A verdict ends a run, the best epoch is kept, and neither changes what is learnt.
run fashion_gan --silhouettes --epochs 3 --limit 1000 --hidden 64 --seed 5 --threads 1 --out watched --stop-early --keep-best
cmp new/run/generator.safetensors watched/generator.safetensors || fail "looking at samples should not change a run"
[ -s watched/best_checkpoint.safetensors ] || fail "--keep-best should keep the best epoch"
run fashion_gan --silhouettes --epochs 9 --limit 1000 --hidden 64 --seed 5 --lr 0.1 --out ill --stop-early
says fashion_gan "DIVERGED: the run diverges: the discriminator's loss jumped to"
says fashion_gan "Ended early after"

run fashion_gan --silhouettes --epochs 1 --limit 70 --batch 32 --latent 5 --hidden 20 --depth 1 --lr 0.001 --out small
says fashion_gan "[20]"
run fashion_gan --silhouettes --epochs 1 --limit 200 --hidden 16 --ema 0.9 --quiet --out average
for file in checkpoint generator; do
    run sample --model average/$file.safetensors --count 4 --out average/$file.png
done
cmp average/checkpoint.png average/generator.png || fail "a checkpoint's average should be drawn from"
for game in "hinge --spectral-norm" "wasserstein --penalty wgan-gp --n-critic 3 --beta1 0" "least-squares --schedule cosine --warmup 2" \
    "relativistic --penalty r1 --penalty-weight 1 --penalty-interval 2" "minimax --schedule step --d-lr 0.0004"; do
    # shellcheck disable=SC2086  # options are to be split
    run fashion_gan --silhouettes --epochs 2 --limit 100 --batch 16 --hidden 16 --out game --overwrite --loss $game
    says fashion_gan "epoch 2/2  D loss"
    cp game/checkpoint.safetensors whole.safetensors
    case $game in *schedule*) continue ;; esac # its length is --epochs
    # shellcheck disable=SC2086
    run fashion_gan --silhouettes --epochs 1 --limit 100 --batch 16 --hidden 16 --out game --overwrite --loss $game --quiet
    run fashion_gan --epochs 2 --out game --resume --quiet
    cmp game/checkpoint.safetensors whole.safetensors || fail "--loss $game went on otherwise"
done
run fashion_gan --silhouettes --epochs 1 --limit 64 --batch 16 --hidden 16 --out game --overwrite --loss hinge
if grep -q sigmoid fashion_gan.log; then fail "hinge needs raw outputs"; fi
refuses 2 '--loss: one of bce, minimax, relativistic, least-squares, hinge, wasserstein expected, got "gan"' fashion_gan --loss gan
refuses 2 "--penalty: one of none, wgan-gp, r1, r2, dragan expected" fashion_gan --penalty r3
refuses 2 "--schedule: one of constant, linear, cosine, step, exponential expected" fashion_gan --schedule ''
refuses 2 "--spectral-norm takes no value" fashion_gan --spectral-norm=1
refuses 1 "--data nowhere: there is no such directory" fashion_gan --data nowhere
refuses 1 "--data new: there is no train-images-idx3-ubyte.gz in it" fashion_gan --data new
mkdir -p foreign && echo "no pictures" >foreign/train-images-idx3-ubyte
refuses 1 "foreign/train-images-idx3-ubyte: " fashion_gan --data foreign
refuses 1 "ring.png: is not a directory" fashion_gan --limit 100 --out ring.png
refuses 2 '--epochs: a whole number from 1 to 100000 expected, got "abc"' fashion_gan --epochs abc
refuses 2 'got "0"' fashion_gan --epochs 0
refuses 2 'got "2.5"' fashion_gan --batch 2.5
refuses 2 'got "99999999999999999999"' fashion_gan --seed 99999999999999999999
refuses 2 '--lr: a number from 0 to 10 expected, got "nan"' fashion_gan --lr nan
refuses 2 'got ""' fashion_gan --hidden ''
refuses 2 "--depth: a value expected" fashion_gan --depth
refuses 2 "--quiet takes no value" fashion_gan --quiet=1
refuses 2 "there is no option --epoches" fashion_gan --epoches 3
refuses 2 "there is no option -x" fashion_gan -x
refuses 2 '"out" is not an option' fashion_gan out
refuses 0 "(0.0001)" fashion_gan --help

# Ctrl-C: wait until an epoch is over, then ask it to stop.
./heeding "$programs/fashion_gan" --silhouettes --epochs 1000 --limit 1000 --hidden 32 --out stopped >stopped.log 2>&1 &
pid=$!
begins stopped/losses.csv 2
kill -INT "$pid"
status=0
wait "$pid" || status=$?
[ "$status" -eq 130 ] || fail "after Ctrl-C fashion_gan ends with $status, not 130"
says stopped "interrupted after"
png stopped/fake_images-001.png
run sample --model stopped/generator.safetensors --count 1 --out stopped.png

# On a terminal there is a line that moves.
if script -qec true /dev/null >/dev/null 2>&1; then
    TERM=xterm script -qec "'$programs/fashion_gan' --silhouettes --epochs 2 --limit 500 --out live" /dev/null >live.log
    says live "images/s"
fi
lasted "$begin" fashion_gan

# --- what is written with passes -------------------------------------------------------------------

begin=$(date +%s)
run replay --silhouettes --epochs 40
[ "$(grep -c '^epoch [0-9]*: D loss .*, \(9[0-9]\|100\) % of the buffer known$' replay.log)" -ge 38 ] || { cat replay.log; fail "the buffer should be known"; }
cp replay.safetensors before.safetensors
run invert --silhouettes --model replay.safetensors
fell=$(sed -n 's/.*: \([0-9.]*\) at random vectors, \([0-9.]*\) after.*; \([0-9.]*\) for the mean.*/\1 \2 \3/p' invert.log)
echo "$fell" | awk '!(NF == 3 && $2 < $1 / 2 && $2 < $3) { exit 1 }' || { cat invert.log; fail "the pixel error should fall"; }
run encoder --silhouettes --model replay.safetensors
awk '/^epoch/ { error[++n] = $NF } END { exit !(n == 3 && error[3] < error[1] / 1.3) }' encoder.log || { cat encoder.log; fail "the encoder should learn"; }
cmp before.safetensors replay.safetensors || fail "the generator should be as it was"
run pix2pix --silhouettes --epochs 2
awk '/^epoch/ { error[++n] = $NF } END { exit !(n == 2 && error[2] < error[1] / 1.5) }' pix2pix.log || { cat pix2pix.log; fail "pix2pix should learn"; }
png replay.png invert.png encoder.png pix2pix.png
for program in replay pix2pix; do
    refuses 2 "--epochs: a whole number from 1 to 100000 expected" $program --epochs 0
    refuses 1 "$program.png: exists already" $program --silhouettes
done
refuses 1 "nowhere.safetensors: " invert --model nowhere.safetensors
refuses 1 "--data nowhere: there is no such directory" encoder --model replay.safetensors --data nowhere
refuses 1 "the images have 784 pixels, the network 1" encoder --model new/run/discriminator.safetensors --silhouettes --out modes
lasted "$begin" "programs with passes"

# --- sample and interpolate -----------------------------------------------------------------------

begin=$(date +%s)
model=new/run/generator.safetensors
run sample --model $model --count 1234 --seed 9 --out many.png --columns 40 --raw many.idx
run sample --model $model --count 50 --seed 9 --raw truncated.idx --truncation 0.5
run sample --model $model --count 50 --seed 9 --raw free.idx
if cmp -s truncated.idx free.idx; then fail "--truncation 0.5 should draw other samples"; fi
refuses 2 '--truncation: a number from 0 to 100 expected, got "-1"' sample --truncation -1
run sample --model $model --count 1234 --seed 9 --raw again.idx
png many.png
cmp many.idx again.idx || fail "the same seed gave other samples"
[ "$(od -An -tx1 -N16 many.idx | tr -d ' \n')" = 00000803000004d20000001c0000001c ] || fail "many.idx begins otherwise"
[ "$(wc -c <many.idx)" -eq $((16 + 1234 * 784)) ] || fail "many.idx has another length"
mkdir -p drawn && cp many.idx drawn/train-images-idx3-ubyte
run fashion_gan --epochs 1 --hidden 16 --data drawn --out from_drawn # what it wrote can be read
says fashion_gan "1234 images of drawn/train-images-idx3-ubyte"
run sample --model $model --count 3
png samples.png
refuses 1 "samples.png: exists already" sample --model $model --count 3
refuses 1 "many.idx: exists already" sample --model $model --count 3 --raw many.idx
refuses 1 "nowhere.safetensors: " sample --model nowhere.safetensors
refuses 1 "a generator of grey or RGB pictures expected, found an output of 1 numbers" sample --model new/run/discriminator.safetensors
refuses 1 "ring.png: " sample --model ring.png
[ ! -c /dev/full ] || refuses 1 "/dev/full: " sample --model $model --raw /dev/full
refuses 2 "--out shows at most 10000 samples" sample --model $model --count 10001 --out x.png
refuses 2 '--count: a whole number from 1 to 10000000 expected, got "-1"' sample --count -1

run interpolate --model $model --points 3 --steps 7
run interpolate --model $model --points 3 --steps 7 --linear --out linear.png
png interpolation.png linear.png
refuses 1 "interpolation.png: exists already" interpolate --model $model
run interpolate --model $model --overwrite
! cmp -s interpolation.png linear.png || fail "--linear makes no difference"
refuses 2 '--points: a whole number from 2 to 200 expected, got "1"' interpolate --points 1
refuses 1 "nowhere.safetensors: " interpolate --model nowhere.safetensors
lasted "$begin" "sample and interpolate"

# --- fashion_classifier and evaluate --------------------------------------------------------------

begin=$(date +%s)
run fashion_classifier --silhouettes --epochs 2 --limit 1000 --base 4 --threads 1
says fashion_classifier "Data: 1000 silhouettes drawn by the library"
refuses 1 "classifier.safetensors: exists already" fashion_classifier --silhouettes
refuses 1 "classifier.safetensors: Fashion-MNIST is not in data/fashion-mnist, and silhouettes do not replace" fashion_classifier --overwrite
says fashion_classifier "of 2000 test images right; the weights are in classifier.safetensors"
awk '/test images right/ { exit !($1 > 60) }' fashion_classifier.log || { cat fashion_classifier.log; fail "it should learn"; }
run fashion_classifier --silhouettes --epochs 2 --limit 1000 --base 4 --threads 2 --out again.safetensors --quiet
cmp classifier.safetensors again.safetensors || fail "the same seed gave another classifier on another number of threads"
[ "$(wc -l <fashion_classifier.log)" -eq 0 ] || fail "--quiet should leave the warnings only"
refuses 1 "there is no such directory" fashion_classifier --data nowhere
refuses 1 "there is no train-labels-idx1-ubyte.gz in it" fashion_classifier --data drawn --out other.safetensors
run evaluate --silhouettes --model $model --count 600
says evaluate "Frechet distance of 600 samples to 600 real images, in 128 features"
awk '/^Frechet/ { distance = $NF } /^Floor/ { floor = $NF } END { exit !(floor > 0 && distance > 5 * floor) }' evaluate.log ||
    { cat evaluate.log; fail "three epochs should not look real"; }
refuses 1 "twice as many real images are needed, there are 1234" evaluate --model $model --count 618 --data drawn
refuses 1 "nowhere.safetensors: " evaluate --silhouettes --model nowhere.safetensors --count 10
refuses 1 "nowhere.safetensors: " evaluate --model $model --count 10 --classifier nowhere.safetensors
# Samples of a generator against others of it: as real as they can be, in all three kinds of features.
for threads in 1 2; do
    run evaluate --real many.idx --model $model --count 600 --seed 10 --threads $threads --json $threads.json --csv $threads.csv
done
cmp 1.json 2.json || fail "the number of threads should not show in the numbers"
says evaluate "600 generated, 600 real and 600 held-out real pictures, k = 5, seed 10"
awk -F, '$4 == "recall" { n++; good += $5 > $9 - 0.06 && $7 < $5 && $5 < $8 } END { exit !(n == 3 && good == 3) }' 1.csv ||
    { cat 1.csv; fail "a generator should have the recall of itself"; }
awk -F, '$4 == "copying" { n++; good += $5 > -4 } END { exit !(n == 3 && good == 3) }' 1.csv ||
    { cat 1.csv; fail "these are no copies"; }
# And with the seed that the pictures were drawn with, half of these are what it draws.
run evaluate --real many.idx --model $model --count 600 --seed 9 --csv copies.csv
awk -F, '$4 == "copying" { n++; good += $5 < -10 } END { exit !(n == 3 && good == 3) }' copies.csv ||
    { cat copies.csv; fail "copies should be seen"; }
[ "$(wc -l <1.csv)" -eq 43 ] || fail "1.csv should have 14 numbers in three kinds of features"
run evaluate --real many.idx --generated many.idx --count 2000 --classifier nowhere.safetensors
says evaluate "617 pictures of each kind are compared, not 2000: there are 1234 real ones, half of"
says evaluate "there is no nowhere.safetensors; fashion_classifier trains one"
refuses 1 "1.json: exists already" evaluate --real many.idx --generated many.idx --count 20 --json 1.json
refuses 1 "there is no nowhere; a directory of PNG files or an IDX file is needed" evaluate --real nowhere --model $model
refuses 2 "are for --real" evaluate --csv 3.csv
lasted "$begin" "fashion_classifier and evaluate"

# --- fashion_cgan ---------------------------------------------------------------------------------

begin=$(date +%s)
tiny="--silhouettes --limit 500 --seed 5 --threads 1"
for kind in "--hidden 32 --depth 2 --embedding 3" "--dcgan --base 4 --latent 20" "--dcgan --base 4 --auxiliary 1"; do
    # shellcheck disable=SC2086  # options are to be split
    {
        run fashion_cgan $kind $tiny --epochs 2 --out asked --overwrite
        says fashion_cgan "epoch 2/2  D loss"
        case $kind in *--auxiliary*) says fashion_cgan "[11, 1, 1]" ;; esac # a logit for real and ten classes
        png asked/real_images.png asked/fake_images-001.png asked/fake_images-002.png
        run fashion_cgan $kind $tiny --epochs 1 --out asked_again --overwrite --quiet --threads 2
        run fashion_cgan --epochs 2 --out asked_again --quiet --resume
    }
    for file in generator.safetensors discriminator.safetensors checkpoint.safetensors fake_images-002.png real_images.png; do
        cmp asked/$file asked_again/$file || fail "fashion_cgan $kind --resume gives another $file"
    done
done
refuses 1 "there is no train-labels-idx1-ubyte.gz in it" fashion_cgan --data drawn
refuses 2 "--embedding: a whole number from 1 to 4096 expected" fashion_cgan --embedding 0
refuses 0 "T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, boot" fashion_cgan --help

run fashion_cgan --silhouettes --limit 6000 --epochs 8 --hidden 64 --depth 2 --lr 0.001 --ema 0.99 --out cgan --quiet
asked=cgan/generator.safetensors
# In turn: picture 13 is of class 3, from the same noise as the 14th dress.
run sample --model $asked --count 20 --seed 3 --raw turns.idx --out turns.png
run sample --model cgan/checkpoint.safetensors --count 20 --seed 3 --raw dresses.idx --class dress
run sample --model $asked --count 20 --seed 3 --raw threes.idx --class 3
cmp dresses.idx threes.idx || fail "a dress should be a 3"
picture() { tail -c +$((17 + 784 * $2)) "$1" | head -c 784 >"$1.one"; }
picture turns.idx 13 && picture threes.idx 13 && cmp turns.idx.one threes.idx.one || fail "picture 13 should be a dress"
picture turns.idx 14 && picture threes.idx 14
! cmp -s turns.idx.one threes.idx.one || fail "--class makes no difference"
refuses 1 '--class: a number from 0 to 9 or one of T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, boot expected, got "hat"' \
    sample --model $asked --class hat
refuses 1 'expected, got "10"' sample --model $asked --class 10
refuses 1 "--class: the generator has no classes" sample --model $model --class 3

run interpolate --model $asked --classes sneaker,Boot --points 2 --out names.png
says interpolate "a walk from sneaker to boot at 2 points in names.png"
run interpolate --model $asked --classes 7,9 --points 2 --out numbers.png
cmp names.png numbers.png || fail "7 should be a sneaker, 9 a boot"
run interpolate --model $asked --classes 9,7 --points 2 --out back.png
! cmp -s numbers.png back.png || fail "the way back should be another"
run interpolate --model $asked --classes bag --out bags.png
says interpolate "a walk over 5 points in bags.png"
png bags.png back.png
refuses 1 'boot expected, got ""' interpolate --model $asked
refuses 1 'boot expected, got "hat"' interpolate --model $asked --classes bag,hat
refuses 1 'boot expected, got ""' interpolate --model $asked --classes bag,
refuses 1 "--classes: the generator has no classes" interpolate --model $model --classes 1,2

run evaluate --silhouettes --model $asked --count 600
says evaluate "Frechet distance of 600 samples to 600 real images, in 128 features"
# NF - 1 is not to be trusted: mawk of 2026 takes the line before for it.
awk '/^Floor/ { floor = $NF } /^Agreement/ { sub(/ %$/, ""); all = $NF } / %  / { n++; samples += $2; sum += $3; if (!($5 > 0 && $6 > 0)) exit 1 }
     END { exit !(floor > 0 && all > 35 && n == 10 && samples == 600 && (all - sum / n) * (all - sum / n) < 0.01) }' evaluate.log ||
    { cat evaluate.log; fail "it should draw what it is asked for more often than not"; }
refuses 1 "there is no train-labels-idx1-ubyte.gz in it" evaluate --model $asked --count 100 --data drawn
lasted "$begin" fashion_cgan

# --- fashion_dcgan and png_dcgan -----------------------------------------------------------------

begin=$(date +%s)
run fashion_dcgan --silhouettes --epochs 2 --limit 700 --base 4 --seed 5 --threads 1 --out deep
says fashion_dcgan "Data: 700 silhouettes drawn by the library"
says fashion_dcgan "[8, 7, 7]"
png deep/real_images.png deep/fake_images-001.png deep/fake_images-002.png
run fashion_dcgan --silhouettes --epochs 1 --limit 700 --base 4 --seed 5 --threads 2 --out deep_again --quiet
run fashion_dcgan --epochs 2 --threads 1 --out deep_again --quiet --resume
for file in generator discriminator checkpoint; do
    cmp deep/$file.safetensors deep_again/$file.safetensors || fail "fashion_dcgan --resume gives another $file"
done
for file in generator checkpoint; do
    run sample --model deep/$file.safetensors --count 10 --out deep-$file.png
    run interpolate --model deep/$file.safetensors --points 2 --out deep-way-$file.png
done
cmp deep-generator.png deep-checkpoint.png && cmp deep-way-generator.png deep-way-checkpoint.png
refuses 1 "a latent vector as its input expected, found an input of 1 x 784 numbers" sample --model deep/discriminator.safetensors
run evaluate --silhouettes --model deep/generator.safetensors --count 100
mkdir -p wide # two pictures of 3x5 are no squares
printf '\0\0\10\3\0\0\0\2\0\0\0\3\0\0\0\5%030d' 0 >wide/train-images-idx3-ubyte
for game in "wasserstein --penalty wgan-gp" "hinge --spectral-norm"; do
    # shellcheck disable=SC2086
    run fashion_dcgan --silhouettes --epochs 1 --limit 100 --base 4 --out deep_game --overwrite --loss $game
    [ "$(grep -c batch_norm fashion_dcgan.log)" -eq 2 ] || fail "--loss $game: batch_norm belongs to the generator alone"
done
refuses 1 "square pictures with sides of 4 to 7 pixels times a power of two expected, such as 28 or 64, found 3 x 5" fashion_dcgan --data wide --out wide_out

mkdir -p photos/below # 17 pictures and two files that are none
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do run sample --model $model --count 1 --seed $i --out photos/$i.png; done
for i in 1 2 3 4 5; do cp ring.png photos/below/ring$i.PNG; done
echo "no picture" >photos/below/note.png
head -c 100 ring.png >photos/torn.png
for size in 16 32 64; do
    run png_dcgan --data photos --size $size --channels 3 --flip --base 4 --epochs 2 --batch 8 --threads 1 --out colour$size
    says png_dcgan "Data: 17 colour pictures of photos, as $size x $size"
    says png_dcgan "left out: photos/below/note.png: "
    says png_dcgan "left out: photos/torn.png: "
    png colour$size/fake_images-002.png
    run sample --model colour$size/generator.safetensors --count 5 --raw colour.idx --out colour.png --overwrite
    [ "$(wc -c <colour.idx)" -eq $((20 + 5 * 3 * size * size)) ] || fail "colour.idx has another length"
    run interpolate --model colour$size/checkpoint.safetensors --out colour.png --overwrite
done
run png_dcgan --data photos --size 32 --channels 3 --flip --base 4 --epochs 2 --batch 8 --threads 2 --out colour --quiet
cmp colour/checkpoint.safetensors colour32/checkpoint.safetensors || fail "png_dcgan: other bits on 2 threads"
[ "$(wc -l <png_dcgan.log)" -eq "$(grep -c 'left out\|without Cairo' png_dcgan.log)" ] || fail "--quiet should leave the warnings only"
run png_dcgan --data photos --size 28 --limit 3 --base 4 --epochs 1 --out grey
says png_dcgan "Data: 3 grey pictures"
refuses 2 "--data: a directory of pictures expected" png_dcgan
refuses 2 "such as 28, 32, 48 or 64, got 30" png_dcgan --data photos --size 30
refuses 2 "--channels: 1 (grey) or 3 (colour) expected, got 2" png_dcgan --data photos --channels 2
refuses 1 "nowhere" png_dcgan --data nowhere
lasted "$begin" "fashion_dcgan and png_dcgan"

# --- What the documents print ---------------------------------------------------------------------

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
awk '/^```c$/ { inside = 1; next } /^```$/ { if (inside) exit } inside' "$root/README.md" >readme.c
rm -f generator.safetensors
host readme 0 # it leaves its handles to the end of the process
run sample --model generator.safetensors --out readme.png
lasted "$begin" "README.md"

# The guide's snippets are one program: blocks with functions stand before main(), the others are its body.
begin=$(date +%s)
awk -v top=top.c -v body=body.c '
    /^```c$/ { inside = 1; block = ""; functions = 0; next }
    /^```$/ && inside { printf "%s\n", block >(functions ? top : body); inside = 0 }
    inside { block = block "\n" $0; if ($0 == "{" || /^#include/) functions = 1 }' "$root/docs/guide.md"
{ cat top.c; echo 'int main(void)'; echo '{'; cat body.c; echo '}'; } >guide.c
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
