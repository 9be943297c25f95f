#!/bin/sh
# check_figures_trial.sh - scripts/figures trains, measures and writes documents, in a quick trial that doesn't change
# the project's; existing measurements are not repeated. Skipped without python3.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
work=$GAN_TEST_DIR

fail() {
    echo "check_figures_trial: $*"
    exit 1
}

command -v python3 >/dev/null 2>&1 || { echo "no python3 here"; exit 77; }

case $BUILD in /*) build=$BUILD ;; *) build=$root/$BUILD ;; esac
programs=$work/build
mkdir -p "$programs"
ln -s "$build/examples" "$programs/examples"
git_state() { cat README.md docs/*.md docs/figures/*.json | cksum; }
before=$(git_state)
# trial LOG PART... - make the parts' figures, quickly
trial() {
    log=$work/$1.log
    shift
    BUILD=$programs python3 scripts/figures --quick "$@" >"$log" 2>&1 || { cat "$log"; fail "a quick trial of $* fails"; }
}
trial first guide ring experiments
[ "$before" = "$(git_state)" ] || fail "a quick trial changes the documents"
[ "$(grep -c 'examples/fashion_d*c*gan --' "$work/first.log")" -eq 10 ] || { cat "$work/first.log"; fail "10 trainings expected"; }
made=$programs/figures-quick/documents/docs
! cmp -s docs/experiments.md "$made/experiments.md" || fail "a quick trial writes nothing"
for name in experiment_linear experiment_dcgan ring_grid collapse fashion_gan; do
    ! cmp -s "docs/images/$name.png" "$made/images/$name.png" || fail "a quick trial draws no $name.png"
done
trial second experiments # what is done isn't done again
grep -q 'examples/evaluate --' "$work/second.log" || { cat "$work/second.log"; fail "the second time evaluates nothing"; }
! grep -q 'examples/fashion_d*c*gan --' "$work/second.log" || fail "the second time trains again"
