#!/bin/sh
# check_onnx.sh - the library's ONNX files, of every kind of layer and every network of the example programs, are valid
# and compute the library's results: they are read and run by a reader of the tests, and by onnxruntime if it is
# installed: in Python, or in Node.js, from the directory GAN_ONNXRUNTIME where it was installed by
#     npm install --ignore-scripts onnxruntime-node
# ONNX's own checker validates the files if Python has it (Debian's python3-onnx). Skipped without python3.
set -eu
cd "$(dirname "$0")/.."
. tests/programs.sh

if ! command -v python3 >/dev/null; then
    echo "skipped: no python3"
    exit 77
fi
. "$root/tests/networks.sh"
. "$root/tests/python.sh"
export PYTHONPATH="$root/tests" PYTHONDONTWRITEBYTECODE=1

cat >models.py <<'END_OF_PYTHON'
"""models.py read | run | check | onnxruntime, then names - read files of ONNX strictly, run them, let ONNX check them."""
import array
import collections
import os
import re
import sys

import onnx_reader

TOLERANCE = 1e-5
what, names = sys.argv[1], sys.argv[2:]
operators = collections.Counter()


def numbers(path, kind="f"):
    values = array.array(kind)
    with open(path, "rb") as file:
        values.frombytes(file.read())
    return values


def compare(name, wanted, found):
    """The largest difference, in units of the larger of 1 and the largest number."""
    assert len(wanted) == len(found), (name, len(wanted), len(found))
    return max(abs(a - b) for a, b in zip(wanted, found)) / max(1, *(abs(a) for a in wanted))


def inputs_of(name, n, shape, make):
    whole = make(numbers(f"{name}.in"), "float32", [7, *shape])[:n]
    if not os.path.exists(f"{name}.labels"):
        return {"z": whole}
    return {"z": whole, "label": make(numbers(f"{name}.labels", "H"), "int64", [7])[:n]}


def run_all(run, make):
    """run(path, model) -> a function of inputs to a flat list of numbers."""
    for name in names:
        worst = {}
        for form in "", ".folded":
            model = onnx_reader.read(f"{name}{form}.onnx")
            function = run(f"{name}{form}.onnx", model)
            worst[form] = max(compare(name, numbers(f"{name}.{n}.out"),
                                      function(inputs_of(name, n, model["inputs"]["z"][1], make))) for n in (1, 7))
        print(f"{name}: outputs differ by {worst['']:.2g}, with folded batch norm by {worst['.folded']:.2g} at most")
        assert max(worst.values()) <= TOLERANCE, name


if what == "read":
    for name in names:
        model, folded = onnx_reader.read(f"{name}.onnx"), onnx_reader.read(f"{name}.folded.onnx")
        ops = [node["op_type"] for node in model["graph"]["node"]]
        operators.update(ops)
        assert len(folded["graph"]["node"]) <= len(ops)
        assert set(model["inputs"]) == ({"z", "label"} if os.path.exists(f"{name}.labels") else {"z"}), name
        print(f"{name}: {os.path.getsize(name + '.onnx')} bytes, {len(model['constants'])} constants, {' '.join(ops)}")
    print(f"{len(operators)} operators: {' '.join(sorted(operators))}")
    assert set(operators) == set(onnx_reader.OPERATORS), set(onnx_reader.OPERATORS) - set(operators)
    with open(f"{os.environ['PYTHONPATH']}/../lib/layer/layer_kinds.c") as file:
        kinds = set(re.findall(r"&gan__layer_(\w+)", file.read()))
    described = b"".join(open(f"{name}.safetensors", "rb").read(1 << 16) for name in names).decode(errors="replace")
    missing = [kind for kind in kinds if f'[\\"{kind}\\"' not in described]
    assert not missing, f"no network has a layer of the kind {missing}"
    cgan = onnx_reader.read("cgan_generator.onnx")
    assert cgan["inputs"] == {"z": (1, [cgan["inputs"]["z"][1][0]]), "label": (7, [])}, cgan["inputs"]
    assert cgan["output"] == {"image": (1, [1, 28, 28])}, cgan["output"]
    assert cgan["metadata"]["Image.NominalPixelRange"] == "Normalized_1_1"
    assert cgan["metadata"]["Image.BitmapPixelFormat"] == "Gray8"
    assert cgan["metadata"]["libgan.classes"].startswith('["T-shirt","trouser",')
    assert {"1.weight", "1.bias"} <= set(cgan["constants"])
    assert any(n["op_type"] == "BatchNormalization" for n in onnx_reader.read("dcgan_generator.onnx")["graph"]["node"])
elif what == "run":
    import torch

    torch.set_num_threads(1)
    run_all(lambda path, model: lambda inputs: onnx_reader.run(torch, model, inputs).reshape(-1).tolist(),
            lambda values, kind, shape: torch.tensor(values, dtype=getattr(torch, kind)).reshape(shape))
elif what == "check":
    import onnx

    for name in names:
        for form in "", ".folded":
            model = onnx.load(f"{name}{form}.onnx")
            onnx.checker.check_model(model, full_check=True)
            inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
            assert len(inferred.graph.node) == len(model.graph.node)
    print(f"onnx.checker {onnx.__version__}: {2 * len(names)} files are right")
else:
    import numpy
    import onnxruntime

    def session(path, _model):
        s = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        return lambda inputs: s.run(None, inputs)[0].reshape(-1).tolist()

    print(f"onnxruntime {onnxruntime.__version__}")
    run_all(session, lambda values, kind, shape: numpy.array(values, dtype=kind).reshape(shape))
END_OF_PYTHON

# By the program, too.
run export --onnx --model gan/checkpoint.safetensors --name gan_checkpoint
says export "./gan_checkpoint.onnx"
cmp gan_checkpoint.onnx gan_generator.onnx || fail "a checkpoint's generator should be the run's"
refuses 1 "gan_checkpoint.onnx" export --onnx --model gan/generator.safetensors --name gan_checkpoint
run export --onnx --fold --model dcgan/generator.safetensors --name by_program
cmp by_program.onnx dcgan_generator.folded.onnx || fail "export --fold should fold batch normalisations"
refuses 2 "--onnx" export --model gan/generator.safetensors

# shellcheck disable=SC2086  # names are to be split
python3 models.py read $networks
python=$(python_with onnx) || :
# shellcheck disable=SC2086
[ -z "$python" ] || "$python" models.py check $networks
python=$(python_with torch) || :
# shellcheck disable=SC2086
[ -z "$python" ] || "$python" models.py run $networks

# --- onnxruntime -----------------------------------------------------------------------------------

cat >session.js <<'END_OF_JAVASCRIPT'
// session.js NAME... - run files of ONNX on batches of 1 and 7, compare with the library.
const fs = require("fs");
const place = process.env.GAN_ONNXRUNTIME;
const ort = require(place ? require.resolve("onnxruntime-node", { paths: [place] }) : "onnxruntime-node");

const floats = (path) => new Float32Array(new Uint8Array(fs.readFileSync(path)).buffer);

function labels(path) {
    const bytes = fs.readFileSync(path);
    return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
}

function difference(wanted, found) {
    if (wanted.length !== found.length) throw new Error(`${wanted.length} numbers expected, found ${found.length}`);
    let worst = 0, most = 1;
    for (let i = 0; i < wanted.length; i++) {
        worst = Math.max(worst, Math.abs(wanted[i] - found[i]));
        most = Math.max(most, Math.abs(wanted[i]));
    }
    return worst / most;
}

async function compare(name, form) {
    const session = await ort.InferenceSession.create(`${name}${form}.onnx`, { logSeverityLevel: 3, intraOpNumThreads: 1 });
    const { shape } = JSON.parse(fs.readFileSync(`${name}.shape.json`));
    const all = floats(`${name}.in`);
    let worst = 0;
    for (const n of [1, 7]) {
        const feeds = { z: new ort.Tensor("float32", all.slice(0, (n * all.length) / 7), [n, ...shape]) };
        if (session.inputNames.includes("label"))
            feeds.label = new ort.Tensor("int64", BigInt64Array.from(labels(`${name}.labels`).subarray(0, n), BigInt), [n]);
        const out = await session.run(feeds);
        worst = Math.max(worst, difference(floats(`${name}.${n}.out`), out[session.outputNames[0]].data));
    }
    return worst;
}

(async () => {
    console.log(`onnxruntime-node ${require(require.resolve("onnxruntime-node/package.json", place ? { paths: [place] } : {})).version}`);
    for (const name of process.argv.slice(2)) {
        const plain = await compare(name, ""), folded = await compare(name, ".folded");
        console.log(`${name}: outputs differ by ${plain.toPrecision(2)}, with folded batch norm by ${folded.toPrecision(2)} at most`);
        if (!(plain <= 1e-5 && folded <= 1e-5)) process.exitCode = 1;
    }
})().catch((error) => { console.error(error); process.exit(1); });
END_OF_JAVASCRIPT
for name in $networks; do
    python3 -c 'import json, onnx_reader, sys; json.dump({"shape": onnx_reader.read(sys.argv[1])["inputs"]["z"][1]},
                open(sys.argv[2], "w"))' "$name.onnx" "$name.shape.json"
done
python=$(python_with onnxruntime) || :
if [ -n "$python" ]; then
    # shellcheck disable=SC2086
    "$python" models.py onnxruntime $networks
elif command -v node >/dev/null && node -e 'require.resolve("onnxruntime-node",
        process.env.GAN_ONNXRUNTIME ? { paths: [process.env.GAN_ONNXRUNTIME] } : {})' 2>/dev/null; then
    # shellcheck disable=SC2086
    node session.js $networks || fail "onnxruntime computes something else"
else
    echo "onnxruntime: skipped, it is neither in Python nor in Node.js; GAN_ONNXRUNTIME=DIRECTORY says where"
fi
