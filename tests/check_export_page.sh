#!/bin/sh
# check_export_page.sh - exported pages: every kind of layer computed by their JavaScript, and as WebAssembly if clang
# and lld are installed, agrees with the library; in Chromium, pages of three generators are used by mouse and keyboard,
# fit a phone, have accessible names, make no requests, and are fast. Skipped without node; missing tools are named.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh
command -v node >/dev/null 2>&1 || { echo "skipped: no node"; exit 77; }

page() { node "$root/tests/js/page.js" "$@" || fail "page.js $*"; }
numbers_of() { GAN_TEST_MODEL=$1 "$build/tests/test_export_page" >numbers.log || { cat numbers.log; fail "no numbers of $1"; }; }
wasm=
if command -v clang >/dev/null 2>&1 && { command -v wasm-ld || command -v wasm-ld-14; } >/dev/null 2>&1; then wasm=1; fi

# --- Every kind of layer --------------------------------------------------------------------------

mkdir kinds
GAN_TEST_KINDS=$work/kinds "$build/tests/test_export_page" >kinds.log || { cat kinds.log; fail "the networks should be written"; }
for file in kinds/*.html; do
    kind=${file%.html}
    page numbers "$file" "$kind.json" 1e-5
    [ -n "$wasm" ] || continue
    run export --model "$kind.safetensors" --page "$kind-wasm.html" --weights float32
    says export "WebAssembly"
    page numbers "$kind-wasm.html" "$kind.json" 1e-5
done
[ -n "$wasm" ] || echo "not tried: WebAssembly, there is no clang with lld"

# --- Generators of the example programs -----------------------------------------------------------

few="--silhouettes --epochs 1 --limit 200 --quiet"
# shellcheck disable=SC2086  # options are to be split
{
    run fashion_gan $few --out linear
    run fashion_dcgan $few --out dcgan
    run fashion_cgan $few --out classes
}
for which in linear dcgan classes; do
    model=$which/generator.safetensors
    numbers_of "$model"
    for weights in float16 float32; do
        run export --model $model --page $which-js.html --weights $weights --javascript --overwrite
        tolerance=1e-3
        [ $weights = float16 ] || tolerance=1e-5
        page numbers $which-js.html $model.json $tolerance
        [ -n "$wasm" ] || continue
        run export --model $model --page $which-$weights.html --weights $weights --title "$which & <more>"
        page numbers $which-$weights.html $model.json $tolerance
    done
    [ -n "$wasm" ] || run export --model $model --page $which-float16.html --title "$which & <more>" --javascript
    run export --model $model --c --apart --name size --overwrite
    most=$(($(wc -c <size_weights.bin) / 2 * 4 / 3 + 60000))
    [ "$(wc -c <$which-float16.html)" -le $most ] || fail "the page has $(wc -c <$which-float16.html) bytes, at most $most expected"
done

# Without a compiler it is JavaScript, which is said.
run export --model linear/generator.safetensors --page without.html --clang no-such-clang
says export "the page computes in JavaScript"
refuses 1 "without.html: exists already" export --model linear/generator.safetensors --page without.html
refuses 1 "weights of a page are 2" export --model linear/generator.safetensors --page int8.html --weights int8

# --- In a browser ---------------------------------------------------------------------------------

browser=
for name in chromium chromium-browser google-chrome; do
    command -v $name >/dev/null 2>&1 && browser=$name && break
done
[ -n "$browser" ] || { echo "not driven: no Chromium"; exit 0; }
for name in linear dcgan classes; do
    mkdir driven-$name
    pictures=60
    [ $name != dcgan ] || pictures=20
    page drive $browser $name-float16.html $name/generator.safetensors.json 1e-3 $pictures driven-$name
done
mkdir driven-js
page drive $browser linear-js.html linear/generator.safetensors.json 1e-5 60 driven-js
