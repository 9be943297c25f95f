#!/bin/sh
# check_reference.sh - docs/functions.md and docs/defaults.md agree with headers and --help, docs/objectives.md names
# every loss, penalty and verdict, the commands of docs/faq.md run, and links between documents work. Skipped without
# python3.
set -eu
cd "$(dirname "$0")/.."
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
BUILD=$(cd "${BUILD:-build}" && pwd)
export BUILD
. tests/programs.sh

# --- pages that are written from the headers

python3 "$root/scripts/reference-pages" --check || fail "pages of the reference are not up to date"
mkdir -p copy/lib copy/mpi
cp -R "$root/scripts" "$root/docs" "$root/include" copy
cp -R "$root/mpi/include" copy/mpi
cp "$root/lib/libgan.map" copy/lib
chmod -R u+w copy # the sources may be read-only
# stale SED-SCRIPT FILE SENTENCE - an edit that the check notices
stale() {
    cp "copy/$2" whole
    sed "$1" whole >"copy/$2"
    ! cmp -s whole "copy/$2" || fail "the edit $1 changes nothing in $2"
    ! python3 copy/scripts/reference-pages --check >said 2>&1 || fail "not noticed: $1 in $2"
    grep -qF -- "$3" said || { cat said; fail "it should say: $3"; }
    mv whole "copy/$2"
}
stale 's/decay of the first moment, 0 <= beta1 < 1\.  0\.9 /decay of the first moment, 0 <= beta1 < 1.  0.8 /' \
    include/gan/optimizer.h "gan_adam_desc.beta1: the comment says 0.8, GAN_ADAM_DESC_INIT 0.9"
stale 's/discriminator steps; 0: 4 /discriminator steps; 0: 5 /' include/gan/augment.h "docs/defaults.md is not"
stale 's/gan_pool_thread_count/gan_crowd_size/' include/gan/pool.h "in lib/libgan.map but in no header: gan_pool_thread_count"
stale 's/^GAN_API void gan_pool_destroy/GAN_API int gan_new(int x);\n&/' include/gan/pool.h "under no task, see TASKS: gan_new"

# --- which objective, which symptom

for name in $(sed -n 's/^ *\(GAN_LOSS_[A-Z0-9_]*\)[ ,].*/\1/p; s/^ *\(GAN_LOSS_[A-Z0-9_]*\)$/\1/p' "$root/include/gan/loss.h") \
    $(sed -n 's/^ *\(GAN_PENALTY_[A-Z0-9_]*\) = [1-9].*/\1/p' "$root/include/gan/penalty.h") \
    $(sed -n 's/^ *GAN_VERDICT_\([A-Z_]*\) = [1-9].*/\1/p' "$root/include/gan/health.h"); do
    grep -q "^|.*\`$name\`" "$root/docs/objectives.md" || fail "docs/objectives.md has no row with $name"
    count=$((${count:-0} + 1))
done
[ "$count" -ge 28 ] || fail "only $count losses, penalties and verdicts were found"

# --- questions and answers, on few images

run fashion_gan --silhouettes --limit 100 --epochs 1 --out first
run sample --model first/generator.safetensors --count 40 --pngs photos
sed -n 's/^    //p' "$root/docs/faq.md" >faq
[ "$(wc -l <faq)" -ge 10 ] || fail "docs/faq.md should have commands"
mkdir bin
for name in sample export; do ln -s "$programs/$name" bin/gan-$name; done # as they are installed
PATH=$PWD/bin:$programs:$PATH sh -eux faq >faq.log 2>&1 || { cat faq.log; fail "the commands of docs/faq.md do not run"; }
[ -s stop/best_checkpoint.safetensors ] || fail "faq.md says that the best checkpoint is kept"
png more.png
refuses 1 "batch" fashion_gan --resume --out one --epochs 3 --batch 50 # as it says

# --- links

python3 - "$root" <<'END' || fail "links that lead nowhere"
import glob, os, re, sys

root = sys.argv[1]
files = [p for p in glob.glob(root + "/*.md") + glob.glob(root + "/docs/*.md") + glob.glob(root + "/packaging/*.md")]


def prose(path):
    return re.sub(r"(?ms)^ *```.*?^ *```", "", open(path, encoding="utf-8").read())


def anchors(path):
    found = set()
    for heading in re.findall(r"(?m)^#+ (.*)$", prose(path)):
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w -]", "", text).replace(" ", "-"))
    return found


bad = checked = 0
for path in files:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        where = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
        checked += 1
        if not os.path.exists(where) or (anchor and where.endswith(".md") and anchor not in anchors(where)):
            print("%s: a link to %s" % (os.path.relpath(path, root), target))
            bad += 1
if checked < 200:
    sys.exit("only %d links were found" % checked)
sys.exit(bad > 0)
END
