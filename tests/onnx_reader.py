"""onnx_reader - reads ONNX files strictly, and runs them with PyTorch: for check_onnx.sh.

It accepts only the fields of onnx.proto that the library writes; what it reads is checked by
ONNX's definition of the operators, so that the same mistake in the writer and here can't cancel.
"""
import math
import struct

WHOLE, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
FLOAT, INT64 = 1, 7
# Messages: field number -> name, kind and whether it is repeated; a kind in capitals is a message.
MESSAGES = {
    "MODEL": {1: ("ir_version", int, 0), 2: ("producer_name", str, 0), 3: ("producer_version", str, 0),
              7: ("graph", "GRAPH", 0), 8: ("opset_import", "OPSET", 1), 14: ("metadata_props", "ENTRY", 1)},
    "OPSET": {1: ("domain", str, 0), 2: ("version", int, 0)},
    "ENTRY": {1: ("key", str, 0), 2: ("value", str, 0)},
    "GRAPH": {1: ("node", "NODE", 1), 2: ("name", str, 0), 5: ("initializer", "TENSOR", 1), 11: ("input", "VALUE", 1),
              12: ("output", "VALUE", 1)},
    "NODE": {1: ("input", str, 1), 2: ("output", str, 1), 3: ("name", str, 0), 4: ("op_type", str, 0),
             5: ("attribute", "ATTRIBUTE", 1)},
    "ATTRIBUTE": {1: ("name", str, 0), 2: ("f", float, 0), 3: ("i", int, 0), 4: ("s", str, 0), 8: ("ints", int, 1),
                  20: ("type", int, 0)},
    "TENSOR": {1: ("dims", int, 1), 2: ("data_type", int, 0), 8: ("name", str, 0), 9: ("raw_data", bytes, 0)},
    "VALUE": {1: ("name", str, 0), 2: ("type", "TYPE", 0)},
    "TYPE": {1: ("tensor_type", "TENSOR_TYPE", 0)},
    "TENSOR_TYPE": {1: ("elem_type", int, 0), 2: ("shape", "SHAPE", 0)},
    "SHAPE": {1: ("dim", "DIM", 1)},
    "DIM": {1: ("dim_value", int, 0), 2: ("dim_param", str, 0)},
}
ATTRIBUTE_TYPES = {"f": 1, "i": 2, "s": 3, "ints": 7}
# Of opset 17: an operator's minimal and maximal number of inputs, and its permitted attributes.
OPERATORS = {
    "Add": (2, 2, ""), "AveragePool": (1, 1, "kernel_shape strides pads count_include_pad"),
    "BatchNormalization": (5, 5, "epsilon"), "Cast": (1, 1, "to"), "Concat": (2, 2, "axis"),
    "Conv": (2, 3, "kernel_shape strides pads dilations group"),
    "ConvTranspose": (2, 3, "kernel_shape strides pads dilations output_padding group"),
    "DepthToSpace": (1, 1, "blocksize mode"), "Div": (2, 2, ""), "Elu": (1, 1, "alpha"), "Equal": (2, 2, ""),
    "Erf": (1, 1, ""), "Expand": (2, 2, ""), "Flatten": (1, 1, "axis"), "Gather": (2, 2, ""),
    "Gemm": (3, 3, "transB"), "Greater": (2, 2, ""), "InstanceNormalization": (3, 3, "epsilon"),
    "LayerNormalization": (3, 3, "axis epsilon"), "LeakyRelu": (1, 1, "alpha"), "MatMul": (2, 2, ""),
    "MaxPool": (1, 1, "kernel_shape strides pads"), "Mul": (2, 2, ""), "OneHot": (3, 3, ""), "PRelu": (2, 2, ""),
    "Range": (3, 3, ""), "ReduceMean": (1, 1, "axes"), "ReduceSum": (2, 2, ""), "Relu": (1, 1, ""),
    "Reshape": (2, 2, ""), "Resize": (3, 3, "mode coordinate_transformation_mode nearest_mode"), "Selu": (1, 1, ""),
    "Shape": (1, 1, ""), "Sigmoid": (1, 1, ""), "Slice": (4, 4, ""), "Softmax": (1, 1, "axis"),
    "Softplus": (1, 1, ""), "Sqrt": (1, 1, ""), "Sub": (2, 2, ""), "Tanh": (1, 1, ""), "Transpose": (1, 1, "perm"),
    "Where": (3, 3, ""),
}


# ---- the format ----


def read_whole(data, at, end):
    value = 0
    for n in range(10):
        assert at + n < end, "a number is truncated"
        value |= (data[at + n] & 127) << 7 * n
        if data[at + n] < 128:
            assert n == 0 or data[at + n], "a number is longer than it need be"
            return value, at + n + 1
    raise AssertionError("a number of more than ten bytes")


def read_field(data, at, end, kind):
    """Return a field's name and value, decoded by its wire type, and the offset of the next field."""
    key, at = read_whole(data, at, end)
    field, way = key >> 3, key & 7
    name, what, repeated = MESSAGES[kind][field]
    wanted = {int: WHOLE, float: FIXED32}.get(what, BYTES)
    assert way == wanted, f"{kind}.{name} is written as {way}"
    if way == WHOLE:
        value, at = read_whole(data, at, end)
        return name, repeated, value - (value >> 63 << 64), at
    length, at = read_whole(data, at, end) if way == BYTES else (4, at)
    assert at + length <= end, f"{kind}.{name} is truncated"
    part = data[at:at + length]
    if what in MESSAGES:
        value = read_message(part, what)
    else:
        value = struct.unpack("<f", part)[0] if what is float else bytes(part).decode() if what is str else bytes(part)
    return name, repeated, value, at + length


def read_message(data, kind):
    message, at = {name: [] for name, _, repeated in MESSAGES[kind].values() if repeated}, 0
    while at < len(data):
        name, repeated, value, at = read_field(data, at, len(data), kind)
        if repeated:
            message[name].append(value)
        else:
            assert name not in message, f"{kind}.{name} occurs twice"
            message[name] = value
    return message


# ---- validation ----


def check_value(value):
    """Return the dimensions of an input or output; the first is N, any number."""
    tensor = value["type"]["tensor_type"]
    dims = tensor["shape"]["dim"]
    assert dims[0] == {"dim_param": "N"} and all(list(dim) == ["dim_value"] for dim in dims[1:]), dims
    return tensor["elem_type"], [dim["dim_value"] for dim in dims[1:]]


def check_attributes(node):
    out = {}
    for attribute in node["attribute"]:
        values = {key: attribute[key] for key in ATTRIBUTE_TYPES if attribute.get(key, []) != []}
        assert len(values) == 1, attribute
        (key, value), = values.items()
        assert attribute["type"] == ATTRIBUTE_TYPES[key] and attribute["name"] not in out, attribute
        out[attribute["name"]] = value
    return out


def check_tensor(tensor):
    size = {FLOAT: 4, INT64: 8}[tensor["data_type"]]
    assert all(n > 0 for n in tensor["dims"]), tensor["dims"]
    assert len(tensor["raw_data"]) == size * math.prod(tensor["dims"]), f"{tensor['name']} has the wrong size"


def check_node(node, known):
    least, most, allowed = OPERATORS[node["op_type"]]
    assert least <= len(node["input"]) <= most and len(node["output"]) == 1, node
    for name in node["input"]:
        assert name in known or (name == "" and node["op_type"] == "Resize"), f"{node['name']} reads {name}, not made yet"
    attributes = check_attributes(node)
    assert set(attributes) <= set(allowed.split()), f"{node['op_type']} has no attributes {set(attributes)}"
    node["attributes"] = attributes
    assert node["output"][0] not in known, f"{node['output'][0]} is made twice"
    known.add(node["output"][0])


def read(path):
    """Return a validated model."""
    with open(path, "rb") as file:
        model = read_message(memoryview(file.read()), "MODEL")
    assert model["ir_version"] == 8 and model["producer_name"] == "libgan", model["ir_version"]
    assert model["opset_import"] == [{"domain": "", "version": 17}], model["opset_import"]
    graph = model["graph"]
    inputs = {value["name"]: check_value(value) for value in graph["input"]}
    constants = {}
    for tensor in graph["initializer"]:
        check_tensor(tensor)
        assert tensor["name"] not in constants and tensor["name"] not in inputs, tensor["name"]
        constants[tensor["name"]] = tensor
    known = {*inputs, *constants}
    for node in graph["node"]:
        check_node(node, known)
    used = {name for node in graph["node"] for name in node["input"]}
    output, = graph["output"]
    assert output["name"] in known and set(constants) <= used, sorted(set(constants) - used)
    made = {node["output"][0] for node in graph["node"]}
    assert made - used == {output["name"]}, f"nothing reads {sorted(made - used)}"
    model.update(inputs=inputs, constants=constants, output={output["name"]: check_value(output)},
                 metadata={entry["key"]: entry["value"] for entry in model["metadata_props"]})
    return model


# ---- execution ----


def operators(torch):
    """The operators as functions of inputs and attributes, by ONNX's definitions."""
    F = torch.nn.functional

    def sides(x, a):
        n = x.dim() - 2
        pads = a.get("pads", [0] * 2 * n)
        assert pads[:n] == pads[n:]
        return {"stride": a.get("strides", [1] * n), "padding": pads[:n]}

    def conv(x, w, b=None, **a):
        assert list(w.shape[2:]) == a["kernel_shape"]
        f = {3: F.conv1d, 4: F.conv2d}[x.dim()]
        return f(x, w, b, **sides(x, a), dilation=a.get("dilations", 1), groups=a.get("group", 1))

    def conv_transpose(x, w, b=None, **a):
        assert list(w.shape[2:]) == a["kernel_shape"]
        f = {3: F.conv_transpose1d, 4: F.conv_transpose2d}[x.dim()]
        return f(x, w, b, **sides(x, a), dilation=a.get("dilations", 1), groups=a.get("group", 1),
                 output_padding=a.get("output_padding", 0))

    def max_pool(x, **a):
        return {3: F.max_pool1d, 4: F.max_pool2d}[x.dim()](x, a["kernel_shape"], **sides(x, a))

    def average_pool(x, **a):
        f = {3: F.avg_pool1d, 4: F.avg_pool2d}[x.dim()]
        return f(x, a["kernel_shape"], **sides(x, a), count_include_pad=bool(a.get("count_include_pad", 0)))

    def normalize(x, axes, epsilon):
        var, mean = torch.var_mean(x, axes, unbiased=False, keepdim=True)
        return (x - mean) / torch.sqrt(var + epsilon)

    def channels(v, x):
        return v.reshape(-1, *[1] * (x.dim() - 2))

    def layer_norm(x, w, b, axis, epsilon):
        return normalize(x, list(range(axis, 0)), epsilon) * w + b

    def depth_to_space(x, blocksize, mode):
        n, c, h, w = x.shape
        assert mode == "CRD"
        x = x.reshape(n, c // blocksize ** 2, blocksize, blocksize, h, w)
        return x.permute(0, 1, 4, 2, 5, 3).reshape(n, -1, h * blocksize, w * blocksize)

    def place(i, n, scale, way):
        """The position of output i in an input of length n."""
        if way == "asymmetric":
            return math.floor(i / scale)
        if way == "align_corners":
            return i * (n - 1) / (n * scale - 1) if n * scale > 1 else 0
        assert way == "half_pixel"
        return (i + 0.5) / scale - 0.5

    def matrix(n, scale, way):
        """[out, in]: weights of the two inputs around each output; positions beyond the ends are clamped."""
        scale = int(scale)
        m = torch.zeros(n * scale, n)
        for i in range(n * scale):
            at = place(i, n, scale, way)
            low = math.floor(at)
            for j, share in ((low, 1 - (at - low)), (low + 1, at - low)):
                m[i, min(max(j, 0), n - 1)] += share
        return m

    def resize(x, _roi, scales, mode, coordinate_transformation_mode, nearest_mode="floor"):
        assert scales[:2].tolist() == [1, 1] and nearest_mode == "floor"
        assert (mode == "nearest") == (coordinate_transformation_mode == "asymmetric")
        for dim in range(2, x.dim()):
            m = matrix(x.shape[dim], scales[dim].item(), coordinate_transformation_mode)
            x = (x.transpose(dim, -1) @ m.T).transpose(dim, -1)
        return x

    def reshape(x, shape):
        return x.reshape([x.shape[i] if n == 0 else n for i, n in enumerate(shape.tolist())])

    def one_hot(label, depth, values):
        return torch.where(label[:, None] == torch.arange(depth.item()), values[1], values[0])

    def expand(x, shape):
        return x * torch.ones(shape.tolist())

    def div(a, b):
        return torch.div(a, b, rounding_mode=None if a.is_floating_point() else "trunc")

    return {
        "Add": torch.add, "Mul": torch.mul, "Sub": torch.sub, "Div": div, "MatMul": torch.matmul, "Equal": torch.eq,
        "Greater": torch.gt, "Where": torch.where, "Tanh": torch.tanh, "Relu": torch.relu, "Sigmoid": torch.sigmoid,
        "Erf": torch.erf, "Sqrt": torch.sqrt, "Conv": conv, "ConvTranspose": conv_transpose, "MaxPool": max_pool,
        "AveragePool": average_pool, "DepthToSpace": depth_to_space, "Resize": resize, "Reshape": reshape,
        "LayerNormalization": layer_norm, "OneHot": one_hot, "Expand": expand,
        "Softplus": lambda x: torch.log1p(torch.exp(x.double())).float(),
        "LeakyRelu": lambda x, alpha: torch.where(x < 0, alpha * x, x),
        "PRelu": lambda x, slope: torch.where(x < 0, slope * x, x),
        "Elu": lambda x, alpha: torch.where(x < 0, alpha * (torch.exp(x) - 1), x),
        "Selu": lambda x: 1.05070102214813232421875 * torch.where(x > 0, x, 1.67326319217681884765625
                                                                  * (torch.exp(x) - 1)),
        "Softmax": lambda x, axis: torch.softmax(x, axis),
        "Transpose": lambda x, perm: x.permute(perm),
        "Slice": lambda x, begin, end, axis: x.narrow(axis.item(), begin.item(), (end - begin).item()),
        "Gemm": lambda x, w, b, transB: x @ (w.T if transB else w) + b,
        "Flatten": lambda x, axis: x.reshape(math.prod(x.shape[:axis]), -1),
        "Concat": lambda a, b, axis: torch.cat([a, b], axis),
        "Gather": lambda x, i: x[i],
        "Shape": lambda x: torch.tensor(x.shape),
        "Range": lambda a, b, step: torch.arange(a.item(), b.item(), step.item()),
        "Cast": lambda x, to: x.float() if to == FLOAT else None,
        "ReduceSum": lambda x, axis: x.sum(axis.tolist(), keepdim=True),
        "ReduceMean": lambda x, axes: x.mean(axes, keepdim=True),
        "BatchNormalization": lambda x, w, b, mean, var, epsilon: (
            (x - channels(mean, x)) / torch.sqrt(channels(var, x) + epsilon) * channels(w, x) + channels(b, x)),
        "InstanceNormalization": lambda x, w, b, epsilon: (
            normalize(x, list(range(2, x.dim())), epsilon) * channels(w, x) + channels(b, x)),
    }


def tensor_of(torch, tensor):
    dtype = {FLOAT: torch.float32, INT64: torch.int64}[tensor["data_type"]]
    return torch.frombuffer(bytearray(tensor["raw_data"]), dtype=dtype).reshape(tensor["dims"])


def run(torch, model, inputs):
    """Return the output of a model for inputs by their names."""
    values = {name: tensor_of(torch, tensor) for name, tensor in model["constants"].items()}
    values.update(inputs)
    values[""] = None
    functions = operators(torch)
    for node in model["graph"]["node"]:
        function = functions[node["op_type"]]
        values[node["output"][0]] = function(*(values[name] for name in node["input"]), **node["attributes"])
    (name, (_, dims)), = model["output"].items()
    assert list(values[name].shape[1:]) == dims, (name, values[name].shape, dims)
    return values[name]
