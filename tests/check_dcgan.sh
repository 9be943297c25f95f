#!/bin/sh
# check_dcgan.sh - fashion_dcgan works as documented, and refuses invalid settings.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh

trained_model new/run
model=new/run/generator.safetensors
trained_classifier
run sample --model $model --count 9 --out nine.png
run fashion_dcgan --silhouettes --epochs 2 --limit 700 --base 4 --seed 5 --threads 1 --out deep
says fashion_dcgan "Data: 700 silhouettes drawn by the library"
says fashion_dcgan "[8, 7, 7]"
png deep/real_images.png deep/fake_images-001.png deep/fake_images-002.png
run fashion_dcgan --silhouettes --epochs 1 --limit 700 --base 4 --seed 5 --threads 2 --out deep_again --quiet
run fashion_dcgan --epochs 2 --threads 1 --out deep_again --quiet --resume
for file in generator discriminator checkpoint; do
    cmp deep/$file.safetensors deep_again/$file.safetensors || fail "fashion_dcgan --resume gives another $file"
done
for file in generator checkpoint; do
    run sample --model deep/$file.safetensors --count 10 --out deep-$file.png
    run interpolate --model deep/$file.safetensors --points 2 --out deep-way-$file.png
done
cmp deep-generator.png deep-checkpoint.png && cmp deep-way-generator.png deep-way-checkpoint.png
refuses 1 "a latent vector as its input expected, found an input of 1 x 784 numbers" sample --model deep/discriminator.safetensors
run evaluate --silhouettes --model deep/generator.safetensors --count 100
mkdir -p wide # two pictures of 3x5
printf '\0\0\10\3\0\0\0\2\0\0\0\3\0\0\0\5%030d' 0 >wide/train-images-idx3-ubyte
for game in "wasserstein --penalty wgan-gp" "hinge --spectral-norm"; do
    # shellcheck disable=SC2086
    run fashion_dcgan --silhouettes --epochs 1 --limit 100 --base 4 --out deep_game --overwrite --loss $game
    [ "$(grep -c batch_norm fashion_dcgan.log)" -eq 2 ] || fail "--loss $game: batch_norm belongs to the generator alone"
done
for network in resnet r3gan "resnet --attention --spectral-norm --loss hinge"; do
    # shellcheck disable=SC2086
    run fashion_dcgan --silhouettes --epochs 2 --limit 100 --base 4 --seed 5 --threads 1 --network $network --out other --overwrite
    # shellcheck disable=SC2086
    run fashion_dcgan --silhouettes --epochs 1 --limit 100 --base 4 --seed 5 --threads 2 --network $network --out other_again --overwrite --quiet
    run fashion_dcgan --epochs 2 --out other_again --quiet --resume
    cmp other/checkpoint.safetensors other_again/checkpoint.safetensors || fail "--network $network: --resume gives another checkpoint"
done
refuses 1 "--attention: is for --network resnet" fashion_dcgan --silhouettes --limit 100 --attention --out none
refuses 1 "pictures of at least 8 x 8 pixels expected, found 3 x 5" fashion_dcgan --data wide --out wide_out

# Few images: everything at once, continued; the weights of another run, some of them kept.
few="--limit 60 --batch 16 --base 4 --augment color,translation,cutout --lecam 0.1 --consistency 2"
# shellcheck disable=SC2086
run fashion_dcgan --silhouettes --epochs 3 $few --seed 5 --adaptive --ema-images 100 --penalty r1 --penalty-end 0.1 --out moving
refuses 1 "--epochs is 4, but the run was started with 3" fashion_dcgan --out moving --resume --epochs 4
# shellcheck disable=SC2086
run fashion_dcgan --silhouettes --epochs 3 $few --seed 5 --threads 1 --out few
grep -q '"augment_sign":' moving/log.jsonl || fail "the log should have what adaptive augmentation follows"
grep -q '"lecam":' few/log.jsonl && grep -q '"consistency":' few/log.jsonl || fail "the log should have the regularisation"
# shellcheck disable=SC2086
run fashion_dcgan --silhouettes --epochs 1 $few --seed 5 --threads 2 --out few_again --quiet
run fashion_dcgan --epochs 3 --threads 1 --out few_again --quiet --resume
cmp few/checkpoint.safetensors few_again/checkpoint.safetensors || fail "augmentation: --resume gives another checkpoint"
run fashion_dcgan --silhouettes --epochs 1 --limit 60 --base 4 --lr 0 --from deep/checkpoint.safetensors --out transferred
says fashion_dcgan "tensors of the generator from deep/checkpoint.safetensors"
for net in generator discriminator; do # rates of 0: nothing but the running statistics has moved
    python3 - deep/$net.safetensors transferred/$net.safetensors <<'PYTHON' || fail "--from should take the $net's weights"
import json, struct, sys

def weights(path):
    data = open(path, "rb").read()
    n, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + n])
    return {k: data[8 + n + v["data_offsets"][0]:8 + n + v["data_offsets"][1]] for k, v in header.items()
            if k != "__metadata__" and "running" not in k and "num_batches" not in k}

a, b = (weights(path) for path in sys.argv[1:])
sys.exit(a != b)
PYTHON
done
run fashion_dcgan --silhouettes --epochs 1 --limit 60 --base 4 --from deep/checkpoint.safetensors --freeze-d 1 --out frozen --quiet
run fashion_dcgan --epochs 2 --out frozen --quiet --resume
refuses 2 '--augment: flip, brightness, saturation, contrast, color, translation and cutout with commas between them expected, got "colour"' \
    fashion_dcgan --augment cutout,colour
refuses 2 "--adaptive: which operations?  --augment names them" fashion_dcgan --adaptive
refuses 2 "--freeze-d without --from would keep random weights" fashion_dcgan --freeze-d 2
refuses 1 "--freeze-d 9: that is the whole discriminator" fashion_dcgan --silhouettes --limit 60 --from deep/checkpoint.safetensors --freeze-d 9 --out whole_d
refuses 1 "images, [channels, height, width], expected; the samples are [784]" fashion_gan --silhouettes --limit 60 --augment cutout --out flat
