#!/bin/sh
# check_report_page.sh - in Chromium a run's report has no scroll bar at the width of a phone and of a desktop, and is not
# empty. Skipped without Chromium.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh

browser=
for name in chromium chromium-browser google-chrome; do
    command -v $name >/dev/null 2>&1 && browser=$name && break
done
[ -n "$browser" ] || { echo "skipped: no Chromium"; exit 77; }

run fashion_gan --silhouettes --limit 400 --hidden 16 --latent 8 --depth 1 --batch 20 --epochs 3 --evaluate-every 2 --out whole
# The page tells how wide it has become by its title, in a copy that may run a script.
for width in 500 1200; do
    sed -e 's/<meta http-equiv[^>]*>//' \
        -e 's|</body>|<script>document.title = document.documentElement.scrollWidth + "/" + innerWidth</script></body>|' \
        whole/report.html >measured.html
    timeout 100 $browser --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" --window-size=$width,900 \
        --dump-dom "file://$work/measured.html" >dom.html 2>browser.log || { cat browser.log; fail "$browser failed"; }
    found=$(sed -n 's/.*<title>\([0-9]*\/[0-9]*\)<.*/\1/p' dom.html | head -n 1)
    echo "$width pixels: the page has $found"
    [ -n "$found" ] && [ "${found%/*}" -le "${found#*/}" ] || fail "it scrolls sideways at $width pixels: $found"
    timeout 100 $browser --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" --hide-scrollbars \
        --window-size=$width,2000 --screenshot="$work/page-$width.png" "file://$work/whole/report.html" >browser.log 2>&1 ||
        { cat browser.log; fail "$browser failed"; }
    png page-$width.png
    [ "$(wc -c <page-$width.png)" -gt 20000 ] || fail "the picture of the page at $width pixels is empty"
done
