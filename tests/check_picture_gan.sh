#!/bin/sh
# check_picture_gan.sh - picture_gan reads pictures of any kind, chooses settings, trains, and refuses invalid settings.
set -eu
cd "$(dirname "$0")/.."
corpus=$(pwd)/tests/corpus
. tests/programs.sh

trained_model new/run
model=new/run/generator.safetensors
small="--base 4 --batch 8 --epochs 1 --threads 1"

# --- A directory: what is found, what is chosen ---------------------------------------------------

mkdir -p photos/below # 18 PNG pictures, 5 of them the same, a JPEG, and two files that are none
run sample --model $model --count 9 --out nine.png
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do run sample --model $model --count 1 --seed $i --out photos/$i.png; done
for i in 1 2 3 4 5; do cp nine.png photos/below/nine$i.PNG; done
cp "$corpus"/jpeg/kind_baseline_420.jpg photos/below/photo.png
cp "$corpus"/png/kind_rgb_8.png photos/colour
echo "no picture" >photos/below/note.png
head -c 100 nine.png >photos/torn.png

# A library without libjpeg-turbo says so.
mkdir jpegs && cp "$corpus"/jpeg/kind_baseline_420.jpg jpegs
pictures=19
"$programs/picture_gan" --data jpegs --dry-run >/dev/null 2>&1 || pictures=18

run picture_gan --data photos --dry-run --out dry
says picture_gan "Data: $pictures colour pictures of photos (directory of pictures)"
[ $pictures -eq 19 ] || says picture_gan "left out: photos/below/photo.png: a JPEG picture, which this libgan was built without; install libjpeg"
says picture_gan "4 exact duplicates, such as below/nine1.PNG and below/nine2.PNG"
says picture_gan "left out: photos/below/note.png: "
says picture_gan "left out: photos/torn.png: "
says picture_gan "  --augment translation,color,cutout "
says picture_gan "  --repeat $(((1999 + pictures) / pictures)) "
says picture_gan "unconditional: the generator makes any of them"
says picture_gan "MB for the training step"
says picture_gan "Nothing was written"
[ ! -e dry ] || fail "--dry-run should write nothing"
refuses 2 "--dry-run is for a run that has not begun, not for --resume" picture_gan --data photos --dry-run --resume

# shellcheck disable=SC2086
for size in 16 32 64; do
    run picture_gan --data photos --size $size --channels 3 --flip --repeat 1 $small --epochs 2 --out colour$size
    says picture_gan "  --size $size "
    png colour$size/fake_images-002.png
    run sample --model colour$size/generator.safetensors --count 5 --raw colour.idx --out colour.png --overwrite
    [ "$(wc -c <colour.idx)" -eq $((20 + 5 * 3 * size * size)) ] || fail "colour.idx has another length"
    run interpolate --model colour$size/checkpoint.safetensors --out colour.png --overwrite
done
# The same bits on 2 threads and after a break; what was chosen is in the settings.
# shellcheck disable=SC2086
run picture_gan --data photos --size 32 --channels 3 --flip --repeat 1 $small --threads 2 --out colour --quiet
[ "$(wc -l <picture_gan.log)" -eq "$(grep -c 'left out\|without Cairo\|warning:' picture_gan.log)" ] || fail "--quiet should leave the warnings only"
run picture_gan --resume --epochs 2 --out colour --quiet
cmp colour/checkpoint.safetensors colour32/checkpoint.safetensors || fail "picture_gan: other bits on 2 threads"
for setting in "size = 32" "augment = translation,color,cutout" "adaptive = no" "repeat = 1"; do
    grep -qx "$setting" colour/settings.txt || fail "settings.txt should have $setting"
done
# Transparent places: what lies behind them can be chosen.
mkdir glass && cp "$corpus"/png/kind_rgba_8.png "$corpus"/png/kind_rgb_8.png glass
for alpha in drop white; do
    # shellcheck disable=SC2086
    run picture_gan --data glass --size 16 --alpha $alpha --repeat 1 $small --out glass-$alpha
done
! cmp -s glass-drop/real_images.png glass-white/real_images.png || fail "--alpha white should change a transparent picture"
# shellcheck disable=SC2086
run picture_gan --data photos --size 30 --limit 3 --augment none --repeat 3 $small --out grey
says picture_gan "Data: 3 grey pictures"
says picture_gan "  --augment none                        as given"

python3 -c '
head = "{\"descr\": \"|u1\", \"fortran_order\": False, \"shape\": (9, 30, 40, 3), }"
head += " " * (63 - (10 + len(head)) % 64) + "\n"
data = bytes((7 * i + i // 120) % 256 for i in range(9 * 30 * 40 * 3))
open("thirty.npy", "wb").write(b"\x93NUMPY\1\0" + len(head).to_bytes(2, "little") + head.encode() + data)'

# Rectangles, and sides of any length: each size comes out of the generator, from files and from arrays.
for size in "45 30" "9 8" "23 61"; do
    # shellcheck disable=SC2086  # to be split
    set -- $size
    for data in photos thirty.npy; do
        # shellcheck disable=SC2086
        run picture_gan --data $data --size $1 --width $2 --channels 3 --repeat 1 $small --out shape
        run sample --model shape/generator.safetensors --count 2 --raw shape.idx --out shape.png --overwrite
        [ "$(od -An -tu1 -j8 -N12 shape.idx | tr -s ' \n' ' ')" = " 0 0 0 3 0 0 0 $1 0 0 0 $2 " ] ||
            { od -An -tu1 -N20 shape.idx; fail "--size $1 --width $2 of $data: samples of another shape"; }
        # shellcheck disable=SC2086
        run picture_gan --resume --epochs 2 --out shape --quiet
        rm -rf shape
    done
done
refuses 2 "--width: 0 or 8 to 256 expected, got 5" picture_gan --data photos --width 5

# --- Classes --------------------------------------------------------------------------------------

mkdir -p classes/thin classes/wide
for i in 1 2 3 4 5 6; do cp photos/$i.png classes/thin/; done
for i in 7 8 9 10; do cp photos/$i.png classes/wide/; done
# shellcheck disable=SC2086
run picture_gan --data classes --repeat 2 $small --out conditional
says picture_gan "2 classes of 4 to 6 pictures"
says picture_gan "conditional: the generator is told the class"
run sample --model conditional/generator.safetensors --class wide --count 4 --out wide.png
# The order of the classes can be given: a name without pictures keeps its number, others are left out.
mkdir classes/other && cp photos/11.png classes/other/
# shellcheck disable=SC2086
run picture_gan --data classes --class-names wide,none,thin --repeat 2 $small --out ordered
says picture_gan "3 classes of 4 to 6 pictures, 1 of them empty"
says picture_gan "left out: classes/other: "
run sample --model ordered/generator.safetensors --class wide --count 4 --out wide-2.png
run sample --model ordered/generator.safetensors --class 0 --count 4 --out wide-0.png
cmp wide-2.png wide-0.png || fail "wide should be class 0"
refuses 1 "classes 0 and 1 are both called wide" picture_gan --data classes --class-names wide,wide --out refused
rm -r classes/other
# shellcheck disable=SC2086
run picture_gan --data classes --unconditional --repeat 2 $small --out any
refuses 1 "" sample --model any/generator.safetensors --class wide --count 4 --out wide-any.png

# --- Files of arrays ------------------------------------------------------------------------------

python3 - <<'PYTHON'
import os, random, struct
random.seed(3)
def npy(path, shape, kind, data):
    head = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
    head += " " * (63 - (10 + len(head)) % 64) + "\n"
    open(path, "wb").write(b"\x93NUMPY\x01\0" + struct.pack("<H", len(head)) + head.encode() + data)
def noise(n): return bytes(random.randrange(256) for _ in range(n))
npy("nhwc.npy", (12, 20, 30, 3), "|u1", noise(12 * 20 * 30 * 3))
npy("labels.npy", (12,), "|u1", bytes(i % 3 for i in range(12)))
npy("floats.npy", (6, 16, 16), "<f4", struct.pack("<1536f", *(random.uniform(-1, 1) for _ in range(1536))))
npy("wrong.npy", (6, 16, 16), "<f4", struct.pack("<1536f", *(random.uniform(0, 900) for _ in range(1536))))
npy("flat.npy", (6, 16), "|u1", noise(96))
npy("few.npy", (150, 16, 16), "|u1", noise(150 * 256))
npy("many.npy", (3000, 16, 16), "|u1", noise(3000 * 256))
os.mkdir("cifar-10-batches-bin") # a stand-in in the format of CIFAR-10's archive, each class of a colour of its own
names = "airplane automobile bird cat deer dog frog horse ship truck".split()
open("cifar-10-batches-bin/batches.meta.txt", "w").write("\n".join(names) + "\n\n")
def picture(label): return bytes((label * (c + 3) * 20 + random.randrange(32)) % 256 for c in range(3) for _ in range(1024))
for part in ["data_batch_%d" % i for i in range(1, 6)] + ["test_batch"]:
    open("cifar-10-batches-bin/%s.bin" % part, "wb").write(b"".join(bytes([i % 10]) + picture(i % 10) for i in range(20)))
open("cifar.bin", "wb").write(b"".join(bytes([i % 10]) + noise(3072) for i in range(30)))
open("pictures-idx3-ubyte", "wb").write(struct.pack(">4I", 0x0803, 8, 30, 24) + noise(8 * 30 * 24))
open("text.txt", "w").write("no pictures\n")
names = ["ankle boot", "bag"] # a table as on Kaggle
open("rows.csv", "w").write("label," + ",".join("pixel%d" % i for i in range(256)) + "\n" + "".join(
    names[i % 2] + "," + ",".join(str(random.randrange(256)) for _ in range(256)) + "\n" for i in range(40)))
PYTHON
# shellcheck disable=SC2086
{
    run picture_gan --data nhwc.npy --labels labels.npy --repeat 1 $small --out npy
    says picture_gan "Data: 12 colour pictures of nhwc.npy (NumPy array)"
    says picture_gan "width 30, height 20"
    says picture_gan "3 classes of 4 to 4 pictures"
    says picture_gan "  --size 20 "
    run sample --model npy/generator.safetensors --class "class 2" --count 2 --out of-class.png
    run picture_gan --data nhwc.npy --labels labels.npy --class-names bird,fish,horse --repeat 1 $small --out named
    run sample --model named/generator.safetensors --class horse --count 2 --out horse.png
    cmp of-class.png horse.png || fail "horse should be class 2"
    refuses 1 "class_names, but no labels" picture_gan --data nhwc.npy --class-names bird,fish,horse --out refused
    run picture_gan --data nhwc.npy --fit pad --channels 1 --repeat 1 $small --out padded
    says picture_gan "Data: 12 grey pictures"
    says picture_gan "  --size 30 "
    run picture_gan --data floats.npy --repeat 1 $small --out floats
    run picture_gan --data cifar.bin --repeat 1 $small --out cifar
    says picture_gan "10 classes of 3 to 3 pictures"
    run picture_gan --data cifar-10-batches-bin --repeat 1 $small --out cifar10 # one command: no more is needed
    says picture_gan "Data: 100 colour pictures of cifar-10-batches-bin (CIFAR)"
    says picture_gan "10 classes of 10 to 10 pictures"
    says picture_gan "  --size 32 "
    says picture_gan "conditional: the generator is told the class"
    run sample --model cifar10/generator.safetensors --class frog --count 4 --out frogs.png
    run picture_gan --data rows.csv --repeat 1 $small --out rows
    says picture_gan "Data: 40 grey pictures of rows.csv (CSV table)"
    says picture_gan "2 classes of 20 to 20 pictures"
    says picture_gan "  --size 16 "
    run sample --model rows/generator.safetensors --class "ankle boot" --count 4 --out boots.png
    run picture_gan --data pictures-idx3-ubyte --repeat 1 $small --out idx
    says picture_gan "  --size 24 "
}
refuses 1 "pixels from 0 to 1, -1 to 1 or 0 to 255 expected, found" picture_gan --data wrong.npy --out refused
refuses 1 "grey or RGB pictures expected" picture_gan --data flat.npy --out refused
refuses 1 "a directory of pictures, or an .npy, .npz, IDX, CIFAR or CSV file expected" picture_gan --data text.txt --out refused
refuses 1 "--labels: the class labels of CIFAR are in the data itself" picture_gan --data cifar.bin --labels labels.npy --out refused
refuses 1 "nowhere: there is no such directory or file" picture_gan --data nowhere --out refused
refuses 2 "--data: a directory of pictures, or a file of them, expected" picture_gan
refuses 2 "--channels: 1 (grey) or 3 (colour) expected, got 2" picture_gan --data photos --channels 2
refuses 2 "--out photos/run: is inside --data photos" picture_gan --data photos --out photos/run

# --- The same data for comparisons ----------------------------------------------------------------

# What can be trained on can be evaluated with: files, class directories, formats in any mixture.
alone="--classifier nowhere.safetensors"
# shellcheck disable=SC2086
{
    run evaluate --real cifar-10-batches-bin --model cifar10/generator.safetensors --count 40 $alone
    says evaluate "40 generated, 40 real and 40 held-out real pictures"
    grep -q "^frog  " evaluate.log || { cat evaluate.log; fail "the classes of CIFAR should be counted by their names"; }
    run evaluate --real rows.csv --model rows/generator.safetensors --count 20 $alone
    grep -q "^ankle boot  " evaluate.log || { cat evaluate.log; fail "the classes of a table should be counted by their names"; }
    run evaluate --real few.npy --generated many.npy --count 50 $alone
    mkdir -p pool/one pool/two
    for i in 1 2 3 4 5 6 7 8 9 10 11 12; do cp photos/$i.png pool/one/ && cp photos/$i.png pool/two/other$i; done
    cp "$corpus"/jpeg/kind_*.jpg pool/two/
    echo "no picture" >pool/two/note.txt
    run evaluate --real pool --model colour32/generator.safetensors --fit pad --count 10 $alone
    says evaluate "left out: pool/two/note.txt: "
    grep -q "^two  " evaluate.log || { cat evaluate.log; fail "directories should be classes"; }
    run sample --model colour32/generator.safetensors --count 2 --nearest pool --out nearest.png
    says sample "the nearest real picture is "
}

# --- Held-out pictures ----------------------------------------------------------------------------

# Noise can only be known by heart: 50 pictures are, 2,900 are not.
watched="--held-out 100 --base 8 --batch 10 --augment none --lr 0.001 --d-lr 0.002 --threads 1 --keep-best"
# shellcheck disable=SC2086
{
    run picture_gan --data few.npy $watched --repeat 100 --epochs 6 --out by-heart
    says picture_gan "  --held-out 100                        as given"
    says picture_gan "D_OVERFIT: the discriminator has memorised its training samples: it ranks them above held-out ones in "
    says picture_gan "and 50 held-out ones are "
    run picture_gan --data many.npy $watched --repeat 1 --epochs 9 --out by-nature
    if grep -q D_OVERFIT picture_gan.log; then cat picture_gan.log; fail "2,900 pictures of noise can't be known by heart"; fi
}
run picture_gan --data many.npy --dry-run --keep-best --out dry
says picture_gan "  --held-out 0                          there are too few pictures to spare any"
says picture_gan "  --adaptive yes                        as strong as overfitting asks"
run picture_gan --data many.npy --dry-run --adaptive=no --out dry # what is chosen can be switched off
says picture_gan "  --adaptive no                         as given"
run picture_gan --data many.npy --dry-run --augment cutout --out dry
says picture_gan "  --adaptive no                         as strong from the first step on"
refuses 1 "--held-out 150: fewer than all 150 pictures expected" picture_gan --data few.npy --held-out 150 --out refused
