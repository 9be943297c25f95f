# programs.sh - what the checks of the example programs have in common.  Sourced from the root of the sources; leaves the
# check in a directory of its own, where there is no Fashion-MNIST: the library's silhouettes take its place.
# shellcheck shell=sh

root=$(pwd)
build=$(cd "${BUILD:-build}" && pwd)
programs=$build/examples
check=$(basename "$0" .sh)
mkdir -p "${GAN_TEST_DIR:=$build/check/$check.d}"
work=$(cd "$GAN_TEST_DIR" && pwd)
unset GAN_DATA_DIR
export GAN_NUM_THREADS=1 # other checks run beside this one
cd "$work"
rm -rf ./*
echo "leak:libfontconfig" >suppressed # what Cairo's fonts keep until the end of the process
export LSAN_OPTIONS="suppressions=$work/suppressed:print_suppressions=0"

fail() {
    echo "$check: $*" >&2
    exit 1
}

# run NAME OPTION... - run a program, which must succeed, with what it prints in NAME.log.
run() {
    name=$1
    shift
    "$programs/$name" "$@" >"$name.log" 2>&1 || {
        status=$?
        cat "$name.log"
        fail "$name $* ends with $status"
    }
}

# refuses STATUS SENTENCE NAME OPTION... - it must end with STATUS and say SENTENCE.
refuses() {
    wanted=$1 sentence=$2 name=$3
    shift 3
    status=0
    "$programs/$name" "$@" >refused.log 2>&1 || status=$?
    grep -qF -- "$sentence" refused.log || {
        cat refused.log
        fail "$name $* should say: $sentence"
    }
    [ "$status" -eq "$wanted" ] || fail "$name $* ends with $status, not $wanted"
}

says() { grep -qF -- "$2" "$1.log" || { cat "$1.log"; fail "$1 should say: $2"; }; }

# png FILE... - each is there and has the first bytes of a PNG.
png() {
    for file; do
        [ "$(od -An -tx1 -N8 "$file" | tr -d ' \n')" = 89504e470d0a1a0a ] || fail "$file is no PNG"
    done
}

# begins FILE LINES - wait until a file has that many lines.
begins() {
    for _ in $(seq 200); do
        [ -f "$1" ] && [ "$(wc -l <"$1")" -ge "$2" ] && return 0
        sleep 0.1
    done
    fail "$1 should have $2 lines after 20 seconds"
}

# Shells let what they start in the background ignore Ctrl-C, as the programs respect: started by this one they don't.
${CC:-cc} -x c -o heeding - <<'END'
#include <signal.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    return argc < 2 || execv(argv[1], argv + 1) != 0;
}
END

# trained_model RUN - the run of a small generator, for what needs one.
trained_model() { run fashion_gan --silhouettes --epochs 3 --limit 1000 --hidden 64 --seed 5 --threads 1 --out "$1" --quiet; }

# trained_classifier - classifier.safetensors, for what compares by it.
trained_classifier() { run fashion_classifier --silhouettes --epochs 2 --limit 1000 --base 4 --threads 1 --quiet; }

# lasted BEGIN WHAT - for the log.
lasted() { echo "$2: $(($(date +%s) - $1)) s"; }
