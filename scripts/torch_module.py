"""torch_module - write a list of layers, as in libgan's files, as a PyTorch nn.Module; for gan-convert.

write() returns readable Python: one class, with a line for each layer, preceded by those of the library's layers that
PyTorch lacks.  A layer has the index in its nn.Sequential that its tensors have in the file.
"""
import json
import math
import struct

MOST_DEPTH = 6  # of nested residual blocks

# The settings of each kind in their order, as in docs/formats.md; * and the number of values.
CONV = "in_channels out_channels kernel_size*2 stride*2 padding*2 dilation*2 output_padding*2 groups bias"
NORM = "eps momentum affine"
SETTINGS = {
    "linear": "in out", "leaky_relu": "slope", "relu": "", "tanh": "", "sigmoid": "", "elu": "alpha", "selu": "",
    "gelu": "", "gelu_tanh": "", "silu": "", "softplus": "beta threshold", "prelu": "num_parameters init",
    "dropout": "p", "dropout2d": "p", "flatten": "", "reshape": "shape*4",
    "conv2d": CONV, "conv_transpose2d": CONV, "conv1d": CONV.replace("*2", ""),
    "conv_transpose1d": CONV.replace("*2", ""),
    "max_pool2d": "kernel_size*2 stride*2 padding*2", "max_pool1d": "kernel_size stride padding",
    "avg_pool2d": "kernel_size*2 stride*2 padding*2 count_include_pad",
    "avg_pool1d": "kernel_size stride padding count_include_pad",
    "batch_norm": f"{NORM} num_features", "instance_norm": f"{NORM} num_features",
    "layer_norm": f"{NORM} normalized_shape*4", "group_norm": f"{NORM} num_channels num_groups",
    "upsample": "scale_factor mode align_corners", "pixel_shuffle": "upscale_factor", "blur_pool2d": "stride",
    "blur_upsample2d": "", "attention": "key_channels value_channels scale", "minibatch_stddev": "group_size",
    "label_embedding": "num_classes embedding_dim", "one_hot": "num_classes", "label_map": "num_classes num_maps",
    "class_affine": "num_features num_classes", "projection": "in num_classes",
}
LOOK_AT_LABELS = ("label_embedding", "one_hot", "label_map", "class_affine", "projection")

# The layers that PyTorch lacks, in the order of a module file.
CLASSES = {
    "Sequential": '''\
class Sequential(nn.Sequential):
    """An nn.Sequential that passes the labels to the layers that use them."""

    looks_at_labels = True

    def forward(self, x, label):
        for layer in self:
            x = layer(x, label) if getattr(layer, "looks_at_labels", False) else layer(x)
        return x
''',
    "FlatLinear": '''\
class FlatLinear(nn.Linear):
    """An nn.Linear on flattened samples."""

    def forward(self, x):
        return super().forward(x.flatten(1))
''',
    "Reshape": '''\
class Reshape(nn.Module):
    """Reshapes each sample."""

    def __init__(self, *shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.reshape(len(x), *self.shape)
''',
    "BlurPool2d": '''\
class BlurPool2d(nn.Module):
    """Downsamples an image with the blur filter [1, 2, 1] / 4 in both directions."""

    def __init__(self, stride):
        super().__init__()
        self.stride = stride

    def forward(self, x):
        line = torch.tensor([1, 2, 1], dtype=x.dtype, device=x.device) / 4
        kernel = torch.outer(line, line).expand(x.shape[1], 1, 3, 3)
        return nn.functional.conv2d(x, kernel, stride=self.stride, padding=1, groups=x.shape[1])
''',
    "BlurUpsample2d": '''\
class BlurUpsample2d(nn.Module):
    """Upsamples an image by 2 with the blur filter [1, 2, 1] / 2 in both directions."""

    def forward(self, x):
        line = torch.tensor([1, 2, 1], dtype=x.dtype, device=x.device) / 2
        kernel = torch.outer(line, line).expand(x.shape[1], 1, 3, 3)
        return nn.functional.conv_transpose2d(x, kernel, stride=2, padding=1, output_padding=1, groups=x.shape[1])
''',
    "Attention": '''\
class Attention(nn.Module):
    """Self-attention over the pixels of an image; the channels are queries, keys and values, in this order."""

    def __init__(self, key_channels, value_channels, scale):
        super().__init__()
        self.parts, self.scale = (key_channels, key_channels, value_channels), scale

    def forward(self, x):
        query, key, value = x.flatten(2).split(self.parts, 1)
        weight = (self.scale * query.transpose(1, 2) @ key).softmax(-1)
        return (value @ weight.transpose(1, 2)).reshape(len(x), -1, *x.shape[2:])
''',
    "MinibatchStdDev": '''\
class MinibatchStdDev(nn.Module):
    """Appends a channel with the mean standard deviation over a group, which is group_size consecutive samples."""

    def __init__(self, group_size):
        super().__init__()
        self.group_size = group_size

    def forward(self, x):
        groups = x.split(self.group_size)
        channels = [(group.var(0, unbiased=False) + 1e-8).sqrt().mean().expand(len(group), 1, *x.shape[2:])
                    for group in groups]
        return torch.cat([x, torch.cat(channels)], 1)
''',
    "Residual": '''\
class Residual(nn.Module):
    """body(x) + shortcut(x), or body(x) + x without a shortcut."""

    def __init__(self, body, shortcut=None):
        super().__init__()
        self.body, self.shortcut = body, shortcut
        self.looks_at_labels = hasattr(body, "looks_at_labels")

    def forward(self, x, *label):
        return self.body(x, *label) + (x if self.shortcut is None else self.shortcut(x, *label))
''',
    "LabelEmbedding": '''\
class LabelEmbedding(nn.Embedding):
    """Appends the embedding of a sample's class."""

    looks_at_labels = True

    def forward(self, x, label):
        shape = (-1, 1, 1) if x.dim() == 4 and x.shape[2:] == (1, 1) else (-1,)
        return torch.cat([x.flatten(1), super().forward(label)], 1).reshape(len(x), *shape)
''',
    "OneHot": '''\
class OneHot(nn.Module):
    """Appends the one-hot vector of a sample's class; to an image, as constant channels."""

    looks_at_labels = True

    def __init__(self, num_classes):
        super().__init__()
        self.num_classes = num_classes

    def forward(self, x, label):
        ones = nn.functional.one_hot(label, self.num_classes).to(x.dtype)
        if x.dim() != 4:
            return torch.cat([x.flatten(1), ones], 1)
        return torch.cat([x, ones[:, :, None, None].expand(-1, -1, *x.shape[2:])], 1)
''',
    "LabelMap": '''\
class LabelMap(nn.Module):
    """Appends to an image the learnt channels of a sample's class."""

    looks_at_labels = True

    def __init__(self, num_classes, num_maps, height, width):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(num_classes, num_maps, height, width))

    def forward(self, x, label):
        return torch.cat([x, self.weight[label]], 1)
''',
    "ClassAffine": '''\
class ClassAffine(nn.Module):
    """Scales and shifts each channel by learnt parameters of a sample's class."""

    looks_at_labels = True

    def __init__(self, num_features, num_classes):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(num_classes, num_features))
        self.bias = nn.Parameter(torch.zeros(num_classes, num_features))

    def forward(self, x, label):
        shape = *x.shape[:2], *[1] * (x.dim() - 2)
        return self.weight[label].reshape(shape) * x + self.bias[label].reshape(shape)
''',
    "Projection": '''\
class Projection(nn.Linear):
    """The last layer of a projection discriminator: a linear output plus the dot product with the class's embedding."""

    looks_at_labels = True

    def __init__(self, in_features, num_classes):
        super().__init__(in_features, 1)
        self.embedding = nn.Embedding(num_classes, in_features)

    def forward(self, x, label):
        x = x.flatten(1)
        return super().forward(x) + (self.embedding(label) * x).sum(1, keepdim=True)
''',
}


class Misfit(Exception):
    """An invalid layer; the text names it."""


# ---- calls as source text ----


def shortest(number):
    """A float32 that became a double, such as 0.20000000298023224, as the shortest decimal for it: 0.2."""
    if type(number) is int or struct.unpack("f", struct.pack("f", number))[0] != number:
        return number
    return next(short for short in (float(f"{number:.{n}g}") for n in range(1, 18))
                if struct.unpack("f", struct.pack("f", short))[0] == number)


def call(name, *values, **settings):
    """A constructor's call; settings are (value, PyTorch's default), and omitted where these are equal."""
    given = [f"{key}={value!r}" for key, (value, default) in settings.items() if value != default]
    return f"{name}({', '.join([*(repr(value) for value in values), *given])})"


def pair(numbers):
    """Height and width, as one number where they are equal; in one dimension, the number."""
    if not isinstance(numbers, tuple):
        return numbers
    return numbers[0] if numbers[0] == numbers[1] else numbers


def size(shape):
    return math.prod(shape)


def fits(condition):
    if not condition:
        raise ValueError


# ---- kinds: each from its settings and the shape of its input to the call and the shape of its output ----


def linear(s, shape):
    fits(size(shape) == s["in"])
    return call("nn.Linear" if len(shape) == 1 else "FlatLinear", s["in"], s["out"]), (s["out"],)


def keeps_shape(name):
    """A layer of PyTorch whose arguments are the settings in their order."""
    return lambda s, shape: (call(f"nn.{name}", *s.values()), shape)


def flatten(_s, shape):
    return "nn.Flatten()", (size(shape),)


def reshape(s, shape):
    new = tuple(n for n in s["shape"] if n)
    fits(size(new) == size(shape))
    if len(new) == 1:
        return "nn.Flatten()", new
    return (call("nn.Unflatten", 1, new) if len(shape) == 1 else call("Reshape", *new)), new


def each_side(s, shape, rule):
    """Apply rule(length, settings of that side) to the sides of an image, or to a sequence's length."""
    both = {key: value if isinstance(value, tuple) else (value,) for key, value in s.items()}
    sides = len(both["kernel_size"])
    fits(len(shape) == sides + 1)
    return tuple(rule(shape[i + 1], {key: value[i] for key, value in both.items() if len(value) == sides})
                 for i in range(sides))


def conv(kind):
    transposed, dims = "transpose" in kind, kind[-2]

    def length(n, s):
        reach = s["dilation"] * (s["kernel_size"] - 1)
        if transposed:
            return (n - 1) * s["stride"] - 2 * s["padding"] + reach + s["output_padding"] + 1
        return (n + 2 * s["padding"] - reach - 1) // s["stride"] + 1

    def write(s, shape):
        fits(shape[0] == s["in_channels"])
        extra = {"output_padding": (pair(s["output_padding"]), 0)} if transposed else {}
        text = call(f"nn.Conv{'Transpose' if transposed else ''}{dims}d", s["in_channels"], s["out_channels"],
                    pair(s["kernel_size"]), stride=(pair(s["stride"]), 1), padding=(pair(s["padding"]), 0), **extra,
                    dilation=(pair(s["dilation"]), 1), groups=(s["groups"], 1), bias=(bool(s["bias"]), True))
        return text, (s["out_channels"], *each_side(s, shape, length))

    return write


def pool(name):
    def write(s, shape):
        text = call(f"nn.{name}", pair(s["kernel_size"]), stride=(pair(s["stride"]), pair(s["kernel_size"])),
                    padding=(pair(s["padding"]), 0), count_include_pad=(bool(s.get("count_include_pad", 1)), True))
        sides = each_side(s, shape, lambda n, s: (n + 2 * s["padding"] - s["kernel_size"]) // s["stride"] + 1)
        return text, (shape[0], *sides)

    return write


def norm_of_channels(name, affine):
    """Batch and instance normalisation: PyTorch has a class for each number of dimensions."""
    def write(s, shape):
        fits(shape[0] == s["num_features"])
        dims = max(len(shape) - 1, 1)
        momentum = {"momentum": (s["momentum"], 0.1)} if name == "BatchNorm" else {}
        return call(f"nn.{name}{dims}d", s["num_features"], eps=(s["eps"], 1e-5), **momentum,
                    affine=(bool(s["affine"]), affine)), shape

    return write


def layer_norm(s, shape):
    normalized = tuple(n for n in s["normalized_shape"] if n)
    fits(shape[-len(normalized):] == normalized)
    return call("nn.LayerNorm", normalized if len(normalized) > 1 else normalized[0], eps=(s["eps"], 1e-5),
                elementwise_affine=(bool(s["affine"]), True)), shape


def group_norm(s, shape):
    fits(shape[0] == s["num_channels"])
    return call("nn.GroupNorm", s["num_groups"], s["num_channels"], eps=(s["eps"], 1e-5),
                affine=(bool(s["affine"]), True)), shape


def upsample(s, shape):
    fits(len(shape) in (2, 3) and s["mode"] in (0, 1))
    mode = ("linear" if len(shape) == 2 else "bilinear") if s["mode"] else "nearest"
    return call("nn.Upsample", scale_factor=(s["scale_factor"], 0), mode=(mode, "nearest"),
                align_corners=(bool(s["align_corners"]), False)), \
        (shape[0], *(n * s["scale_factor"] for n in shape[1:]))


def pixel_shuffle(s, shape):
    channels, height, width = shape
    f = s["upscale_factor"]
    fits(channels % (f * f) == 0)
    return call("nn.PixelShuffle", f), (channels // (f * f), height * f, width * f)


def blur_pool2d(s, shape):
    channels, height, width = shape
    return call("BlurPool2d", s["stride"]), (channels, (height - 1) // s["stride"] + 1, (width - 1) // s["stride"] + 1)


def blur_upsample2d(_s, shape):
    channels, height, width = shape
    return call("BlurUpsample2d"), (channels, 2 * height, 2 * width)


def attention(s, shape):
    channels, height, width = shape
    fits(channels == 2 * s["key_channels"] + s["value_channels"])
    return call("Attention", *s.values()), (s["value_channels"], height, width)


def minibatch_stddev(s, shape):
    return call("MinibatchStdDev", s["group_size"]), (shape[0] + 1, *shape[1:])


def appended(shape, n):
    """The shape of a vector that is n longer; [channels, 1, 1], for convolutions, stays such."""
    return (size(shape) + n, 1, 1) if len(shape) == 3 and shape[1:] == (1, 1) else (size(shape) + n,)


def label_embedding(s, shape):
    return call("LabelEmbedding", s["num_classes"], s["embedding_dim"]), appended(shape, s["embedding_dim"])


def one_hot(s, shape):
    n = s["num_classes"]
    return call("OneHot", n), (shape[0] + n, *shape[1:]) if len(shape) == 3 else appended(shape, n)


def label_map(s, shape):
    channels, height, width = shape
    return call("LabelMap", s["num_classes"], s["num_maps"], height, width), (channels + s["num_maps"], height, width)


def class_affine(s, shape):
    fits(shape[0] == s["num_features"])
    return call("ClassAffine", s["num_features"], s["num_classes"]), shape


def projection(s, shape):
    fits(size(shape) == s["in"])
    return call("Projection", s["in"], s["num_classes"]), (1,)


KINDS = {
    "linear": linear, "flatten": flatten, "reshape": reshape, "upsample": upsample, "pixel_shuffle": pixel_shuffle,
    "blur_pool2d": blur_pool2d, "blur_upsample2d": blur_upsample2d, "attention": attention,
    "layer_norm": layer_norm, "group_norm": group_norm, "minibatch_stddev": minibatch_stddev,
    "label_embedding": label_embedding, "one_hot": one_hot, "label_map": label_map, "class_affine": class_affine,
    "projection": projection,
    "batch_norm": norm_of_channels("BatchNorm", True), "instance_norm": norm_of_channels("InstanceNorm", False),
    **{kind: conv(kind) for kind in ("conv2d", "conv_transpose2d", "conv1d", "conv_transpose1d")},
    **{f"{kind}_pool{n}d": pool(f"{name}Pool{n}d") for n in (1, 2) for kind, name in (("max", "Max"), ("avg", "Avg"))},
    **{kind: keeps_shape(name) for kind, name in (
        ("leaky_relu", "LeakyReLU"), ("relu", "ReLU"), ("tanh", "Tanh"), ("sigmoid", "Sigmoid"), ("elu", "ELU"),
        ("selu", "SELU"), ("gelu", "GELU"), ("silu", "SiLU"), ("softplus", "Softplus"), ("prelu", "PReLU"),
        ("dropout", "Dropout"), ("dropout2d", "Dropout2d"))},
    "gelu_tanh": lambda s, shape: ('nn.GELU(approximate="tanh")', shape),
}


def read_settings(kind, numbers):
    """Return the settings of a layer by name."""
    settings, left = {}, list(numbers)
    fits(all(type(n) in (int, float) and math.isfinite(n) for n in left))
    for field in SETTINGS[kind].split():
        name, _, count = field.partition("*")
        taken = tuple(shortest(left.pop(0)) for _ in range(int(count or 1)))
        settings[name] = taken if count else taken[0]
    fits(not left)
    return settings


# ---- networks ----


def kinds_of(layers):
    """The kinds in a list of layers and in its blocks; anything else is skipped."""
    for layer in layers if isinstance(layers, list) else []:
        if isinstance(layer, list) and layer:
            yield layer[0]
            for part in layer[1:]:
                yield from kinds_of(part)


class Writer:
    """Collects the lines of a network's layers, and the names of the classes above that it uses."""

    def __init__(self, layers, tensors):
        self.tensors = tensors
        self.conditional = any(kind in LOOK_AT_LABELS for kind in kinds_of(layers))
        self.sequential = "Sequential" if self.conditional else "nn.Sequential"
        self.used = {self.sequential}
        self.lines = []

    def put(self, depth, text, note=""):
        self.used.add(text.partition("(")[0])
        self.lines.append("    " * depth + text + note)

    def write_block(self, name, branches, shape, depth, blocks):
        body, shortcut = branches
        fits(blocks < MOST_DEPTH)
        self.put(depth, "Residual(")
        out = self.write_branch(f"{name}.body", body, shape, depth + 1, blocks + 1)
        beside = self.write_branch(f"{name}.shortcut", shortcut, shape, depth + 1, blocks + 1) if shortcut else shape
        fits(out == beside)
        self.put(depth, "),", f"  # {name}: {list(out)}")
        return out

    def write_branch(self, name, layers, shape, depth, blocks):
        self.put(depth, f"{self.sequential}(")
        shape = self.write_layers(f"{name}.", layers, shape, depth + 1, blocks)
        self.put(depth, "),")
        return shape

    def write_layer(self, name, layer, shape, depth, blocks):
        kind, *settings = layer
        if kind == "residual":
            return self.write_block(name, settings, shape, depth, blocks)
        norm = kind == "spectral_norm"
        if norm:
            (kind, *settings), = settings
        text, shape = KINDS[kind](read_settings(kind, settings), shape)
        fits(all(type(n) is int and n > 0 for n in shape))
        self.used.add(text.partition("(")[0])
        if norm:  # PyTorch has two, which name their tensors differently
            newer = f"{name}.parametrizations.weight.original" in self.tensors
            text = f"nn.utils.{'parametrizations.' if newer else ''}spectral_norm({text})"
        self.put(depth, f"{text},", f"  # {name}: {list(shape)}")
        return shape

    def write_layers(self, begin, layers, shape, depth, blocks=0):
        for i, layer in enumerate(layers):
            name = f"{begin}{i}"
            try:
                shape = self.write_layer(name, layer, shape, depth, blocks)
            except (ValueError, TypeError, KeyError, IndexError, ZeroDivisionError, OverflowError):
                raise Misfit(f"layer {name}, {json.dumps(layer)[:100]}: none that libgan has, or not for an input of "
                             f"shape {list(shape)}") from None
        return shape


def read_notes(texts):
    """Return the values of a file's metadata beside its layers."""
    notes = {key: json.loads(texts[key]) for key in ("classes", "picture", "scaler") if key in texts}
    if "picture" in notes:
        notes["picture"] = tuple(int(n) for n in notes["picture"])
    if "scaler" in notes:
        notes["scaler"] = {key: [float(n) for n in notes["scaler"][key]] for key in ("shift", "scale")}
    return notes


def describe(network, out, latent, notes, conditional):
    """The lines that describe input and output."""
    drawn = {"normal": "from the standard normal distribution", "uniform": "uniformly from -1 to 1"}
    last = network["layers"][-1][0] if network["layers"] else ""
    spread = {"tanh": ", from -1 to 1", "sigmoid": ", from 0 to 1"}.get(last, "")
    drawn = f"; latent vectors are drawn {drawn.get(latent)}" if math.prod(network["input"][1:]) == 1 else ""
    yield f"input:  [N, {', '.join(map(str, network['input']))}]{drawn}"
    if conditional:
        yield "label:  [N] of torch.long, each sample's class" + (", see CLASSES" if "classes" in notes else "")
    yield f"output: [N, {', '.join(map(str, out))}]{spread}"
    if "picture" in notes:
        yield "        each is a picture of shape PICTURE"
    if "scaler" in notes:
        yield "        output * SCALE + SHIFT is in the units of the table"


def constants(notes):
    if "classes" in notes:
        yield f"CLASSES = {notes['classes']!r}"
    if "picture" in notes:
        yield f"PICTURE = {notes['picture']!r}"
    for key in ("shift", "scale") if "scaler" in notes else ():
        yield f"{key.upper()} = torch.tensor({notes['scaler'][key]!r})"


def write(name, network, texts, tensors, origin):
    """Return the source of a module with a class `name`, and load(), which creates one from a file.

    `network` is {"input": [...], "layers": [...]}; `texts` may have "classes", "picture", "latent" and "scaler", as in
    a file's metadata; `tensors` are the names of its tensors; `origin` is the file's name.
    """
    try:
        shape, notes = tuple(network["input"]), read_notes(texts)
        fits(shape and all(type(n) is int and n > 0 for n in shape))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Misfit(f"the input's shape, or a note, is damaged: {str(error)[:100]}") from None
    writer = Writer(network["layers"], tensors)
    out = writer.write_layers("", network["layers"], shape, 3)
    head = [f'"""{name}: the network of {json.dumps(origin)[1:-1]}, for PyTorch 1.12 or later; by gan-convert.', "",
            *describe(network, out, texts.get("latent", "normal"), notes, writer.conditional), '"""', "import torch",
            "from torch import nn"]
    values = list(constants(notes))
    body = [f"class {name}({writer.sequential}):", "    def __init__(self):", "        super().__init__(",
            *writer.lines, "        )"]
    load = ["def load(path):",
            '    """Return the network with the weights of a .pt file of gan-convert, in evaluation mode."""',
            f"    net = {name}()", '    net.load_state_dict(torch.load(path, map_location="cpu"))',
            "    return net.eval()"]
    begin = "\n".join([*head, *([""] if values else []), *values])
    ours = [text.rstrip() for key, text in CLASSES.items() if key in writer.used]
    return "\n\n\n".join([begin, *ours, "\n".join(body), "\n".join(load)]) + "\n"
