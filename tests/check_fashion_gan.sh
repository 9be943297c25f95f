#!/bin/sh
# check_fashion_gan.sh - fashion_gan works as documented, and refuses invalid settings with exit code 2.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh

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
says fashion_gan "Data: 2000 silhouettes drawn by the library" # held-out ones
if grep -q "^[A-Z_]*: " fashion_gan.log; then cat fashion_gan.log; fail "a run in which nothing is wrong should have no verdict"; fi
run fashion_gan --silhouettes --epochs 9 --limit 1000 --hidden 64 --seed 5 --lr 0.1 --out ill --stop-early
says fashion_gan "DIVERGED: the run diverges: the generator's loss jumped to"
says fashion_gan "Ended early after"

run fashion_gan --silhouettes --epochs 1 --limit 70 --batch 32 --latent 5 --hidden 20 --depth 1 --lr 0.001 --out small
says fashion_gan "[20]"
run fashion_gan --silhouettes --epochs 1 --limit 200 --hidden 16 --ema 0.9 --quiet --out average
for file in checkpoint generator; do
    run sample --model average/$file.safetensors --count 4 --out average/$file.png
done
cmp average/checkpoint.png average/generator.png || fail "a checkpoint's average should be drawn from"
for game in "hinge --spectral-norm" "wasserstein --penalty wgan-gp --n-critic 3 --beta1 0" "least-squares --schedule cosine --warmup 2" \
    "relativistic --penalty r1 --penalty-weight 1 --penalty-interval 2" "minimax --schedule step --d-lr 0.0004" \
    "relativistic-paired --penalty r1 --second-penalty r2 --penalty-weight 0.5 --top-k 0.5 --lecam 0.1" "hinge --precision bfloat16"; do
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
refuses 2 '--loss: one of bce, minimax, relativistic, least-squares, hinge, wasserstein, relativistic-paired expected, got "gan"' fashion_gan --loss gan
refuses 2 "--penalty: one of none, wgan-gp, r1, r2, dragan expected" fashion_gan --penalty r3
refuses 2 "--schedule: one of constant, linear, cosine, step, exponential expected" fashion_gan --schedule ''
refuses 2 "--precision: one of float32, bfloat16 expected" fashion_gan --precision float16
refuses 2 "--spectral-norm: yes or no expected, got \"1\"" fashion_gan --spectral-norm=1
refuses 1 "--data nowhere: there is no such directory" fashion_gan --data nowhere
refuses 1 "--data new: there is no train-images-idx3-ubyte.gz in it" fashion_gan --data new
mkdir -p foreign && echo "no pictures" >foreign/train-images-idx3-ubyte
refuses 1 "foreign/train-images-idx3-ubyte: " fashion_gan --data foreign
: >file
refuses 1 "file: is not a directory" fashion_gan --limit 100 --out file
refuses 2 '--epochs: a whole number from 1 to 100000 expected, got "abc"' fashion_gan --epochs abc
refuses 2 'got "0"' fashion_gan --epochs 0
refuses 2 'got "2.5"' fashion_gan --batch 2.5
refuses 2 'got "99999999999999999999"' fashion_gan --seed 99999999999999999999
refuses 2 '--lr: a number from 0 to 10 expected, got "nan"' fashion_gan --lr nan
refuses 2 'got ""' fashion_gan --hidden ''
refuses 2 "--depth: a value expected" fashion_gan --depth
refuses 2 "--quiet: yes or no expected, got \"1\"" fashion_gan --quiet=1
refuses 2 "unknown option --epoches" fashion_gan --epoches 3
refuses 2 "unknown option -x" fashion_gan -x
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
