#!/bin/sh
# check_ring.sh - the ring of eight Gaussians: covered modes, the same on any number of threads, and invalid options.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh

run ring --only r1 --seeds 1 --steps 1000 --threads 1
[ "$(grep -c '^| r1            |  [78], [3-9][0-9]\.[0-9] % |' ring.log)" -eq 1 ] || { cat ring.log; fail "r1 should find most of the ring"; }
png ring.png grid.png
run ring --seeds 2 --steps 3 --threads 1 --out modes/one
mv ring.log one.log
run ring --seeds 2 --steps 3 --threads 3 --out modes/three
for pair in "one.log ring.log" "modes/one/ring.png modes/three/ring.png" "modes/one/grid.png modes/three/grid.png"; do
    # shellcheck disable=SC2086  # a pair is to be split
    cmp $pair || fail "ring: another result on 3 threads"
done
[ "$(grep -c '^| [a-z0-9-]*  *|  *[0-9]*,  *[0-9.]* % |  *[0-9]*,' ring.log)" -eq 20 ] || { cat ring.log; fail "ring should compare ten objectives twice"; }
for row in bce minimax relativistic least-squares hinge wgan wgan-gp r1 dragan hinge-sn; do says ring "| $row "; done
refuses 2 'there is no objective "r3"' ring --only r3
refuses 1 "ring.png: is not a directory" ring --only r1 --seeds 1 --steps 1 --out ring.png
