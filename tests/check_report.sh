#!/bin/sh
# check_report.sh - the report and logs of a run: its page is valid, self-contained and small, whatever names are in it;
# its event file is read by an independent reader; training has the same bits with all of that; several runs make one
# page. Skipped without python3.
set -eu
cd "$(dirname "$0")/.."
python3 -c '' 2>/dev/null || { echo "skipped: no python3"; exit 77; }
. tests/programs.sh

page() { python3 "$root/tests/python/page.py" "$@" || fail "$* should be a good page"; }
export PYTHONDONTWRITEBYTECODE=1

# --- One run --------------------------------------------------------------------------------------

tiny="--silhouettes --limit 400 --hidden 16 --latent 8 --depth 1 --batch 20 --epochs 3"
# shellcheck disable=SC2086  # options are to be split
{
    run fashion_gan $tiny --evaluate-every 2 --tensorboard --out whole
    says fashion_gan "whole/report.html"
    run fashion_gan $tiny --quiet --out plain
}
page whole/report.html
for part in "fashion_gan: whole" "epoch 3</figcaption>" "Samples and nearest training images" "Real images" \
    ">Fréchet distance</h3>" ">Coverage</h3>" ">Nearest-neighbour distance ratio</h3>" "floor: real samples" "Learning rates" "Generated samples in each bin" \
    "fashion_gan --silhouettes --limit 400" "--evaluate-every 2"; do
    grep -qF -- "$part" whole/report.html || fail "the page should have: $part"
done
[ "$(grep -c '"frechet":' whole/log.jsonl)" -eq 2 ] || fail "epochs 2 and 3 should be measured"
# Silhouettes have their kinds in turn: both halves of the real images need all of them.
sed -n 's/.*"recall.floor":\([0-9.]*\).*/\1/p' whole/log.jsonl | awk '$1 > 0.7 { n++ } END { exit n != 2 }' ||
    { grep -o '"recall.floor":[0-9.]*' whole/log.jsonl; fail "real images should have the recall of themselves"; }
head -n 1 whole/log.csv | grep -q ',frechet,frechet.low,frechet.high,frechet.floor,' || fail "log.csv lacks its numbers"
python3 "$root/tests/python/events.py" whole/log.jsonl whole/events.out.tfevents.libgan || fail "the event file is wrong"
# Looking changes nothing.
for file in checkpoint.safetensors generator.safetensors fake_images-003.png; do
    cmp whole/$file plain/$file || fail "other bits with --evaluate-every: $file"
done
# With a classifier classes are counted by it, and have their names.
trained_classifier
# shellcheck disable=SC2086
run fashion_gan $tiny --evaluate-every 3 --keep-best --classifier classifier.safetensors --out by-class --quiet
page by-class/report.html
for part in "Classes among generated samples, by the classifier" "pullover" "Missing classes"; do
    grep -qF -- "$part" by-class/report.html || fail "the page should have: $part"
done
# The line in the page begins the same run.
line=$(sed -n 's/.*"name":"command","text":"\(.*\)"}$/\1/p' whole/log.jsonl | sed 's/\\"/"/g')
(eval "set -- $line" && shift && "$programs/fashion_gan" "$@" --out again --quiet) || fail "it should run: $line"
cmp whole/generator.safetensors again/generator.safetensors || fail "$line makes another run"

# --- Names made to deceive ------------------------------------------------------------------------

hostile=$(printf '<script>alert(1)</script>\033[2J"&')
hostile=$(echo "$hostile" | tr / _)
# shellcheck disable=SC2086
run fashion_gan $tiny --quiet --out "$hostile"
page "$hostile/report.html"
run report "$hostile" --out hostile.html
page hostile.html
! grep -q "$(printf '\033')" report.log hostile.html || fail "an escape went through"
ln -s elsewhere.html linked.html
run report whole --out linked.html
[ -L linked.html ] && page elsewhere.html

# --- Several --------------------------------------------------------------------------------------

run report --compare whole plain "$hostile" --out several.html
page several.html
awk '$1 == "run" && NF == 4 && $2 == "whole" && $3 == "plain" { heads++ } $1 == "epochs" { heads += $2 + $3 + $4 == 9 }
     /^Losses: generator / { rows += $3 * $4 * $5 > 0 } /^Fréchet distance / { rows += $3 > 0 && $4 == "-" && $5 == "-" }
     /^Nearest-neighbour distance ratio / { rows += $4 > 0 } END { exit !(heads == 2 && rows == 3) }' report.log ||
    { cat report.log; fail "a column for each run, under the titles of the page, expected"; }
! grep -q '^seed ' report.log || fail "the seeds are the same"
# shellcheck disable=SC2086
run fashion_gan $tiny --seed 7 --loss hinge --quiet --out seven
run report plain seven --out seven.html
grep -q '^seed  *1  *7$' report.log && grep -q '^loss  *bce  *hinge$' report.log || { cat report.log; fail "what differs expected"; }
run report whole by-class --out verdict.html # only the latter looks at samples
grep -q '^verdict  *-  *[A-Z_]*$' report.log || { cat report.log; fail "a verdict expected"; }
if script -qec true /dev/null >/dev/null 2>&1; then # a terminal of 80 columns: the third run below the first two
    TERM=xterm script -qec "stty cols 80; '$programs/report' whole plain again --out terminal.html" /dev/null >terminal.log
    [ "$(grep -c '^run ' terminal.log)" -eq 2 ] || { cat terminal.log; fail "80 columns have room for two runs"; }
    awk '{ sub(/\r$/, "") } !/Look at/ && length > 80 { print; bad = 1 } END { exit bad }' terminal.log || fail "lines of 80 columns expected"
fi
for part in "Comparison of 3 runs" "Numbers of the latest epoch" ">whole<" "Latest samples"; do
    grep -qF -- "$part" several.html || fail "the comparison should have: $part"
done
refuses 1 "several.html: " report whole plain --out several.html
refuses 2 "--compare: two runs or more expected, got 1" report --compare whole
refuses 2 "the directory of a run expected" report
refuses 1 "/dev/full: " report whole --out /dev/full --overwrite
refuses 1 "nowhere/log.jsonl: cannot be opened" report nowhere --out none.html

# --- As they look ---------------------------------------------------------------------------------

# 40 columns: no line is longer, but for a warning or what is missing without Cairo, which are lines of their own.
if script -qec true /dev/null >/dev/null 2>&1; then
    # shellcheck disable=SC2086
    TERM=xterm script -qec "stty cols 40; '$programs/fashion_gan' $tiny --out narrow" /dev/null >narrow.log
    tr '\r' '\n' <narrow.log | sed "s/$(printf '\033')\[K//g" | sed -n '/^Training/,/^Done/p' | sed '1d;$d' |
        awk '!/^fashion_gan: (warning|losses.png is not drawn): / && length > 40 { print; bad = 1 } END { exit bad }' || fail "lines of 40 columns expected"
    grep -q 'D(x) [0-9.]*  D(G(z)) [0-9.]*' narrow.log || fail "D(x) and D(G(z)) expected"
fi
