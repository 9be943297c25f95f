#!/bin/sh
# check_resume.sh - fashion_gan --resume continues as if the run had never stopped, bit for bit: after its end, after
# Ctrl-C in the middle of an epoch, after kill -9 at any moment, and with files of a crash between two writes. No option
# has to be repeated, and one that contradicts the run is refused.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh

# 200 steps per epoch, the last of them on half a batch.
settings="--silhouettes --limit 9975 --batch 50 --hidden 48 --latent 16 --depth 1 --seed 7"
epochs=6

# train OPTION... - with the settings above, on one thread unless an option says otherwise.
train() {
    # shellcheck disable=SC2086  # settings are to be split
    "$programs/fashion_gan" $settings --quiet --threads 1 "$@" >train.log 2>&1 || { cat train.log; return 1; }
}

# resume DIRECTORY OPTION... - its settings are in its directory.
resume() {
    out=$1
    shift
    "$programs/fashion_gan" --quiet --out "$out" --resume "$@" >train.log 2>&1 || { cat train.log; return 1; }
}

# same_run DIRECTORY WHAT - it must hold what the uninterrupted run left; the seconds in the CSV may differ.
same_run() {
    for file in generator.safetensors discriminator.safetensors checkpoint.safetensors real_images.png \
        fake_images-001.png fake_images-003.png fake_images-00$epochs.png; do
        cmp "whole/$file" "$1/$file" || fail "$2: another $file"
    done
    [ ! -f whole/losses.png ] || cmp whole/losses.png "$1/losses.png" || fail "$2: another losses.png"
    cut -d , -f 1-5,7 "$1/losses.csv" | cmp - whole.csv || { cat whole.csv "$1/losses.csv"; fail "$2: another losses.csv"; }
    timeless "$1/log.jsonl" | cmp - whole.jsonl || { timeless "$1/log.jsonl" | diff whole.jsonl - | head; fail "$2: another log.jsonl"; }
    cut -d , -f 1-3,5- "$1/log.csv" | cmp - whole.log.csv || fail "$2: another log.csv"
    [ "$(find "$1" | wc -l)" -eq "$(find whole | wc -l)" ] || { ls -a "$1"; fail "$2: other files"; }
}

# timeless LOG - its numbers without times, and without what only interrupted runs write down: sums that were saved, and the
# settings that may change.
timeless() {
    sed -e '/"record":"\(saved\|note\|run\)"/d' -e 's/"seconds":[^,}]*,"time":[^,}]*//' "$1"
}

begin=$(date +%s)
train --epochs $epochs --out whole
timeless whole/log.jsonl >whole.jsonl
[ "$(grep -c '"record":"steps"' whole.jsonl)" -eq $((2 * epochs)) ] || fail "log.jsonl should have a record for each 100 steps"
cut -d , -f 1-3,5- whole/log.csv >whole.log.csv
[ "$(wc -l <whole.log.csv)" -eq $((epochs + 1)) ] || fail "log.csv should have one row per epoch"
cut -d , -f 1-5,7 whole/losses.csv >whole.csv
[ "$(wc -l <whole.csv)" -eq $((epochs + 1)) ] || fail "losses.csv should have one row per epoch"
[ "$(tail -n 1 whole.csv | cut -d , -f 6)" -eq 200 ] || fail "an epoch should have 200 steps"

# --- After its end --------------------------------------------------------------------------------

train --epochs 3 --out parts
cp -R parts three
resume parts --epochs 5 --threads 2
resume parts --epochs $epochs --checkpoint-every 2
same_run parts "3 epochs, 2, and $((epochs - 5))"
resume parts
grep -q "nothing to train: $epochs epochs are done, --epochs is $epochs" train.log || fail "the same total should train nothing"
same_run parts "the same total twice"
train --epochs 2 --out parts --resume # repeating the settings is allowed
grep -q "nothing to train: $epochs epochs are done, --epochs is 2" train.log || fail "a smaller total should train nothing"
same_run parts "a smaller total"
grep -qx "epochs = $epochs" parts/settings.txt || fail "settings.txt should keep the total"

# --- Files as a crash leaves them -----------------------------------------------------------------

cp -R three crashed # rows and pictures are there, but the checkpoint is still that of epoch 3
resume crashed --epochs 5
cp three/checkpoint.safetensors crashed
printf '6,0.1,0.' >>crashed/losses.csv
printf '{"record":"steps","epo' >>crashed/log.jsonl
resume crashed --epochs $epochs
same_run crashed "rows after the checkpoint"
rm -rf crashed
cp -R three crashed # killed before the new files got their names
echo half >crashed/.losses.csv.1.part
echo half >crashed/.losses.png.1.part
resume crashed --epochs $epochs
same_run crashed "files half written"
rm -rf crashed
mkdir crashed && sed "s/^epochs = .*/epochs = $epochs/" three/settings.txt >crashed/settings.txt
touch crashed/.lock # killed before the first checkpoint
resume crashed
same_run crashed "nothing but settings"

# A whole checkpoint can be resumed whatever became of the figures beside it.
rm -rf crashed
cp -R three crashed
rm crashed/losses.csv
resume crashed --epochs $epochs
grep -qF "losses.csv: the rows of 3 of 3 epochs are not there; the run continues without" train.log || { cat train.log; fail "it should say that rows are missing"; }
cmp whole/checkpoint.safetensors crashed/checkpoint.safetensors || fail "without losses.csv: another checkpoint"
[ "$(cut -d , -f 1 crashed/losses.csv | tr '\n' ' ')" = "epoch 4 5 6 " ] || { cat crashed/losses.csv; fail "the rows of epochs 4 to 6 expected"; }
rm -rf crashed
cp -R three crashed
sed '3d' three/losses.csv >crashed/losses.csv
resume crashed --epochs 4
grep -qF "losses.csv: the row of 1 of 3 epochs is not there" train.log || { cat train.log; fail "it should say that a row is missing"; }
echo "my notes" >crashed/losses.csv
resume crashed --epochs 5
[ "$(cat crashed/losses.csv.unread)" = "my notes" ] || fail "what is no losses.csv of this program should be kept"
echo "my notes" >crashed/log.jsonl
resume crashed --epochs 5
[ "$(cat crashed/log.jsonl.unread 2>/dev/null)" != "my notes" ] || fail "nothing is to change where nothing is trained"
rm crashed/settings.txt
train --out crashed --resume --epochs $epochs
grep -qF "log.jsonl: a new one is begun; it is crashed/log.jsonl.unread now" train.log || { cat train.log; fail "it should say that the log can't be read"; }
[ "$(cat crashed/log.jsonl.unread)" = "my notes" ] || fail "what is no log should be kept"
cmp whole/checkpoint.safetensors crashed/checkpoint.safetensors || fail "without settings.txt: another checkpoint"
lasted "$begin" "resume after an end, and what a crash leaves"

# --- Ctrl-C and kill -9 ---------------------------------------------------------------------------

# stop_often "SIGNAL..." DIRECTORY DELAY... - begin a run, and stop it after each of the delays, with the signals in turn; at
# last let it end.  A delay that begins with + counts from the end of the first epoch that the process trained.
# Leaves in $stopped how often it was stopped, and in $midway how often in the middle of an epoch.
stop_often() {
    signals=$1 out=$2 stopped=0 midway=0
    shift 2
    for delay; do
        signal=${signals%% *}
        signals="${signals#* } $signal"
        options="$settings --epochs $epochs"
        [ ! -f "$out/settings.txt" ] || options=--resume
        # shellcheck disable=SC2086
        ./heeding "$programs/fashion_gan" $options --threads 1 --out "$out" >stop.log 2>&1 &
        pid=$!
        while [ "$delay" != "${delay#+}" ] && kill -0 $pid 2>/dev/null && ! grep -q '^epoch ' stop.log; do sleep 0.02; done
        sleep "${delay#+}"
        kill "-$signal" $pid 2>/dev/null || :
        status=0
        wait $pid || status=$?
        case $status in
        0) return 0 ;;
        129 | 130 | 137 | 143) stopped=$((stopped + 1)) ;;
        *) cat stop.log && fail "-$signal: ends with $status" ;;
        esac
        [ ! -f "$out/begun_epoch.csv" ] || midway=$((midway + 1))
        # Whole epochs only, whole rows only.
        [ ! -f "$out/losses.csv" ] || awk -F, 'NR > 1 && ($1 != NR - 1 || NF != 7 || $7 != 200) { exit 1 }' "$out/losses.csv" ||
            { cat "$out/losses.csv"; fail "-$signal left this in losses.csv"; }
        # A line that goes on in the file's next page may be cut there by kill -9.
        [ ! -f "$out/log.jsonl" ] || [ "$(tail -c 1 "$out/log.jsonl" | od -An -tx1 | tr -d ' ')" = 0a ] ||
            [ "$(($(wc -c <"$out/log.jsonl") % $(getconf PAGESIZE)))" -eq 0 ] ||
            fail "-$signal left half a line in log.jsonl"
    done
    resume "$out"
}

begin=$(date +%s)
stop_often "INT TERM HUP" interrupted +0.03 +0.05 +0.02 +0.07 +0.01
echo "Ctrl-C and its like: $stopped times, $midway of them in the middle of an epoch"
[ $midway -gt 0 ] || fail "Ctrl-C never came in the middle of an epoch"
same_run interrupted "Ctrl-C"
stop_often KILL killed 0.03 +0 0.2 +0.05 0.4 +0.01
echo "kill -9: $stopped times"
[ $stopped -gt 0 ] || fail "kill -9 never came in time"
same_run killed "kill -9"
stop_often "INT KILL" both +0.03 +0.02 +0.02 +0.03
same_run both "Ctrl-C and kill -9 in turn"
lasted "$begin" "signals"

# --- What is refused ------------------------------------------------------------------------------

begin=$(date +%s)
refuses 1 "nowhere: there is no run in it to resume" fashion_gan --out nowhere --resume
for contradiction in "batch 25 50" "beta1 0.5 0.9" "hidden 64 48" "seed 8 7" "limit 4000 9975" "loss hinge bce" "ema 0.1 0"; do
    # shellcheck disable=SC2086  # to be split
    set -- $contradiction
    refuses 1 "--$1 is $2, but the run was started with $3" fashion_gan --out three --resume "--$1" "$2"
done
refuses 1 "--spectral-norm is yes, but the run was started with no" fashion_gan --out three --resume --spectral-norm
refuses 2 "--resume and --overwrite: either the one or the other" fashion_gan --out three --resume --overwrite
refuses 1 "three/settings.txt:3: the run is one of fashion_gan, not of fashion_dcgan" fashion_dcgan --out three --resume
train --epochs 2 --schedule cosine --limit 200 --out falling
refuses 1 "--epochs is 3, but the run was started with 2" fashion_gan --out falling --resume --epochs 3
rm -rf crashed
cp -R three crashed
head -c 5000 three/checkpoint.safetensors >crashed/checkpoint.safetensors
refuses 1 "crashed/checkpoint.safetensors: " fashion_gan --out crashed --resume
rm crashed/checkpoint.safetensors
refuses 1 "crashed/checkpoint.safetensors: is not there" fashion_gan --out crashed --resume
cp three/checkpoint.safetensors crashed
for damage in "s/^lr = .*/lr = much/" "s/^lr = .*/lr 3/" "s/^lr = .*/rate = 3/"; do
    sed "$damage" three/settings.txt >crashed/settings.txt
    line=$(grep -n "^lr = " three/settings.txt | cut -d : -f 1)
    refuses 1 "crashed/settings.txt:$line: " fashion_gan --out crashed --resume
done
rm crashed/settings.txt crashed/checkpoint.safetensors
refuses 1 "crashed/settings.txt: No such file" fashion_gan --out crashed --resume

# Another learning rate is what a run may go on with, and says so.
cp -R three slower
resume slower --epochs 4 --lr 0.00005
grep -q "generator_optimizer.lr is 0.0001 in the file, 5e-05 here" train.log || { cat train.log; fail "it should say that the learning rate is another"; }
grep -qx "lr = 5e-05" slower/settings.txt || { cat slower/settings.txt; fail "the new learning rate should be in the settings"; }
resume slower --epochs 5
! grep -q "in the file" train.log || fail "now it is the learning rate of the run"
cp -R three same
resume same --epochs 5
! cmp -s slower/generator.safetensors same/generator.safetensors || fail "another learning rate should make another generator"

# Other images of the same number and shape: here the first one has become the last one.
"$programs/sample" --model three/generator.safetensors --count 200 --raw train-images-idx3-ubyte >/dev/null
mkdir -p one other
cp train-images-idx3-ubyte one
head -c 16 train-images-idx3-ubyte >other/train-images-idx3-ubyte
tail -c +801 train-images-idx3-ubyte >>other/train-images-idx3-ubyte
head -c 800 train-images-idx3-ubyte | tail -c 784 >>other/train-images-idx3-ubyte
"$programs/fashion_gan" --data one --epochs 1 --hidden 8 --quiet --out moved
refuses 1 "the images are not those that the run in moved was started with" fashion_gan --data other --epochs 2 --out moved --resume
mv one elsewhere
refuses 1 "one: there is no such directory" fashion_gan --epochs 2 --out moved --resume
"$programs/fashion_gan" --data elsewhere --epochs 2 --out moved --resume --quiet
grep -qx "data = .*/elsewhere" moved/settings.txt || fail "the new place should be in the settings"
lasted "$begin" "what is refused"

# --- A checkpoint is a model, too -----------------------------------------------------------------

for program in "sample --count 9" "interpolate --points 2"; do
    # shellcheck disable=SC2086
    for model in generator checkpoint; do
        "$programs/"$program --model whole/$model.safetensors --out "${program%% *}-$model.png" >model.log 2>&1 || { cat model.log; exit 1; }
    done
    cmp "${program%% *}-generator.png" "${program%% *}-checkpoint.png" || fail "$program draws something else from a checkpoint"
done
