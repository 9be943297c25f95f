#!/bin/sh
# check_sample.sh - sample, interpolate, fashion_classifier and evaluate do what they say, and refuse what makes no sense.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh

# --- sample and interpolate ---------------------------------------------------------------------

trained_model new/run
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
run sample --model $model --count 50 --seed 9 --npy array.npy
says sample "50 samples as an array in array.npy"
head -c 128 array.npy | grep -aq "'<f4', 'fortran_order': False, 'shape': (50, 1, 28, 28)" || fail "array.npy begins otherwise"
[ "$(wc -c <array.npy)" -eq $((128 + 50 * 784 * 4)) ] || fail "array.npy has another length"
# Each sample by its number, in a file of its own, enlarged.
run sample --model $model --seed 9 --first 1201 --count 3 --raw numbered.idx --pngs numbered --out three-large.png --scale 4
for what in many.idx numbered.idx; do tail -c +17 $what | tail -c +$([ $what = many.idx ] && echo $((1201 * 784 + 1)) || echo 1) | head -c $((3 * 784)) >$what.part; done
cmp many.idx.part numbered.idx.part || fail "--first 1201 should begin with sample 1201"
[ "$(cd numbered && echo *)" = "sample-01201.png sample-01202.png sample-01203.png" ] || { ls numbered; fail "three files expected"; }
png numbered/sample-01201.png three-large.png
size() { od -An -tx1 -j16 -N8 "$1" | tr -d ' \n'; }
[ "$(size numbered/sample-01202.png)" = 0000007000000070 ] || fail "28 x 28 pixels by 4 are 112 x 112"
refuses 1 "numbered/sample-01203.png: exists already" sample --model $model --first 1203 --count 1 --pngs numbered
refuses 2 "--pngs writes at most 10000 files, --count is 10001" sample --model $model --count 10001 --pngs x
refuses 1 "array.npy: exists already" sample --model $model --npy array.npy
mkdir -p drawn && cp many.idx drawn/train-images-idx3-ubyte
run fashion_gan --epochs 1 --hidden 16 --data drawn --out from_drawn # what it wrote can be read
says fashion_gan "1234 images of drawn/train-images-idx3-ubyte"
run fashion_gan --epochs 1 --hidden 16 --data drawn --out looked_at --keep-best
says fashion_gan "drawn: there is no test set in it (t10k-images-idx3-ubyte)"
mkdir -p drawn_whole && cp many.idx drawn_whole/train-images-idx3-ubyte && cp many.idx drawn_whole/t10k-images-idx3-ubyte
run fashion_gan --epochs 1 --hidden 16 --data drawn_whole --out looked_at --keep-best --overwrite
says fashion_gan "1234 images of drawn_whole/t10k-images-idx3-ubyte"
run sample --model $model --count 3
png samples.png
refuses 1 "samples.png: exists already" sample --model $model --count 3
refuses 1 "many.idx: exists already" sample --model $model --count 3 --raw many.idx
refuses 1 "nowhere.safetensors: " sample --model nowhere.safetensors
refuses 1 "a generator of grey or RGB pictures expected, found an output of 1 numbers" sample --model new/run/discriminator.safetensors
refuses 1 "many.png: " sample --model many.png
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

# --- fashion_classifier and evaluate ------------------------------------------------------------

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
# Labels: the first half is of one class, the other of another, which nothing is generated of.
{ printf '\000\000\010\001\000\000\004\322'; head -c 617 /dev/zero; head -c 617 /dev/zero | tr '\000' '\001'; } >labels.idx
run evaluate --real many.idx --labels labels.idx --generated many.idx --count 300 --classifier nowhere.safetensors --json labels.json
[ "$(grep -c '^class [01] .* [0-9]* .* [0-9]*$' evaluate.log)" -eq 4 ] || { cat evaluate.log; fail "two classes in two kinds of features expected"; }
says evaluate "missing classes "
grep -q '"name": "class 1", "generated": [0-9]*, "real": [0-9]*' labels.json || fail "labels.json lacks the classes"
refuses 1 "1.json: exists already" evaluate --real many.idx --generated many.idx --count 20 --json 1.json
refuses 1 "there is no nowhere; a directory of PNG files or an IDX file is needed" evaluate --real nowhere --model $model
refuses 2 "are for --real" evaluate --csv 3.csv

# --- A classifier of one's own place ------------------------------------------------------------

mkdir -p elsewhere && mv classifier.safetensors elsewhere/mine.safetensors
run evaluate --real many.idx --model $model --count 600 --seed 10 --classifier elsewhere/mine.safetensors --json mine.json
cmp 1.json mine.json || fail "the same classifier in another place gave other numbers"
refuses 1 "classifier.safetensors: there is no such file; fashion_classifier makes one" evaluate --silhouettes --model $model --count 10
run evaluate --silhouettes --model $model --count 600 --classifier elsewhere/mine.safetensors
says evaluate "in 128 features"
refuses 1 "many.png: " evaluate --silhouettes --model $model --count 10 --classifier many.png
mkdir -p wide && run interpolate --model $model --points 2 --steps 2 --out wide/1.png # 62 x 32 pixels
for i in 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do run interpolate --model $model --points 2 --steps 2 --seed $i --out wide/$i.png; done
run evaluate --real wide --generated wide --count 10 --classifier elsewhere/mine.safetensors
says evaluate "without the features of elsewhere/mine.safetensors, which expects pictures of 784 numbers, not of 1984"

# --- Agreement of classes -----------------------------------------------------------------------

# Grids whose last tile is black or not, as they are and with the names of their classes swapped.
for side in real same swapped; do mkdir -p $side/one $side/two; done
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    run sample --model $model --count 3 --columns 2 --seed $i --out three.png --overwrite
    run sample --model $model --count 4 --columns 2 --seed $i --out four.png --overwrite
    for side in real same; do cp three.png $side/one/$i.png && cp four.png $side/two/$i.png; done
    cp four.png swapped/one/$i.png && cp three.png swapped/two/$i.png
done
agreement() { awk -F, '$4 == "agreement" { print ($5 == '"$2"') ? "good" : $5 }' "$1" | sort -u; }
for side in same swapped; do
    run evaluate --real real --generated $side --count 20 --classifier nowhere.safetensors --csv $side.csv
    says evaluate "agreement with classes "
done
[ "$(agreement same.csv 1)" = good ] || { cat same.csv; fail "all should be of their class"; }
[ "$(agreement swapped.csv 0)" = good ] || { cat swapped.csv; fail "none should be of its class"; }
mv swapped/one swapped/three
run evaluate --real real --generated swapped --count 20 --classifier nowhere.safetensors --csv others.csv
[ -z "$(agreement others.csv 0)" ] || { cat others.csv; fail "other classes should not be compared"; }
