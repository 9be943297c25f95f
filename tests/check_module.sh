#!/bin/sh
# check_module.sh - the modules that gan-convert --module writes compute the library's results, for every kind of layer
# and every network of the example programs. Skipped where python3 has no torch.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh
. "$root/tests/python.sh"

python=$(python_with torch) || { echo "skipped: no python3 with torch"; exit 77; }
. "$root/tests/networks.sh"

# In one process, because it takes a second to import torch.
cat >modules.py <<'END_OF_PYTHON'
import array
import contextlib
import importlib
import io
import json
import os
import re
import runpy
import struct
import sys

import torch

root, networks = sys.argv[1], sys.argv[2].split()
sys.path.insert(0, os.getcwd())
sys.dont_write_bytecode = True


def convert(*arguments):
    """Run gan-convert; return its exit status and all that it says."""
    said, sys.argv = io.StringIO(), ["gan-convert", *arguments]
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            runpy.run_path(f"{root}/scripts/gan-convert", run_name="__main__")
        except SystemExit as end:
            return end.code or 0, said.getvalue()


def converts(*arguments):
    status, said = convert(*arguments)
    assert status == 0, (arguments, status, said)


def refuses(wanted, sentence, *arguments):
    status, said = convert(*arguments)
    assert status == wanted and sentence in said, (arguments, status, said)
    assert not os.path.exists("refused.py") and not os.path.exists("refused.pt"), arguments


def header(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return json.loads(file.read(length))


def metadata(path):
    return header(path)["__metadata__"]


def tensors(path):
    return header(path).keys() - {"__metadata__"}


def numbers(path, kind="f"):
    values = array.array(kind)
    with open(path, "rb") as file:
        values.frombytes(file.read())
    return torch.tensor(values, dtype=torch.float32 if kind == "f" else torch.long)


def difference(name, net, shape):
    """The largest of outputs of the module from the library's, of batches of 1 and 7, in units of the larger of 1 and
    the largest number."""
    x = numbers(f"{name}.in").reshape(7, *shape)
    label = [numbers(f"{name}.labels", "H")] if os.path.exists(f"{name}.labels") else []
    worst = 0
    for n in 1, 7:
        wanted = numbers(f"{name}.{n}.out").reshape(n, -1)
        with torch.no_grad():
            found = net(x[:n], *(l[:n] for l in label))
        assert found.shape[0] == n and found.numel() == wanted.numel(), (name, found.shape)
        worst = max(worst, ((found.reshape(n, -1) - wanted).abs().max() / wanted.abs().max().clamp(min=1)).item())
    return worst


def kinds_in(layers):
    for kind, *rest in layers:
        yield kind
        if kind == "residual":
            yield from kinds_in(rest[0] + (rest[1] or []))
        if kind == "spectral_norm":
            yield from kinds_in(rest)


# --- every network ---

seen = set()
for name in networks:
    if len(tensors(f"{name}.safetensors")) == 0:
        refuses(1, "none of its 0 tensors", "--module", "refused.py", f"{name}.safetensors", "refused.pt")
        continue
    converts("--module", f"m_{name}.py", f"{name}.safetensors", f"{name}.pt")
    layers = json.loads(metadata(f"{name}.safetensors")["libgan.network"])
    seen.update(kinds_in(layers["layers"]))
    net = importlib.import_module(f"m_{name}").load(f"{name}.pt")
    assert not net.training
    worst = difference(name, net, layers["input"])
    print(f"{name}: {len(open(f'm_{name}.py').read().splitlines())} lines, outputs differ by {worst:.2g} at most")
    assert worst <= 1e-5, name
wanted = set(re.findall(r"&gan__layer_(\w+)", open(f"{root}/lib/layer/layer_kinds.c").read()))
assert wanted <= seen, f"no network has a layer of the kind {sorted(wanted - seen)}"

# --- names, numbers, texts ---

text = open("m_gan_generator.py").read()
for line in ("class MGanGenerator(nn.Sequential):", "            nn.Linear(64, 256),  # 0: [256]",
             "            nn.LeakyReLU(0.2),  # 1: [256]", "PICTURE = (1, 28, 28)", "output: [N, 784], from -1 to 1",
             "input:  [N, 64]; latent vectors are drawn from the standard normal distribution"):
    assert line in text.splitlines(), (line, text)
assert "class Residual" not in text
module = importlib.import_module("m_cgan_generator")
assert module.CLASSES[3] == "dress" and len(module.CLASSES) == 10
assert "nn.utils.spectral_norm(nn.Linear(6, 24)),  # 0: [24]" in open("m_spectral_norm.py").read()
assert all(len(line) <= 120 for line in text.splitlines())

# From a checkpoint, whose average of the generator is what the run's generator.safetensors has.
checkpoint = metadata("cgan/checkpoint.safetensors")
for name, side, prefix in (("generator", "generator", "average."), ("discriminator",) * 2 + ("discriminator.",),
                           ("latest_generator", "generator", "generator.")):
    converts("--only", prefix, "--module", f"{name}.py", "cgan/checkpoint.safetensors", f"{name}.pt")
    net = importlib.import_module(name).load(f"{name}.pt")
    assert type(net).__name__ == name.title().replace("_", "")
    assert (difference(f"cgan_{side}", net, json.loads(checkpoint[side])["input"]) <= 1e-5) == (name == side)
assert importlib.import_module("generator").CLASSES == module.CLASSES
assert importlib.import_module("generator").PICTURE == (1, 28, 28)
converts("--only", "discriminator.", "--layers", "cgan/checkpoint.safetensors", "cgan/checkpoint.safetensors",
         "again.safetensors")
assert metadata("again.safetensors")["libgan.network"] == metadata("cgan_discriminator.safetensors")["libgan.network"]

# From weights of PyTorch and a list of layers; a name that the file has anyway; the other spectral norm.
converts("--layers", "gan_generator.safetensors", "--module", "reshape.py", "gan_generator.pt", "copy.pt")
assert difference("gan_generator", importlib.import_module("reshape").load("copy.pt"), [64]) <= 1e-5
assert hasattr(importlib.import_module("reshape"), "ReshapeNetwork")
renames = [f"{i}.weight_{old}={i}.parametrizations.weight.{new}" for i in (0, 3, 4, 6, 7)
           for old, new in (("orig", "original"), ("u", "0._u"), ("v", "0._v"))]
converts(*(word for rename in renames for word in ("--rename", rename)), "--module", "newer.py",
         "spectral_norm.safetensors", "newer.pt")
assert "nn.utils.parametrizations.spectral_norm(nn.Linear(6, 24))" in open("newer.py").read()
assert difference("spectral_norm", importlib.import_module("newer").load("newer.pt"), [6]) <= 1e-5

# --- what is refused: nothing is written then ---

layers = {"input": [64], "layers": [["linear", 64, 256], ["leaky_relu", 0.2], ["linear", 256, 784]]}


def described(**changes):
    json.dump({**layers, **changes}, open("layers.json", "w"))
    return "--layers", "layers.json", "--module", "refused.py", "gan_generator.pt", "refused.pt"


refuses(1, "do not fit", *described())  # a layer less
refuses(1, "layer 0, [\"linear\", 65, 256]: none that libgan has, or not for an input of shape [64]",
        *described(layers=[["linear", 65, 256]]))
block = ["residual", [["leaky_relu", 0.2]], None]
for _ in range(6):
    block = ["residual", [block], None]
for bad in ([["twirl"]], [["linear", 64]], [["linear", "64", 3]], [["linear", 64, 3, 3]], [["elu", float("nan")]], [3],
            [["conv2d", *[1] * 14]], [["reshape", 8, 8, 0, 0], ["upsample", 2, 7, 0]], [["max_pool1d", 2, 0, 0]],
            [["residual", [["linear", 64, 3]], None]], [["spectral_norm"]], [block], [[]],
            [["label_map", 3, 1]], [["linear", 64, -3]], [["__import__('os').system('touch trapped')"]]):
    refuses(1, "none that libgan has, or not for an input", *described(layers=bad))
refuses(1, "input", *described(input=[]))
refuses(1, "no list of layers", *described(input=3))
refuses(1, "--layers FILE says what they are", "--module", "refused.py", "gan_generator.pt", "refused.pt")
for name in "refused.txt", "7.py", "class.py", "my-net.py":
    refuses(2, "names such as generator.py", "--module", name, "gan_generator.pt", "refused.pt")
refuses(2, "no --module", "--module", "refused.py", "--list", "gan_generator.pt")
refuses(1, "no/where", "--module", "no/where/refused.py", "gan_generator.safetensors", "written.pt")
hostile = {**metadata("gan_generator.safetensors"), "libgan.network.picture": '["\\"\\"\\"", 1, 1]',
           "libgan.classes": '["\\"\\"\\"\\nimport os", "b"]'}
with open("gan_generator.safetensors", "rb") as file:
    (length,) = struct.unpack("<Q", file.read(8))
    header = json.loads(file.read(length))
    data = file.read()
for drop in "libgan.network.picture", "libgan.classes":
    header["__metadata__"] = {key: value for key, value in hostile.items() if key != drop}
    head = json.dumps(header).encode()
    open("hostile.safetensors", "wb").write(struct.pack("<Q", len(head)) + head + data)
    if drop == "libgan.classes":
        refuses(1, "a note, is damaged", "--module", "refused.py", "hostile.safetensors", "refused.pt")
    else:
        converts("--module", "hostile.py", "hostile.safetensors", "hostile.pt")
        assert importlib.import_module("hostile").CLASSES == ['"""\nimport os', "b"]
assert not os.path.exists("trapped")
END_OF_PYTHON
"$python" modules.py "$root" "$networks"
