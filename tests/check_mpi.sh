#!/bin/sh
# check_mpi.sh - under each MPI that is installed, runs of any number of ranks have the bits of one process without MPI;
# a rank that is killed ends the others within seconds, and the run continues with another number of ranks, with the
# same bits. Skipped without an MPI. STEPS=200 RANKS="1 2 4 8" THREADS="1 2" KILLS=50 is the whole table of
# docs/cluster.md.
set -eu
cd "$(dirname "$0")/.."
build=$(cd "${BUILD:-build}" && pwd)
steps=${STEPS:-12}
ranks=${RANKS:-2 4}
threads=${THREADS:-1}
kills=${KILLS:-2}
sources=$PWD
mkdir -p "${GAN_TEST_DIR:=$build/check/check_mpi.d}"
cd "$GAN_TEST_DIR"

fail() {
    echo "check_mpi: $*" >&2
    exit 1
}

# start MPI N COMMAND... - by the mpirun of that MPI, with more ranks than there are processors.
start() {
    mpi=$1 n=$2
    shift 2
    case $mpi in
    openmpi)
        OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
            mpirun.openmpi --oversubscribe --bind-to none --mca btl_vader_single_copy_mechanism none -n "$n" "$@"
        ;;
    mpich) mpirun.mpich -bind-to none -n "$n" "$@" ;;
    esac
}

# make_trial MPI MODULE - the three runs of tests/mpi/trial.c, linked to an MPI and to libgan's static library.
make_trial() {
    # shellcheck disable=SC2046,SC2086  # flags are to be split
    ${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -O1 -pthread ${SAN:+-fsanitize=$SAN} -I"$sources/include" -I"$sources/mpi/include" \
        $(pkg-config --cflags "$2") -o "trial-$1" "$sources/tests/mpi/trial.c" "$sources/tests/mpi/games.c" "$sources/mpi/gan_mpi.c" "$build/libgan.a" \
        $(PKG_CONFIG_PATH=$build pkg-config --libs --static libgan-uninstalled | sed 's/-lgan //') \
        $(pkg-config --libs "$2") -lm || fail "trial.c does not build with $1"
}

# same WHAT - the weights of the latest run are those of the single process.
same() { cmp -s "alone-$run" weights || fail "$1 has other weights than one process"; }

found=
for mpi in openmpi:ompi-c mpich:mpich; do
    command -v "mpirun.${mpi%:*}" >/dev/null && pkg-config --exists "${mpi#*:}" || continue
    found="$found ${mpi%:*}"
    make_trial "${mpi%:*}" "${mpi#*:}"
done
[ "$found" ] || {
    echo "skipped: neither Open MPI nor MPICH is here"
    exit 77
}

# --- The same bits --------------------------------------------------------------------------------

for run in linear dcgan conditional; do
    "./trial-${found##* }" $run "$steps" 2 8 "alone-$run" >/dev/null
    echo "$run, one process: $(sha256sum <"alone-$run" | cut -c 1-16)"
    for mpi in $found; do
        for n in $ranks; do
            for t in $threads; do
                rm -f weights
                start "$mpi" "$n" "./trial-$mpi" $run "$steps" "$t" 8 weights >out 2>&1 || { cat out; fail "$run failed with $mpi"; }
                same "$run with $mpi, $n ranks of $t threads,"
                echo "  $mpi, $n ranks, $t threads: $(sha256sum <weights | cut -c 1-16)"
            done
        done
    done
done

# --- A rank that is killed ------------------------------------------------------------------------

# runs PROCESS - it is there, and no zombie that nobody has waited for.
runs() { case $(ps -o stat= -p "$1") in '' | Z*) return 1 ;; esac; }

# kill_one MPI N - start the run, kill one of its ranks after a moment, and see that all are gone soon.
kill_one() {
    rm -f process-*
    start "$1" "$2" "./trial-$1" $run 100000 1 8 weights "checkpoint-$1" >out 2>&1 &
    job=$!
    until [ -s process-$(($2 - 1)) ] && [ -f "checkpoint-$1" ]; do
        kill -0 $job 2>/dev/null || { cat out; fail "$1: the run with $2 ranks does not start"; }
        sleep 0.1
    done
    sleep "$(awk -v seed="$round$2" 'BEGIN { srand(seed); printf "%.2f", 2 * rand() }')"
    kill -9 "$(cat process-$(($2 - 1)))"
    began=$(date +%s)
    ! wait $job || fail "$1: a killed rank is no failure"
    took=$(($(date +%s) - began))
    [ "$took" -le "$slowest" ] || slowest=$took
    [ "$took" -le 20 ] || fail "$1: the others were there $took seconds after one was killed"
    grep -qi "signal 9\|killed\|BAD TERMINATION" out || { cat out; fail "$1 does not say that a rank was killed"; }
    for process in process-*; do
        ! runs "$(cat "$process")" || sleep 1
        ! runs "$(cat "$process")" || fail "$1: rank ${process#process-} is still there after one was killed"
    done
}

# steps_of CHECKPOINT - how many steps it was saved after.
steps_of() { tr -d '\000' <"$1" | grep -a -o '"d_steps":"[0-9]*"' | head -n 1 | tr -dc 0-9; }

# follow MPI N - one process that nobody kills trains up to the same step, and has the same checkpoint.
follow() {
    "./trial-$1" $run "$(steps_of "checkpoint-$1")" 2 8 weights "followed-$1" >/dev/null
    cmp -s "followed-$1" "checkpoint-$1" ||
        fail "$1: after kill $round, of $2 ranks, the checkpoint of step $(steps_of "checkpoint-$1") is not that of one process"
}

run=conditional
for mpi in $found; do
    rm -f "checkpoint-$mpi" "followed-$mpi"
    slowest=0 round=0
    while [ $round -lt "$kills" ]; do
        round=$((round + 1))
        kill_one "$mpi" $((1 << (round % 3 + 1)))
        follow "$mpi" $((1 << (round % 3 + 1)))
    done
    [ -f "checkpoint-$mpi" ] || fail "$mpi: no checkpoint was saved before the kills"
    last=$(($(steps_of "checkpoint-$mpi") + 5))
    "./trial-$mpi" $run $last 2 8 "alone-$run" >/dev/null
    cp "checkpoint-$mpi" again
    start "$mpi" 2 "./trial-$mpi" $run $last 1 8 weights again >out 2>&1 || { cat out; fail "$mpi: does not go on"; }
    same "$mpi: a run that was killed $kills times"
    echo "$mpi: killed $kills times up to step $last, the others gone within $slowest s, each checkpoint and the last weights those of one process"
done

# --- The programs ---------------------------------------------------------------------------------

# They open the libgan_mpi that was built, which belongs to one of these.
mpi=
for candidate in $found; do
    case $candidate in openmpi) library=libmpi.so ;; mpich) library=libmpich ;; esac
    [ ! -f "$build/libgan_mpi.so" ] || ! ldd "$build/libgan_mpi.so" | grep -q "$library" || mpi=$candidate
done
[ "$mpi" ] && [ -x "$build/examples/fashion_gan" ] || exit 0
unset GAN_DATA_DIR
settings="--silhouettes --limit 490 --batch 50 --hidden 16 --latent 8 --depth 1 --threads 1 --quiet"
rm -rf one several

# shellcheck disable=SC2086  # settings are to be split
"$build/examples/fashion_gan" $settings --epochs 4 --shards 8 --out one >out 2>&1 || { cat out; fail "fashion_gan fails alone"; }
# shellcheck disable=SC2086
start "$mpi" 2 "$build/examples/fashion_gan" $settings --epochs 2 --out several >out 2>&1 || { cat out; fail "fashion_gan fails with $mpi"; }
start "$mpi" 4 "$build/examples/fashion_gan" --quiet --threads 1 --resume --epochs 4 --out several >out 2>&1 ||
    { cat out; fail "fashion_gan does not go on with $mpi"; }
for file in generator discriminator checkpoint; do
    cmp "one/$file.safetensors" "several/$file.safetensors" || fail "fashion_gan on several processes has another $file"
done
[ "$(find one | sed s/one// | sort)" = "$(find several | sed s/several// | sort)" ] || fail "it leaves other files"
! start "$mpi" 2 "$build/examples/fashion_gan" --quiet --epochs 1 --out several >out 2>&1 || fail "it replaces a run"
grep -q "has an earlier run's" out || { cat out; fail "it should say why not"; }
echo "fashion_gan with $mpi: the same files as alone"

# Local steps: a run of its own, the same each time.  An epoch of 10 is no multiple of 3 steps; its picture is drawn from
# the mean of the ranks' weights, which is what is saved.
for name in local again exact; do
    rm -rf $name
    case $name in local) steps=3 ;; again) steps="3 --keep-best" ;; exact) steps=1 ;; esac
    # shellcheck disable=SC2086
    start "$mpi" 2 "$build/examples/fashion_gan" $settings --epochs 2 --local-steps $steps --evaluate-every 1 --out $name >out 2>&1 ||
        { cat out; fail "fashion_gan --local-steps $steps fails with $mpi"; }
done
cmp local/generator.safetensors again/generator.safetensors || fail "two runs with local steps differ"
! cmp -s local/generator.safetensors exact/generator.safetensors || fail "local steps change nothing"
"$build/examples/sample" --model local/generator.safetensors --count 100 --columns 10 --out local.png --overwrite >out 2>&1 ||
    { cat out; fail "sample fails"; }
cmp local.png local/fake_images-002.png || fail "the picture of an epoch is not drawn from the mean of the ranks' weights"
start "$mpi" 2 "$build/examples/fashion_gan" --quiet --threads 1 --resume --epochs 3 --out local >out 2>&1 ||
    { cat out; fail "a run with local steps does not go on with $mpi"; }
! start "$mpi" 4 "$build/examples/fashion_gan" --quiet --threads 1 --resume --epochs 4 --out local >out 2>&1 ||
    fail "a run with local steps goes on with another number of processes"
grep -q "ranks is 2 in the file, 4 here" out || { cat out; fail "it should name the number of ranks"; }
echo "fashion_gan --local-steps with $mpi: a run of its own, the same each time"

# The program of docs/cluster.md.
# shellcheck disable=SC2046  # flags are to be split
${CC:-cc} -std=c11 ${SAN:+-fsanitize=$SAN} -I"$sources/include" -I"$sources/mpi/include" \
    $(pkg-config --cflags "$([ "$mpi" = mpich ] && echo mpich || echo ompi-c)") "$sources/mpi/host.c" -o host -L"$build" -lgan -lgan_mpi \
    -Wl,-rpath,"$build" || fail "host.c does not build"
rm -f host.gan
start "$mpi" 2 ./host >out 2>&1 || { cat out; fail "host.c fails"; }
start "$mpi" 4 ./host >>out 2>&1 || { cat out; fail "host.c fails"; }
[ "$(sed -n 's/^[24] ranks, 32 steps, //p' out | sort -u | wc -l)" -eq 1 ] && [ -s host.gan ] || { cat out; fail "host.c trains another run"; }
