#!/bin/sh
# check_resume.sh - fashion_gan --resume goes on as if the run had never stopped, to the last bit: after its end, after
# Ctrl-C in the middle of an epoch, after kill -9 at any moment, and with files that a crash left between two of its writes.
set -eu
cd "$(dirname "$0")/.."
build=$(cd "${BUILD:-build}" && pwd)
programs=$build/examples
mkdir -p "${GAN_TEST_DIR:=$build/check/check_resume.d}"
cd "$GAN_TEST_DIR"
rm -rf ./*
unset GAN_DATA_DIR # the data is drawn; there is none in this folder
export LSAN_OPTIONS=detect_leaks=0 # check_examples.sh looks for leaks

# 200 steps an epoch, the last of them on half a batch.
settings="--limit 9975 --batch 50 --hidden 48 --latent 16 --depth 1 --seed 7 --quiet"
epochs=6

fail() {
    echo "check_resume: $*" >&2
    exit 1
}

# train OPTION... - with the settings above, on one thread unless an option says otherwise.
train() {
    # shellcheck disable=SC2086  # settings are to be split
    "$programs/fashion_gan" $settings --threads 1 "$@" >train.log 2>&1
}

# refuses SENTENCE OPTION... - fashion_gan must fail and say SENTENCE.
refuses() {
    sentence=$1
    shift
    if train "$@"; then fail "fashion_gan $* should fail"; fi
    grep -qF -- "$sentence" train.log || { cat train.log; fail "fashion_gan $* should say: $sentence"; }
    tail -n 1 train.log
}

# same_run FOLDER WHAT - it must hold what the uninterrupted run left; the seconds in the CSV may differ.
same_run() {
    for file in generator.safetensors discriminator.safetensors checkpoint.safetensors real_images.png \
        fake_images-001.png fake_images-003.png fake_images-00$epochs.png; do
        cmp "whole/$file" "$1/$file" || fail "$2: another $file"
    done
    cut -d , -f 1-5,7 "$1/losses.csv" | cmp - whole.csv || { cat whole.csv "$1/losses.csv"; fail "$2: another losses.csv"; }
    [ "$(find "$1" | wc -l)" -eq "$(find whole | wc -l)" ] || { ls "$1"; fail "$2: other files"; }
}

train --epochs $epochs --out whole
cut -d , -f 1-5,7 whole/losses.csv >whole.csv
[ "$(wc -l <whole.csv)" -eq $((epochs + 1)) ] || fail "a row an epoch is wanted"
[ "$(tail -n 1 whole.csv | cut -d , -f 6)" -eq 200 ] || fail "200 steps an epoch are wanted"

# --- After its end --------------------------------------------------------------------------------

train --epochs 3 --out parts
cp -R parts three
train --epochs 5 --out parts --resume --threads 2
train --epochs $epochs --out parts --resume --checkpoint-every 2
same_run parts "3 epochs, 2, and $((epochs - 5))"
train --epochs $epochs --out parts --resume
grep -q "nothing to train: $epochs epochs are done, --epochs is $epochs" train.log || fail "the same total should train nothing"
same_run parts "the same total twice"
train --epochs 2 --out parts --resume
grep -q "nothing to train: $epochs epochs are done, --epochs is 2" train.log || fail "a smaller total should train nothing"
same_run parts "a smaller total"

# --- Files as a crash leaves them -----------------------------------------------------------------

cp -R three crashed # rows and pictures are there, but the checkpoint is still that of epoch 3
train --epochs 5 --out crashed --resume
cp three/checkpoint.safetensors crashed
printf '6,0.1,0.' >>crashed/losses.csv
train --epochs $epochs --out crashed --resume
same_run crashed "rows after the checkpoint"
rm -rf crashed
cp -R three crashed # the row of the next epoch was half written
printf '4,0.1' >>crashed/losses.csv
train --epochs $epochs --out crashed --resume
same_run crashed "half a row"

# --- Ctrl-C and kill -9 ---------------------------------------------------------------------------

# stop_often SIGNAL FOLDER DELAY... - begin a run, and stop it with SIGNAL after each of the delays; at last let it end.
# A delay that begins with + counts from the end of the first epoch that the process trained.
# Leaves in $stopped how often it was stopped, and in $midway how often in the middle of an epoch.
stop_often() {
    name=$1 out=$2 resume='' stopped=0 midway=0
    shift 2
    for delay; do
        before=$(tail -n 1 "$out/losses.csv" 2>/dev/null || :)
        # shellcheck disable=SC2086
        "$programs/fashion_gan" $settings --threads 1 --epochs $epochs --out "$out" $resume >stop.log 2>&1 &
        pid=$!
        while [ "$delay" != "${delay#+}" ] && kill -0 $pid 2>/dev/null; do
            case $(tail -n 1 "$out/losses.csv" 2>/dev/null || :) in
            "$before" | epoch* | '') sleep 0.02 ;;
            *) break ;;
            esac
        done
        sleep "${delay#+}"
        kill "-$name" $pid 2>/dev/null || :
        status=0
        wait $pid || status=$?
        case $status in
        0) return 0 ;;
        130 | 137) stopped=$((stopped + 1)) ;;
        *) cat stop.log && fail "-$name: ends with $status" ;;
        esac
        [ ! -f "$out/checkpoint.safetensors" ] || resume=--resume
        if tail -n 1 "$out/losses.csv" 2>/dev/null | grep -Eq ',[0-9]{1,2}$|,1[0-9]{2}$'; then midway=$((midway + 1)); fi
    done
    # shellcheck disable=SC2086
    train --epochs $epochs --out "$out" $resume
}

stop_often INT interrupted +0.03 +0.05 +0.02 +0.07 +0.01
echo "Ctrl-C: $stopped times, $midway of them in the middle of an epoch"
[ $midway -gt 0 ] || fail "Ctrl-C never came in the middle of an epoch"
same_run interrupted "Ctrl-C"
stop_often KILL killed 0.03 +0 0.2 +0.05 0.4 +0.01
echo "kill -9: $stopped times"
[ $stopped -gt 0 ] || fail "kill -9 never came in time"
same_run killed "kill -9"

# --- What is refused ------------------------------------------------------------------------------

refuses "nowhere/checkpoint.safetensors: " --out nowhere --resume
refuses "batch_size" --out three --resume --batch 25
refuses "lr" --out three --resume --lr 0.001
refuses "64" --out three --resume --hidden 64
refuses "seed" --out three --resume --seed 8
refuses "4000" --out three --resume --limit 4000
rm -rf crashed
cp -R three crashed
sed '3d' three/losses.csv >crashed/losses.csv
refuses "losses.csv: the row of epoch 2 is not there" --out crashed --resume
echo "epoch,loss" >crashed/losses.csv
refuses "losses.csv: begins otherwise" --out crashed --resume
rm crashed/losses.csv
refuses "losses.csv: No such file" --out crashed --resume
cp three/losses.csv crashed
head -c 5000 three/checkpoint.safetensors >crashed/checkpoint.safetensors
refuses "crashed/checkpoint.safetensors: " --out crashed --resume
train --epochs 3 --out crashed # without --resume everything is replaced
cmp three/checkpoint.safetensors crashed/checkpoint.safetensors

# --- A checkpoint is a model, too -----------------------------------------------------------------

for program in "sample --count 9" "interpolate --points 2"; do
    # shellcheck disable=SC2086
    for model in generator checkpoint; do
        "$programs/"$program --model whole/$model.safetensors --out $model.png >model.log 2>&1 || { cat model.log; exit 1; }
    done
    cmp generator.png checkpoint.png || fail "$program draws something else from a checkpoint"
done
