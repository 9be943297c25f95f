#!/bin/sh
# check_settings.sh - the settings of the four training programs: a file has all settings of a run, starts the same run
# or a changed one, and errors name its line; --help describes the same option in the same words, and --dry-run shows
# networks, memory and time.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh

trained_model new/run
"$programs/sample" --model new/run/generator.safetensors --count 40 --raw pictures-idx3-ubyte --out pictures.png >/dev/null

# options PROGRAM - its data and small networks.
options() {
    case $1 in
    fashion_gan) echo "--silhouettes --limit 200 --hidden 16 --latent 8 --depth 1" ;;
    fashion_dcgan) echo "--silhouettes --limit 100 --base 4 --latent 8" ;;
    fashion_cgan) echo "--silhouettes --limit 200 --hidden 8 --latent 8 --depth 1" ;;
    picture_gan) echo "--data pictures-idx3-ubyte --base 4 --latent 8 --repeat 1" ;;
    esac
}
training="fashion_gan fashion_dcgan fashion_cgan picture_gan"

# --- The same file for all of them ----------------------------------------------------------------

for program in $training; do
    # shellcheck disable=SC2046  # to be split
    run $program $(options $program) --epochs 2 --batch 20 --lr 0.001 --threads 1 --quiet --out $program
    run $program --settings $program/settings.txt --threads 1 --quiet --out $program-again
    cmp $program/checkpoint.safetensors $program-again/checkpoint.safetensors || fail "$program: the same settings, another run"
    cmp $program/settings.txt $program-again/settings.txt || fail "$program: settings that were given should be written the same"

    # Edited, as by hand; the command line comes before the file.
    { echo "# mine" && echo && sed -e 's/^lr = .*/  lr=0.002/' -e '/^beta1 =/d' $program/settings.txt; } >edited.txt
    run $program --settings edited.txt --epochs 1 --quiet --out $program-edited
    grep -qx "lr = 0.002" $program-edited/settings.txt || fail "$program: the changed learning rate should be the run's"
    grep -qx "epochs = 1" $program-edited/settings.txt || fail "$program: the command line should come before the file"
    grep -x "beta1 = .*" $program/settings.txt | grep -qxf - $program-edited/settings.txt || fail "$program: a line that was left out should have the default"

    # To a run that goes on they are as options of the command line.
    run $program --settings edited.txt --epochs 2 --resume --quiet --out $program-edited
    sed 's/^batch = .*/batch = 10/' $program/settings.txt >edited.txt
    refuses 1 "--batch is 10, but the run was started with 20" $program --settings edited.txt --resume --out $program-edited

    # What is wrong is named with its line.
    sed 's/^batch = /bacth = /' $program/settings.txt >edited.txt
    line=$(grep -n '^bacth' edited.txt | cut -d : -f 1)
    refuses 1 "edited.txt:$line: $program has no setting \"bacth\"; is it \"batch\"?" $program --settings edited.txt --out refused
    sed 's/^batch = .*/batch = many/' $program/settings.txt >edited.txt
    refuses 1 "edited.txt:$line: batch: a whole number from 1 to 65536 expected, got \"many\"" $program --settings edited.txt --out refused
    refuses 1 "--settings nowhere.txt: No such file" $program --settings nowhere.txt --out refused
    refuses 2 "unknown option --bacth=3; is it --batch?" $program --bacth=3
    [ ! -e refused ] || fail "$program: nothing should be written with settings that are refused"
done
refuses 1 "fashion_gan/settings.txt:3: the run is one of fashion_gan, not of fashion_cgan" fashion_cgan --settings fashion_gan/settings.txt --out refused

# Settings are not bound to the images that they were used with, and silhouettes that nobody asked for stay none.
run fashion_gan --limit 200 --hidden 16 --epochs 1 --quiet --out fallback
run fashion_gan --settings fallback/settings.txt --quiet --out fallback-again
says fashion_gan "WARNING: THIS IS NOT FASHION-MNIST, which is not in data/fashion-mnist."
run picture_gan --settings picture_gan/settings.txt --limit 30 --epochs 1 --quiet --out fewer

# --- The same help, and --dry-run -----------------------------------------------------------------

# help PROGRAM - a line for each option: its name and what it is, without its default.
help() {
    "$programs/$1" --help | sed -n '/^Options,/,/^Examples:/p' | awk '
        /^  --/ { if (line) print line; line = "" }
        /^  --/ || /^   / { sub(/^ +/, ""); gsub(/  +/, " "); line = line (line ? " " : "") $0 }
        END { print line }' | sed 's/ ([^()]*)$//'
}
for program in $training; do
    help $program | sort >help-$program.txt
    [ "$(wc -l <help-$program.txt)" -gt 40 ] || fail "$program: more options expected"
done
sort -u help-*.txt | awk '{ print $1 }' | uniq -d >several.txt
# Those three mean another thing in each.
grep -vx -e --data -e --limit -e --hidden several.txt >different.txt || :
[ ! -s different.txt ] || { cat different.txt; fail "these options should have the same help in all programs"; }
for word in "learning rate" "batch size" "latent dimension" "spectral normalisation" "gradient penalty" "exponential moving average"; do
    for program in $training; do
        grep -q "$word" help-$program.txt || fail "$program --help should speak of the $word"
    done
done

for program in $training; do
    # shellcheck disable=SC2046
    run $program $(options $program) --dry-run --threads 1 --out dry
    for part in Generator Discriminator "MB for the training step" "ms a step" "Nothing was written"; do
        says $program "$part"
    done
    [ ! -e dry ] || fail "$program: --dry-run should write nothing"
done
