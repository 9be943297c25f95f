# networks.sh - networks to be written in another form, and what they compute: for the checks of what does so.  Sourced
# after programs.sh; leaves, of each name in $networks, NAME.safetensors, NAME.in, NAME.labels (of conditional ones),
# NAME.1.out and NAME.7.out in the check's directory.  See tests/test_kinds.c.
# shellcheck shell=sh

# What the example programs train, for a moment.
train_networks() {
    tiny="--silhouettes --limit 200 --epochs 1 --seed 5 --threads 1 --quiet"
    # shellcheck disable=SC2086  # options are to be split
    {
        run fashion_gan $tiny --out gan
        run fashion_dcgan $tiny --out dcgan
        run fashion_cgan $tiny --out cgan
        run fashion_cgan --dcgan --base 16 --auxiliary 1 $tiny --out conditional_dcgan
        run sample --model gan/generator.safetensors --count 100 --raw pictures.idx
        run picture_gan --data pictures.idx --epochs 1 --batch 20 --base 8 --threads 1 --quiet --out pictures
        run fashion_classifier --silhouettes --limit 200 --epochs 1 --threads 1 --quiet --out classifier.safetensors
        run series --epochs 1
    }
    trained="classifier series"
    for run in gan dcgan cgan conditional_dcgan pictures; do
        for side in generator discriminator; do
            cp "$run/$side.safetensors" "${run}_$side.safetensors"
            trained="$trained ${run}_$side"
        done
    done
}

train_networks
GAN_TEST_KINDS=$trained GAN_TEST_DIR=. "${build:?}/tests/test_kinds" || fail "test_kinds writes no networks"
networks=
for file in *.7.out; do networks="$networks ${file%.7.out}"; done
echo "networks:$networks"
