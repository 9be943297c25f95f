#!/bin/sh
# check_search.sh - scripts/search trains the settings that it draws, evaluates them on held-out images, continues after
# an interruption, and halves. Skipped without python3.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh

command -v python3 >/dev/null 2>&1 || { echo "no python3 here"; exit 77; }
export BUILD="$build"
trained_model new/run
trained_classifier
mkdir data
run sample --model new/run/generator.safetensors --count 300 --raw data/train-images-idx3-ubyte
export GAN_DATA_DIR="$work/data" GAN_CLASSIFIER="$work/classifier.safetensors"
# search OPTION... - a few tiny runs
search() {
    python3 "$root/scripts/search" --unconditional --limit 200 --held-out 100 --count 50 --threads 1 --draws 3 --also "--base 4" "$@"
}
search --out runs.jsonl --epochs 1,2 >first.log || { cat first.log; fail "the search fails"; }
[ "$(grep -c '"frechet": [0-9]' runs.jsonl)" -eq 4 ] || { cat runs.jsonl; fail "three runs and the best of them again expected"; }
[ "$(grep -c '"epochs": 2' runs.jsonl)" -eq 1 ] || fail "one run of two epochs expected"
python3 - runs.jsonl <<'PYTHON' || fail "the best of the short runs goes on"
import json, sys
runs = [json.loads(line) for line in open(sys.argv[1])]
best = min((run for run in runs if run["epochs"] == 1), key=lambda run: run["frechet"])
sys.exit([run["settings"] for run in runs if run["epochs"] == 2] != [best["settings"]])
PYTHON
cp runs.jsonl whole.jsonl
search --out runs.jsonl --epochs 1,2 >second.log
cmp runs.jsonl whole.jsonl || fail "what is done is done again"
head -n 1 whole.jsonl >runs.jsonl
sed -n 2p whole.jsonl | head -c 40 >>runs.jsonl # a kill cut it off
search --out runs.jsonl --epochs 1,2 >third.log
for file in runs whole; do # but for the seconds, the same numbers
    python3 -c 'import json, sys
for line in open(sys.argv[1]):
    run = json.loads(line)
    print(run["settings"], run["epochs"], run["seed"], run["frechet"])' $file.jsonl >$file.txt || fail "$file.jsonl is no JSON Lines"
done
cmp runs.txt whole.txt || fail "an interrupted search ends otherwise"
search --out runs.jsonl --show | head -n 1 | grep -q epochs || fail "--show shows nothing"
