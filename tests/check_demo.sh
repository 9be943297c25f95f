#!/bin/sh
# check_demo.sh - `make demo` trains on Fashion-MNIST if it exists, else on silhouettes, which it replaces when
# Fashion-MNIST appears, and continues an interrupted run; a wrong GAN_DATA_DIR is reported before anything is done.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh

mkdir -p sources/scripts && cp "$root/scripts/demo" "$root/scripts/fetch-data" sources/scripts
# Fewer silhouettes, for less time.
sed -i.long 's/--spectral-norm --overwrite/& --limit 4000/' sources/scripts/demo
grep -q -e '--limit 4000' sources/scripts/demo || fail "scripts/demo trains longer than it should here"
export GAN_DATA_URL=http://127.0.0.1:9 BUILD="$build"

# demo STATUS EPOCHS - it ends so, with what it says in demo.log.
demo() {
    status=0
    sources/scripts/demo "$2" "$work/demo" >demo.log 2>&1 || status=$?
    [ $status -eq "$1" ] || { cat demo.log; fail "the demo ends with $status, not $1"; }
}
setting() { grep -qx "$1" demo/settings.txt || { cat demo/settings.txt; fail "the setting $1 expected"; }; }

GAN_DATA_DIR=$work/nowhere demo 2 1
says demo "GAN_DATA_DIR is $work/nowhere, but Fashion-MNIST's four files are not there"
[ ! -e demo ] || fail "a wrong GAN_DATA_DIR should leave nothing"
status=0
(cd "$root" && GAN_DATA_DIR=$work/nowhere "${MAKE:-make}" --no-print-directory have-data) >have.log 2>&1 || status=$?
[ $status -ne 0 ] || fail "make have-data should fail where GAN_DATA_DIR is wrong"
says have "GAN_DATA_DIR is $work/nowhere, but Fashion-MNIST's four files are not there"

demo 0 1
says demo "silhouettes drawn by the library"
setting "silhouettes = yes" && setting "loss = hinge" && setting "epochs = 1"
demo 0 2
says demo "Continuing after 1 epoch"

data=sources/data/fashion-mnist
mkdir -p $data && for set in train t10k; do touch $data/$set-images-idx3-ubyte.gz $data/$set-labels-idx1-ubyte.gz; done
"$programs/sample" --model demo/generator.safetensors --count 300 --raw images.idx >/dev/null
gzip -c images.idx >$data/train-images-idx3-ubyte.gz
demo 0 1
says demo "Data: 300 images of"
setting "silhouettes = no" && setting "loss = bce"
demo 0 2
says demo "Continuing after 1 epoch"
demo 0 2
says demo "nothing to train: 2 epochs are done"
