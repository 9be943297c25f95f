#!/bin/sh
# check_sweep.sh - scripts/sweep does each run of a file once, also with several processes, retries those that fail,
# continues after an interruption, and writes a page and a table.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh

cat >runs.txt <<'END'
# two seeds, and another rate
--silhouettes --limit 200 --epochs 1 --batch 50 --hidden 16 --latent 8 --depth 1 --seed 1

--silhouettes --limit 200 --epochs 1 --batch 50 --hidden 16 --latent 8 --depth 1 --seed 2
--silhouettes --limit 200 --epochs 1 --batch 50 --hidden 16 --latent 8 --depth 1 --seed 2 --lr 0.001
END

# A program that fails once in each directory, before it has a checkpoint.
cat >flaky <<END
#!/bin/sh
for out; do [ "\${last:-}" != --out ] || break; last=\$out; done
echo x >>calls
[ -f "\$out.failed" ] || { : >"\$out.failed"; echo "no luck"; exit 1; }
exec "$programs/fashion_gan" --threads 1 "\$@"
END
chmod +x flaky
ln -s "$programs/report" report

# Three processes at once.
for process in 1 2 3; do
    "$root/scripts/sweep" ./flaky runs.txt swept >"out.$process" 2>"err.$process" &
done
wait
[ "$(wc -l <calls)" -eq 6 ] || fail "three runs that fail once each are six calls, not $(wc -l <calls)"
[ "$(cat err.? | grep -c "has failed 1 times: no luck")" -eq 3 ] || fail "each failure should be said"
for run in 001 002 003; do
    [ -f swept/$run/generator.safetensors ] || fail "run $run has left no generator"
    grep -q "^$run " swept/table.txt || fail "run $run is not in the table"
done
! cmp -s swept/001/generator.safetensors swept/002/generator.safetensors || fail "two seeds have one result"
! cmp -s swept/002/generator.safetensors swept/003/generator.safetensors || fail "two rates have one result"
[ -s swept/report.html ] || fail "there is no page"
[ -z "$(find swept -name '*.taken')" ] || fail "something is still taken"

# Again: nothing is left to do but the table.
"$root/scripts/sweep" ./flaky runs.txt swept >again
[ "$(wc -l <calls)" -eq 6 ] || fail "runs that are done were made again"
cmp -s again swept/table.txt || fail "the table should be the same"

# One that can't succeed is said, and the others are not kept from it.
{ echo "--no-such-option"; cat runs.txt; } >bad.txt
! "$root/scripts/sweep" "$programs/fashion_gan" bad.txt bad >bad.out 2>bad.err || fail "a run that fails is a failure"
grep -q "run 001 did not end well" bad.err || { cat bad.err; fail "it should say which"; }
[ -f bad/004/generator.safetensors ] || fail "the other runs should be there"
