#!/bin/sh
# check_pytorch.sh - weights are converted to PyTorch and back bit by bit, a generator trained there gives the same
# samples here, and docs/pytorch.md works as printed. Skipped where python3 has no torch.
set -eu
export LSAN_OPTIONS=detect_leaks=0 # the checks of the programs look for leaks
cd "$(dirname "$0")/.."
root=$(pwd)
build=$(cd "${BUILD:-build}" && pwd)
mkdir -p "${GAN_TEST_DIR:=$build/check/check_pytorch.d}"
work=$(cd "$GAN_TEST_DIR" && pwd)
export GAN_NUM_THREADS=1 OMP_NUM_THREADS=1 # other checks run beside this one
export PKG_CONFIG_PATH="$build:${PKG_CONFIG_PATH:-}" LD_LIBRARY_PATH="$build" DYLD_LIBRARY_PATH="$build"
[ ! -f "$root/data/fashion-mnist/train-images-idx3-ubyte.gz" ] || : "${GAN_DATA_DIR:=$root/data/fashion-mnist}"
cd "$work"
rm -rf ./*

. "$root/tests/python.sh"
python=$(python_with torch) || { echo "skipped: no python3 with torch"; exit 77; }
# The commands below, and the script, find this Python, the script and the programs where the guide says they are.
mkdir bin
ln -s "$(command -v "$python")" bin/python3
printf '#!/bin/sh\nPATH=%s exec %s -std=c11 %s -Wall -Wextra -Werror "$@"\n' "$PATH" "${CC:-cc}" \
    "${SAN:+-fsanitize=$SAN}" >bin/cc
chmod +x bin/cc
PATH=$work/bin:$PATH
ln -s "$root/scripts" scripts
ln -s "$build" build
ln -s "$root/include" include
# The page's command lines are for paths without spaces.
sed -e 's|^libdir=.*|libdir=build|' -e 's|^includedir=.*|includedir=include|' "$build/libgan-uninstalled.pc" \
    >libgan-uninstalled.pc
PKG_CONFIG_PATH=.:$PKG_CONFIG_PATH

fail() {
    echo "check_pytorch: $*" >&2
    exit 1
}

cat >steps.py <<'END'
"""steps.py - run the lines of standard input, scripts and their arguments, or a program's behind a !.  In one process,
because it takes a second to import torch."""
import runpy
import shlex
import subprocess
import sys
import torch

for line in sys.stdin:
    words = shlex.split(line, comments=True)
    print("+", *words, flush=True)
    try:
        if words[0] == "!":
            subprocess.run(words[1:], check=True)
        else:
            sys.argv = words
            runpy.run_path(words[0], run_name="__main__")
    except SystemExit as end:
        if end.code:
            sys.exit(f"{line.strip()}: {end.code}")
END

# --- The page: its files are written, its commands run, in its order; trained for less long ---------

if [ -z "${GAN_DATA_DIR:-}" ]; then
    echo "no Fashion-MNIST: the real images are samples of a generator"
    build/examples/fashion_gan --silhouettes --epochs 1 --limit 2000 --out drawn --quiet
    build/examples/sample --model drawn/generator.safetensors --count 2000 --raw drawn/train-images-idx3-ubyte
    gzip drawn/train-images-idx3-ubyte
    GAN_DATA_DIR=drawn
fi
export GAN_DATA_DIR
awk '/^```[a-z]+ / { file = $2; next }
     /^```/        { file = ""; next }
     file != ""    { print > file; next }
     /^    [^ ]/   { sub(/^    /, ""); print > "commands" }' "$root/docs/pytorch.md"
[ "$(grep -c . commands)" -ge 10 ] || fail "docs/pytorch.md should have more commands"
sed -i.long 's/range(3000)/range(30)/' train.py
sed -i.long 's/--epochs 5/--epochs 1 --limit 2000/' commands
sh -eux commands || fail "docs/pytorch.md does not work as printed"
grep -q 'range(30)' train.py || fail "docs/pytorch.md: train.py trains longer than it should here"
grep -q 'limit 2000' commands || fail "docs/pytorch.md: fashion_gan trains longer than it should here"

# --- The same samples from both -------------------------------------------------------------------

cat >forward.c <<'END'
#include <gan/gan.h>
#include <stdio.h>

/* forward MODEL - latent vectors from z.bin through MODEL to samples.bin. */
int main(int argc, char **argv)
{
    static float z[100 * 64], samples[100 * 784];
    gan_network *g = NULL;
    FILE *in = fopen("z.bin", "rb"), *out = fopen("samples.bin", "wb");
    if (argc != 2 || !in || !out || fread(z, 64 * sizeof *z, 100, in) != 100) return 1;
    if (gan_network_open(&g, argv[1], NULL) || gan_network_forward(g, z, 100, samples))
        return fprintf(stderr, "%s\n", gan_last_error()), 1;
    fwrite(samples, sizeof samples, 1, out);
    gan_network_destroy(g);
    return fclose(in) | fclose(out);
}
END
# shellcheck disable=SC2046  # flags are to be split
cc forward.c -o forward $(pkg-config --cflags --libs libgan)
cat >compare.py <<'END'
"""compare.py make | STATE_DICT TOLERANCE - write z.bin and mixed.pt; compare samples.bin with those of PyTorch."""
import sys
import torch
from torch import nn

if sys.argv[1] == "make":
    torch.manual_seed(2)
    open("z.bin", "wb").write(torch.randn(100, 64).numpy().tobytes())
    types = {"0": torch.float16, "2": torch.bfloat16, "4": torch.float64}
    torch.save({name: tensor.to(types[name[0]]) for name, tensor in torch.load("gan.pt")["G"].items()}, "mixed.pt")
    sys.exit()
state = torch.load(sys.argv[1])
G = nn.Sequential(nn.Linear(64, 256), nn.LeakyReLU(0.2), nn.Linear(256, 256), nn.LeakyReLU(0.2), nn.Linear(256, 784),
                  nn.Tanh())
G.load_state_dict(state.get("G", state))  # which converts to float32
with torch.no_grad():
    z = torch.frombuffer(bytearray(open("z.bin", "rb").read()), dtype=torch.float32).reshape(100, 64)
    wanted, found = G(z), torch.frombuffer(bytearray(open("samples.bin", "rb").read()), dtype=torch.float32)
worst = (wanted.reshape(-1) - found).abs().max().item()
print(f"{sys.argv[1]}: samples differ by {worst:.3g} at most; they reach from {found.min():.3f} to {found.max():.3f}")
sys.exit(0 if worst <= float(sys.argv[2]) and wanted.std() > 0.05 else 1)
END
python3 steps.py <<'END' || fail "a generator gives other samples here than in PyTorch"
compare.py make
! ./forward generator.safetensors # trained in PyTorch
compare.py gan.pt 1e-5
! ./forward out/generator.safetensors # trained in libgan
compare.py generator.pt 1e-5
scripts/gan-convert --layers layers.json mixed.pt mixed.safetensors
! ./forward mixed.safetensors # of three other types
compare.py mixed.pt 1e-5
END

cat >spectral.py <<'END'
"""spectral.py make | compare | back - a generator with the spectral norm of parametrizations: its weights and layers;
samples.bin beside its own; what libgan's names become by --rename."""
import json
import sys
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

torch.manual_seed(4)
G = nn.Sequential(spectral_norm(nn.Linear(64, 20)), nn.Tanh(), nn.Unflatten(1, (5, 2, 2)),
                  spectral_norm(nn.ConvTranspose2d(5, 1, 14, stride=14)), nn.Flatten(), nn.Tanh())
for _ in range(3):
    G(torch.randn(8, 64))  # which moves u and v
G.eval()
names = [f"{layer}.parametrizations.weight.{name}" for layer in (0, 3) for name in ("original", "0._u", "0._v")]
assert set(names) <= set(G.state_dict()), G.state_dict().keys()
if sys.argv[1] == "make":
    layers = [["spectral_norm", ["linear", 64, 20]], ["tanh"], ["reshape", 5, 2, 2, 0],
              ["spectral_norm", ["conv_transpose2d", 5, 1, 14, 14, 14, 14, 0, 0, 1, 1, 0, 0, 1, 1]],
              ["flatten"], ["tanh"]]
    json.dump({"input": [64], "layers": layers}, open("spectral.json", "w"))
    torch.save(G.state_dict(), "spectral.pt")
elif sys.argv[1] == "back":
    state = torch.load("spectral.back.pt")
    G.load_state_dict(state)  # strictly
    assert all(torch.equal(state[name], tensor) for name, tensor in torch.load("spectral.pt").items())
else:
    with torch.no_grad():
        z = torch.frombuffer(bytearray(open("z.bin", "rb").read()), dtype=torch.float32).reshape(100, 64)
        found = torch.frombuffer(bytearray(open("samples.bin", "rb").read()), dtype=torch.float32)
        worst = (G(z).reshape(-1) - found).abs().max().item()
    print(f"spectral.pt: samples differ by {worst:.3g} at most")
    assert worst <= 1e-5 and found.std() > 0.01
END
# renames ours|theirs - the options by which gan-convert gives the three tensors of both layers libgan's names, or PyTorch's
renames() {
    for layer in 0 3; do
        for name in orig:original u:0._u v:0._v; do
            ours=$layer.weight_${name%%:*} theirs=$layer.parametrizations.weight.${name#*:}
            case $1 in ours) printf ' --rename %s=%s' "$theirs" "$ours" ;; *) printf ' --rename %s=%s' "$ours" "$theirs" ;; esac
        done
    done
}
python3 steps.py <<END || fail "parametrizations.spectral_norm is another here, or does not come back"
spectral.py make
scripts/gan-convert --layers spectral.json spectral.pt spectral.safetensors
! ./forward spectral.safetensors
spectral.py compare
scripts/gan-convert $(renames ours) spectral.pt spectral.safetensors
scripts/gan-convert $(renames theirs) spectral.safetensors spectral.back.pt # as docs/pytorch.md says
spectral.py back
END

# --- Every bit, both ways, and what is refused ----------------------------------------------------

# In one process, because it takes a second to import torch.
head -c 3000 generator.safetensors >cut.safetensors
head -c 3000 gan.pt >cut.pt
cat >bits.py <<'END'
import argparse
import collections
import contextlib
import glob
import io
import os
import runpy
import sys

import torch
from torch import nn


class Trap:
    def __reduce__(self):
        return os.system, ("touch trapped",)


def convert(*arguments):
    """Run gan-convert; return its exit status and all that it says."""
    said, sys.argv = io.StringIO(), ["gan-convert", *arguments]
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            runpy.run_path("scripts/gan-convert", run_name="__main__")
        except SystemExit as end:
            return end.code or 0, said.getvalue()


def converts(*arguments):
    status, said = convert(*arguments)
    assert status == 0, (arguments, status, said)
    return said


def refuses(wanted, sentence, *arguments):
    status, said = convert(*arguments)
    assert status == wanted and sentence in said, (arguments, status, said)
    assert not glob.glob("refused.*") + glob.glob("*.tmp"), (arguments, "left a file")


def same_file(a, b):
    assert open(a, "rb").read() == open(b, "rb").read(), (a, b)


def numbers(tensor):
    """The tensor's bits as whole numbers."""
    whole = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[tensor.element_size()]
    return tensor.contiguous().reshape(-1).view(whole)


def same_tensors(a, b):
    a, b = torch.load(a), torch.load(b)
    assert set(a) == set(b), (set(a), set(b))
    for name in a:
        assert a[name].dtype == b[name].dtype and a[name].shape == b[name].shape, name
        assert torch.equal(numbers(a[name]), numbers(b[name])), name


torch.manual_seed(3)
model = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Linear(5, 2))
weight = model[0].weight.detach()
torch.save(model.state_dict(), "plain.pt")
torch.save(model.state_dict(), "before_1_6.pt", _use_new_zipfile_serialization=False)
torch.save(dict(half=weight.half(), brain=weight.bfloat16(), double=weight.double() / 3, turned=weight.t(),
                part=weight[1:3, ::2], count=torch.tensor(5), byte=torch.arange(7).to(torch.uint8),
                odd=torch.tensor([float("nan"), -float("inf"), -0.0, 1e-45]), none=torch.zeros(0, 3)), "types.pt")
state = collections.OrderedDict(("generator." + name, tensor) for name, tensor in model.state_dict().items())
torch.save({"state_dict": state, "epoch": 3, "lr": 0.1, "hyper_parameters": argparse.Namespace(depth=2),
            "optimizer_states": [torch.optim.Adam(model.parameters()).state_dict()], "trap": Trap()}, "lightning.ckpt")
torch.save(model, "whole.pt")
torch.jit.script(model).save("script.pt")
torch.save({"a": weight.to_sparse(), "b": weight}, "sparse.pt")
torch.save({"epoch": 3}, "nothing.pt")

for name in "plain", "types":
    converts(f"{name}.pt", f"{name}.safetensors")
    converts(f"{name}.safetensors", f"{name}.back.pt")
    same_tensors(f"{name}.pt", f"{name}.back.pt")
    converts(f"{name}.back.pt", f"{name}.again.safetensors")
    same_file(f"{name}.safetensors", f"{name}.again.safetensors")
converts("before_1_6.pt", "before_1_6.safetensors")
same_file("plain.safetensors", "before_1_6.safetensors")
converts("--only", "generator.", "--rename", "0.=first.", "--rename", "2.=last.", "lightning.ckpt", "renamed.safetensors")
assert "first.weight  float32  [5, 3]" in converts("--list", "renamed.safetensors")
converts("--rename", "first.=0.", "--rename", "last.=2.", "renamed.safetensors", "named.safetensors")
same_file("plain.safetensors", "named.safetensors")
assert "a is no plain tensor" in converts("--list", "sparse.pt")
assert not os.path.exists("trapped"), "lightning.ckpt was executed"

out = "refused.safetensors"
refuses(1, "a Sequential that was saved whole", "whole.pt", out)
refuses(1, "TorchScript", "script.pt", out)
refuses(1, "damaged", "cut.pt", out)
refuses(1, "within", "cut.safetensors", "refused.pt")
refuses(1, "damaged", "forward.c", out)
refuses(1, "none of its 0 tensors", "nothing.pt", out)
refuses(1, "begins with D.x", "--only", "D.x", "gan.pt", out)
refuses(1, "two tensors would be named D.0.weight", "--rename", "G.=D.", "gan.pt", out)
refuses(1, "no list of layers", "--layers", "train.py", "gan.pt", out)
refuses(1, "libgan did not write it", "--layers", "plain.safetensors", "gan.pt", out)
refuses(1, "no/folder", "gan.pt", "no/folder/refused.safetensors")
refuses(2, "OUT is wanted", "gan.pt")
refuses(2, "should end in .safetensors", "gan.pt", "refused.onnx")
refuses(2, "FROM=TO", "--rename", "x", "gan.pt", out)
refuses(2, "--layers is for", "--layers", "layers.json", "gan.pt", "refused.pt")
refuses(2, "no file, so there is no OUT", "--list", "gan.pt", "refused.pt")
assert "exit codes:" in converts("--help")

open("kept.safetensors", "w").write("what stood there")
refuses(1, "damaged", "cut.pt", "kept.safetensors")
assert open("kept.safetensors").read() == "what stood there"
END
python3 bits.py
status=0
scripts/gan-convert nowhere.pt refused.safetensors 2>refused.log || status=$?
grep -qF "gan-convert: nowhere.pt: No such file" refused.log || { cat refused.log; fail "nowhere.pt should not be there"; }
[ "$status" -eq 1 ] || fail "a file that is not there should end gan-convert with 1"
