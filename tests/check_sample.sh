#!/bin/sh
# check_sample.sh - sample, interpolate, fashion_classifier and evaluate work as documented, and refuse invalid
# settings.
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
# A list of numbers, and latent vectors as arrays: out, and in again.
run sample --model $model --seed 9 --numbers 1201-1202,1203 --raw listed.idx
cmp numbered.idx listed.idx || fail "--numbers should draw what --first and --count do"
run sample --model $model --seed 9 --count 50 --latents z.npy
says sample "50 latent vectors of 64 numbers in z.npy"
head -c 128 z.npy | grep -aq "'<f4', 'fortran_order': False, 'shape': (50, 64)" || fail "z.npy begins otherwise"
run sample --model $model --seed 1 --count 50 --from z.npy --raw from.idx
cmp from.idx free.idx || fail "samples of their latent vectors should be the same"
run sample --model $model --from z.npy --numbers 7,3 --raw two.idx
for i in 7 3; do tail -c +$((17 + 784 * i)) free.idx | head -c 784; done >two.part
tail -c +17 two.idx | cmp - two.part || fail "--numbers should choose rows of --from"
refuses 1 "z.npy has 50 latent vectors; number 50, from 0, was requested" sample --model $model --from z.npy --numbers 50
refuses 1 "array.npy: latent vectors of 64 numbers expected, found 784" sample --model $model --from array.npy
for list in 3- 5-4 1,,2 -1 10000001 0-10000 x; do
    refuses 1 "--numbers: numbers such as 3,17,40-44 expected" sample --model $model "--numbers=$list"
done
refuses 2 "--numbers takes the place of --count and --first" sample --model $model --numbers 1 --count 2
# A row for each truncation: the same samples.
run sample --model $model --count 50 --seed 9 --raw wide.idx --truncation 100
run sample --model $model --count 50 --seed 9 --grid 0.5,100 --raw rows.idx --out rows.png --titles
{ tail -c +17 truncated.idx; tail -c +17 wide.idx; } >rows.part
tail -c +17 rows.idx | cmp - rows.part || fail "the rows should be those of --truncation 0.5 and 100"
run sample --model $model --count 50 --seed 9 --grid 0 --raw unlimited.idx
cmp unlimited.idx wide.idx || fail "no limit should be as one of 100"
says sample "50 samples of 28 x 28 in unlimited.idx"
for list in 1, 1,-1 101 x; do refuses 1 "numbers from 0 to 100, such as 0.5,1,0, expected" sample --model $model "--grid=$list"; done
refuses 2 "--grid has rows of its own" sample --model $model --grid 1 --columns 3
refuses 2 "latent vectors that are given are not truncated" sample --model $model --from z.npy --truncation 1
# The real picture below each sample: itself, among those that were drawn.
run sample --model $model --seed 9 --numbers 17,1002,3 --nearest many.idx --out beside.png --titles
for i in 17 1002 3; do says sample "sample $i: the nearest real picture is number $i, from 0"; done
run sample --model $model --seed 9 --numbers 1202 --nearest numbered --out beside_file.png
says sample "sample 1202: the nearest real picture is sample-01202.png"
refuses 2 "--nearest is shown by --out" sample --model $model --nearest numbered --raw x.idx
refuses 1 "nowhere: there is no such directory or file" sample --model $model --nearest nowhere --out x.png
# With titles, samples are wide enough for them: 28 x 3 pixels, 6 between, and a line of 18 below each row.
run sample --model $model --seed 9 --count 3 --titles --out titled.png
if grep -q "without Cairo" sample.log; then
    [ "$(size titled.png)" = 0000003e0000003e ] || fail "two rows of 28 + 2 pixels expected"
else
    [ "$(size titled.png)" = 000000ba000000de ] || fail "two rows of 84 + 6 + 18 pixels expected"
fi
png rows.png beside.png beside_file.png titled.png
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
# Round in a loop: the last picture is the first one, and the animation has each of them once.
run interpolate --model $model --points 3 --steps 7 --loop --apng walk.png --latents walk.npy --titles --out titled_walk.png
says interpolate "21 latent vectors of 64 numbers in walk.npy"
says interpolate "a walk over 3 points in walk.png"
png walk.png titled_walk.png
tail -c +129 walk.npy | head -c 256 | cmp - "$(tail -c 256 walk.npy >last.z && echo last.z)" || fail "the loop should be closed"
frames() { od -An -tx1 -j37 -N8 "$1" | tr -d ' \n'; } # acTL, which is behind IHDR, and how many frames it promises
[ "$(frames walk.png)" = 6163544c00000012 ] || { frames walk.png; fail "18 frames expected"; }
[ "$(size walk.png)" = 0000002000000020 ] || fail "a frame of 28 + 4 pixels expected"
run interpolate --model $model --points 3 --steps 7 --apng there.png --scale 2
[ "$(frames there.png)" = 6163544c0000000d ] || { frames there.png; fail "13 frames expected"; }
[ "$(size there.png)" = 0000004000000040 ] || fail "a frame of 2 * (28 + 4) pixels expected"
refuses 1 "walk.png: exists already" interpolate --model $model --apng walk.png
refuses 2 "--loop: not for interpolation between classes, --classes" interpolate --model $model --loop --classes 1,2
refuses 1 "there is no nowhere.safetensors; fashion_classifier makes one" interpolate --model $model --classes 1,2 --classifier nowhere.safetensors --out none.png
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
# Others for the floor: all real pictures are compared, 1234 of them, and with themselves the floor is 0.
run evaluate --real many.idx --labels labels.idx --held-out many.idx --held-out-labels labels.idx --generated many.idx --count 2000 \
    --classifier nowhere.safetensors --csv held-out.csv
says evaluate "1234 pictures of each kind are compared, not 2000: there are 1234 real ones, 1234 others for"
says evaluate "missing classes "
awk -F, '$4 == "frechet" { n++; good += $5 < 0.001 && $9 < 0.001 } END { exit !(n == 2 && good == 2) }' held-out.csv ||
    { cat held-out.csv; fail "the same pictures should have no distance"; }
run evaluate --real many.idx --labels labels.idx --held-out array.npy --generated many.idx --count 50 --classifier nowhere.safetensors
! grep -q "missing classes" evaluate.log || fail "held-out pictures without labels have no classes"
refuses 1 "nowhere: there is no such directory or file" evaluate --real many.idx --held-out nowhere --generated many.idx
run sample --model $model --count 6 --npy six.npy
refuses 1 "10 pictures of each kind are needed; there are 1234 real ones, 6 others for the floor" \
    evaluate --real many.idx --held-out six.npy --generated many.idx
refuses 1 "10 pictures of each kind are needed; there are 1234 real ones, 6 others for the floor" \
    evaluate --real many.idx --held-out six.npy --model $model
! grep -q "generated ones" refused.log || { cat refused.log; fail "a generator draws as many as are wanted"; }
refuses 2 "--held-out is for --real" evaluate --held-out many.idx
refuses 2 "--held-out-labels is for --held-out" evaluate --real many.idx --held-out-labels labels.idx
refuses 1 "1.json: exists already" evaluate --real many.idx --generated many.idx --count 20 --json 1.json
refuses 1 "nowhere: there is no such directory or file" evaluate --real nowhere --model $model
refuses 2 "--csv is for --real" evaluate --csv 3.csv
refuses 2 "--fit is for --real" evaluate --fit pad
refuses 2 "--class-names is for --real" evaluate --class-names shirt,shoe
refuses 1 "nowhere.safetensors: there is no such file; a training program such as fashion_gan makes one" evaluate --real many.idx --model nowhere.safetensors
# Arrays of NumPy, and the features of all pictures as such.
run evaluate --real many.idx --generated array.npy --count 50 --classifier nowhere.safetensors --features features
[ "$(cd features && echo *)" = "pixels-generated.npy pixels-held-out.npy pixels-real.npy random-generated.npy random-held-out.npy random-real.npy" ] ||
    { ls features; fail "six arrays of features expected"; }
for file in features/pixels-*.npy; do
    head -c 128 $file | grep -aq "'<f4', 'fortran_order': False, 'shape': (50, 196)" || fail "$file begins otherwise"
done
! cmp -s features/pixels-real.npy features/pixels-generated.npy || fail "real and generated pictures have the same features"
refuses 1 "features/pixels-real.npy: exists already" evaluate --real many.idx --generated array.npy --count 50 --features features --classifier nowhere.safetensors

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
run evaluate --real wide --generated wide --count 10 --classifier elsewhere/mine.safetensors --csv wide.csv --json wide.json
says evaluate "sliced Wasserstein, 32x62"
# The same pictures in another order: what they are compared by is the distance of real ones.
[ "$(grep -c '^"patches",,10,sliced_[01],[0-9.]*,,,,[0-9.]*,$' wide.csv)" -eq 2 ] || { cat wide.csv; fail "two levels of patches expected"; }
[ "$(grep -c '"value": [0-9.]*, "floor": [0-9.]*}' wide.json)" -ge 2 ] || { cat wide.json; fail "two levels of patches expected"; }
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
run evaluate --real real --held-out same --generated same --count 20 --classifier nowhere.safetensors --csv held.csv
[ "$(agreement held.csv 1)" = good ] || { cat held.csv; fail "all should be of their class, beside others"; }
run evaluate --real real --held-out swapped --generated same --count 20 --classifier nowhere.safetensors --csv held.csv --overwrite
[ -z "$(agreement held.csv 1)" ] || { cat held.csv; fail "held-out pictures of other classes should have none"; }
run evaluate --real real --generated swapped --count 20 --classifier nowhere.safetensors --csv others.csv
[ -z "$(agreement others.csv 0)" ] || { cat others.csv; fail "other classes should not be compared"; }
