#!/bin/sh
# check_fashion_cgan.sh - fashion_cgan, and the programs that draw from conditional generators and evaluate them.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh

trained_model new/run
model=new/run/generator.safetensors
trained_classifier
mkdir drawn && run sample --model $model --count 300 --raw drawn/train-images-idx3-ubyte
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
for kind in "" "--unconditional" "--unconditional --clusters 0" "--network r3gan --loss relativistic-paired --penalty r1 --second-penalty r2"; do
    # shellcheck disable=SC2086
    {
        run fashion_best $kind $tiny --base 4 --epochs 2 --out best --overwrite
        says fashion_best "100 samples in best/samples.png"
        run fashion_best $kind $tiny --base 4 --epochs 2 --out best_again --overwrite --quiet --threads 2
    }
    png best/samples.png
    for file in samples.png generator.safetensors; do
        cmp best/$file best_again/$file || fail "fashion_best $kind gives another $file"
    done
done
# Clusters take the place of classes: another run finds the same, also with looks at samples, and there is no agreement with labels.
# shellcheck disable=SC2086
run fashion_best --unconditional $tiny --base 4 --epochs 2 --clusters 3 --evaluate-every 1 --out clusters
says fashion_best "Clusters: 3 of similar images, "
# shellcheck disable=SC2086
run fashion_best --unconditional $tiny --base 4 --epochs 2 --clusters 3 --out clusters_whole --quiet
cmp clusters/generator.safetensors clusters_whole/generator.safetensors || fail "looks at samples changed the run"
run sample --model clusters/generator.safetensors --count 6 --class "cluster 3" --out cluster.png
run evaluate --silhouettes --model clusters/generator.safetensors --count 100
! grep -q "Agreement" evaluate.log || fail "clusters are no garments"
# The settings of a run make the same again, with labels (where the number of clusters is not used) and without.
for kind in best clusters_whole; do
    run fashion_best --settings $kind/settings.txt --out again_$kind --quiet
    cmp $kind/generator.safetensors again_$kind/generator.safetensors || fail "the settings of $kind make another generator"
done
refuses 2 "--clusters 1: 0 or at least 2 expected" fashion_best --unconditional --clusters 1
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
refuses 1 "--classes: the generator has no classes" interpolate --model $model --classes 1,2 --classifier nowhere.safetensors
# One without classes: the classifier knows them, and what is added to a bag makes a boot of it.
run fashion_gan --silhouettes --limit 6000 --epochs 20 --hidden 64 --depth 2 --lr 0.001 --latent 16 --penalty r1 --out plain --quiet
plain=plain/generator.safetensors
for strength in 0 2; do
    run interpolate --model $plain --classes bag,boot --points 40 --steps 3 --strength $strength --titles --out by$strength.png
    says interpolate "a walk from bag to boot at 40 points in by$strength.png"
    sed -n 's/.* \([0-9]*\) of 40 walks end at what is classified as boot$/\1/p' interpolate.log >reached.$strength
    [ -s reached.$strength ] || { cat interpolate.log; fail "how many ways end at a boot expected"; }
done
png by0.png by2.png
[ "$(cat reached.0)" -eq 0 ] || fail "a bag is no boot"
[ "$(cat reached.2)" -ge 25 ] || { cat interpolate.log; fail "most bags should become boots"; }
refuses 1 "two of at most 256 classes, such as 7,9, expected" interpolate --model $plain --classes 3 --out none.png
refuses 1 'expected, got "hat"' interpolate --model $plain --classes hat,boot --out none.png
# Titles: with a column for each class the classes stand above them.
run sample --model $asked --count 20 --titles --out titled.png
cp sample.log titled.log
run sample --model $asked --count 20 --columns 10 --out untitled.png
! cmp -s titled.png untitled.png || grep -q "without Cairo" titled.log || fail "titles expected"

run evaluate --silhouettes --model $asked --count 600
says evaluate "Frechet distance of 600 samples to 600 real images, in 128 features"
# Samples of a few epochs agree with their classes less often than real images; of all samples it's the mean of their column, as classes are
# asked for equally often, and of real images between the least and the most of theirs.  NF - 1 is not to be trusted: mawk of 2026 takes the
# line before for it.
awk '/^Floor/ { floor = $NF } / that are classified as / { sub(/ %$/, ""); if (/^Agreement/) all = $NF; else real = $NF }
     / % .* % / { n++; samples += $2; sum += $3; least = n == 1 || $5 < least ? $5 : least; most = $5 > most ? $5 : most
                  if (!($7 > 0 && $8 > 0)) exit 1 }
     END { exit !(floor > 0 && all > 35 && n == 10 && samples == 600 && (all - sum / n) * (all - sum / n) < 0.01 &&
                  real > all && least < real && real < most) }' evaluate.log ||
    { cat evaluate.log; fail "it should draw what it is asked for more often than not"; }

# Against pictures with labels: those of the same generator are of the classes that were asked for, and by other labels none.
run sample --model $asked --count 1000 --seed 21 --raw real.idx
for first in 0 1; do
    {
        printf '\000\000\010\001\000\000\003\350'
        for _ in $(seq 100); do
            if [ $first = 0 ]; then printf '\000'; fi
            printf '\001\002\003\004\005\006\007\010\011'
            if [ $first = 1 ]; then printf '\000'; fi
        done
    } >labels.$first.idx
    run evaluate --real real.idx --labels labels.$first.idx --model $asked --count 500 --classifier nowhere.safetensors \
        --csv asked.$first.csv --json asked.$first.json
    says evaluate "agreement with classes "
    [ "$(grep -c '^class [0-9] .* [0-9]* .* [0-9]*$' evaluate.log)" -eq 20 ] || { cat evaluate.log; fail "ten classes in two kinds of features expected"; }
    [ "$(grep -c '"name": "class [0-9]", "generated": [0-9]*, "real": [0-9]*' asked.$first.json)" -eq 20 ] || fail "asked.$first.json lacks classes"
done
# value is the 5th, low and high the 7th and 8th, floor the 9th
awk -F, '$4 == "agreement" { n++; good += $5 > 0.8 && $7 <= $5 && $5 <= $8 && $9 > 0.8 } END { exit !(n == 2 && good == 2) }' asked.0.csv ||
    { grep agreement asked.0.csv; fail "its samples should be of the classes that were asked for"; }
awk -F, '$4 == "agreement" { n++; good += $5 < 0.2 && $9 > 0.8 } END { exit !(n == 2 && good == 2) }' asked.1.csv ||
    { grep agreement asked.1.csv; fail "by the labels of others none should be of its class"; }
refuses 1 "there is no train-labels-idx1-ubyte.gz in it" evaluate --model $asked --count 100 --data drawn
