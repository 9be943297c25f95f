#!/bin/sh
# check_series.sh - series learns its oscillations, saves a generator and refuses invalid settings.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh

run series --epochs 4 --out lines
awk '/^floor/ { floor = $4 } /^epoch/ { off[++n] = $5 } END { exit !(n == 4 && floor < 0.4 && off[4] < 0.6 * off[1]) }' series.log ||
    { cat series.log; fail "the periods should be learnt"; }
png lines/series.png
[ -s lines/series.safetensors ] || fail "series should save its generator"
refuses 1 "lines/series.png: exists already" series --out lines
refuses 2 "--penalty-weight: a number from 0 to 1000 expected" series --penalty-weight -1
refuses 2 "--epochs: a whole number from 1 to 100000 expected" series --epochs 0
refuses 2 "unknown option --data" series --data lines
