#!/bin/sh
# check_language.sh - headers, documents, comments, messages and help texts use the field's terms.
#
# A line of the list below is an extended regular expression, a tab, and what to write in its place.
# Of C sources only comments and strings are read, of documents all but code blocks.  Spelling is
# codespell's, where it is installed.
set -eu
cd "$(dirname "$0")/.."
work=$BUILD/check_language
mkdir -p "$work"

cat >"$work/words" <<'LIST'
[Ww]ants? an? (value|number|path|directory)	needs a value, expects a path
(is|are) no (folders?|director(y|ies)|checkpoints?|pictures?|images?|logs?|classes)([^a-z]|$)	is not a directory, are not images
(has|have) not as many	does not have as many
what it counts	its name: the count of steps, of samples
stretch(es)? (nothing|no input)	has Lipschitz constant 1, is bounded
by heart([^a-z]|$)	memorises, overfits
is not to be had	is not available
(lay|lays|laid) down([^a-z]|$)	write, specify, store
(^|[^a-zA-Z_/])[Ff]olders?([^a-zA-Z_(.]|$)	directory
gzip'd	gzip-compressed
by lot([^a-z]|$)	at random
gradients? by [a-z]	gradient with respect to the input
the system gave no thread	a thread could not be started
more than there are addresses	does not fit in a size_t
what stood at	the previous file
walk through (a|the) dataset	iterate over the dataset
begins? anew([^a-z]|$)	starts afresh, is reset
given out([^a-z]|$)	delivered
artifacts?([^a-z]|$)	artefact
wants? (labels|samples|images|pictures|RGB|momentum|at most)	needs, expects, supports at most
(is|are) no (shapes?|records?|arrays?|PNG|IDX|JPEG)([^a-z]|$)	is not a shape, not a PNG file
roots? of the mean squares?	root mean square
puts? out (one|a|the) (number|value)	has one output, outputs a value
draws? few samples again	repeats a few samples
got better in [0-9$%]	improved in
so many	this many, the name of the count
[^a-z]wants([^a-z]|$)	needs, expects
what lies (between|behind)	the values between, what follows
(goes|went|going|gone) on (with|where|from|at|in|until|as|to)([^a-z]|$)	continues
([^a-z]no|a) say in	does not depend on
[Ss]ees? to it	ensures, checks
as [a-z]+ as can be([^a-z]|$)	of maximal length, nearly square
[Ww]hoever	the program that, a reader
pages? of HTML	HTML page
files? of ONNX	ONNX file
(arrays?|files?) of NumPy	NumPy array
data sets?([^a-z]|$)	dataset
and (its|their) like([^a-z]|$)	and similar functions
(derivatives?|differentiated) by [a-z]	derivative with respect to
(takes?|took|taken) (them |it |most )?for real	classifies as real
(stands?|stood) (in|at|behind) (the|a|its) (file|buffer|list|path|memory)	is in the file
(is|are) no UTF-8	is not valid UTF-8
input is no [a-z]	the input is not a
LIST

# FILE:LINE: TEXT of comments and strings; a string or comment may follow code.
prose_of_c='
function emit(text) { if (text ~ /[a-z]/) print FILENAME ":" FNR ": " text }
FNR == 1 { inside = 0 }
{
    rest = $0; text = ""
    while (rest != "") {
        if (inside) {
            at = index(rest, "*/")
            text = text " " (at ? substr(rest, 1, at - 1) : rest)
            if (at) inside = 0
            rest = at ? substr(rest, at + 2) : ""
        } else if (match(rest, /\/\*|\/\/|"/)) {
            mark = substr(rest, RSTART, RLENGTH)
            rest = substr(rest, RSTART + RLENGTH)
            if (mark == "/*") inside = 1
            else if (mark == "//") { text = text " " rest; rest = "" }
            else if (match(rest, /^([^"\\]|\\.)*"/)) {
                text = text " " substr(rest, 1, RLENGTH - 1)
                rest = substr(rest, RLENGTH + 1)
            }
        } else rest = ""
    }
    emit(text)
}'
prose_of_documents='
FNR == 1 { code = 0 }
/^ *```/ { code = !code; next }
!code && !/^<!--/ { print FILENAME ":" FNR ": " $0 }'

find include lib examples mpi tests -name '*.[ch]' | sort | xargs awk "$prose_of_c" >"$work/prose"
awk "$prose_of_documents" README.md CONTRIBUTING.md CHANGELOG.md docs/*.md >>"$work/prose"
# Of scripts all lines: comments, messages and help texts are everywhere in them.  libFuzzer's option has American spelling.
awk '{ sub(/-artifact_prefix/, ""); print FILENAME ":" FNR ": " $0 }' scripts/* bootstrap Makefile >>"$work/prose"
[ "$(wc -l <"$work/prose")" -gt 10000 ] || { echo "only $(wc -l <"$work/prose") lines of prose were found"; exit 1; }

# That the list works at all: each of these lines has one phrase of it.
printf 'x.c:1: %s\n' 'x is no directory' 'it knows them by heart' "a gzip'd file" >"$work/wrong"
printf 'x.c:%s\n' '7: it knows them by ' '8:  heart' '9: no phrase' >>"$work/wrong"

# wrong_in FILE - print each line of it that has a phrase of the list, or ends one that the line before begins, with what to
# write.
wrong_in() {
    awk -F '\t' 'NR == FNR { phrase[++n] = $1; better[n] = $2; next }
        {
            match($0, /^[^:]*:[0-9]*: /)
            text = substr($0, RLENGTH + 1)
            split($0, place, ":")
            before = place[1] == file && place[2] == line + 1 ? substr(last, length(last) > 40 ? length(last) - 40 : 1) : ""
            sub(/ *$/, " ", before)
            sub(/^ */, "", text)
            both = before text
            for (i = 1; i <= n; i++)
                if (match(both, phrase[i]) && RSTART + RLENGTH > length(before) + 1)
                    print $0 "\n    not \"" substr(both, RSTART, RLENGTH) "\"; rather: " better[i]
            file = place[1]; line = place[2]; last = text
        }' "$work/words" "$1"
}

[ "$(wrong_in "$work/wrong" | grep -c 'rather')" = 4 ] || { echo "the word list finds nothing"; exit 1; }
wrong_in "$work/prose" >"$work/found"
bad=0
[ ! -s "$work/found" ] || { cat "$work/found"; bad=1; }

if command -v codespell >/dev/null; then
    codespell -q 3 include lib examples docs/*.md README.md CONTRIBUTING.md scripts bootstrap Makefile || bad=1
else
    echo "codespell is not installed: spelling was not checked"
fi
exit $bad
