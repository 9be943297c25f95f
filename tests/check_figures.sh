#!/bin/sh
# check_figures.sh - numbers in the documents match the measurements: each generated block agrees with docs/figures,
# every picture has a program that makes it, and scripts that are named exist. Skipped without python3.
set -eu

root=$(pwd)
cd "$root"
work=$GAN_TEST_DIR

fail() {
    echo "check_figures: $*"
    exit 1
}

command -v python3 >/dev/null 2>&1 || { echo "no python3 here"; exit 77; }

# --- the documents as they are

python3 scripts/figures --check || fail "the documents differ"

for picture in docs/images/*.png; do
    name=$(basename "$picture")
    case $name in
        epoch_*) pattern='epoch_%d.png' ;;
        experiment_*) pattern='experiment_%s.png' ;;
        conditional_walk.png) pattern=$name ;;
        conditional_*) pattern='conditional_%s.png' ;;
        ring_*) pattern='ring_%s.png' ;;
        *) pattern=$name ;;
    esac
    grep -qF "$pattern" scripts/figures || fail "nothing makes $picture"
    grep -qF "images/$name" README.md docs/*.md || fail "no document shows $picture"
done

for target in $(grep -oh 'make [a-z]*-*[a-z]*`' README.md CONTRIBUTING.md docs/*.md | tr -d '`' | sed 's/^make //' | sort -u); do
    case $target in
        '' | check-* | figures-* | fuzz-*) continue ;; # names of pattern rules: see below
    esac
    grep -qE "^([a-z -]* )?$target( [a-z -]*)?:" Makefile || fail "documents name make $target, which isn't there"
done
for part in $(grep -oh 'make figures-[a-z]*' README.md docs/*.md | sed 's/.*-//' | sort -u); do
    python3 scripts/figures --help | grep -q "^  $part  " || fail "documents name make figures-$part, which isn't there"
done

# --- what an edit by hand, or a block that nothing makes, ends in

cp -R "$root/scripts" "$root/docs" "$root/README.md" "$work"
chmod -R u+w "$work" # the sources may be read-only
cd "$work"
# damaged DOCUMENT SED-SCRIPT SENTENCE - the check sees it
damaged() {
    cp "$1" whole
    sed "$2" whole >"$1"
    ! cmp -s whole "$1" || fail "the edit $2 changes nothing"
    ! python3 scripts/figures --check >said 2>&1 || fail "not seen: $2 in $1"
    grep -qF -- "$3" said || { cat said; fail "it should say: $3"; }
    mv whole "$1"
}
damaged docs/performance.md 's/^| `gan_train_step`, 1 thread | [0-9]/&9/' "docs/performance.md: not what docs/figures says"
damaged docs/guide.md 's/^| epoch | D loss |/| epoch | D loss | faces |/' "docs/guide.md: not what docs/figures says"
damaged docs/guide.md 's/figures: run,/figures: walk,/; s/end of run /end of walk /' "nothing makes the block walk"
damaged docs/guide.md '/end of run/d' "a block run that ends as collapse"
damaged README.md '/figures: speed/d' "begin or end a block, but not both"
damaged docs/figures/ring.json 's/"good": [0-9.]*/"good": 12.5/' "docs/experiments.md: not what docs/figures says"
python3 scripts/figures --check || fail "whole again, but not to the check"
