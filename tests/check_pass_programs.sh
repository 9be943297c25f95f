#!/bin/sh
# check_pass_programs.sh - the programs written with passes learn what they claim to, and never replace files silently.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh

trained_model new/run
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
