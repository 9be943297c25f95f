#!/usr/bin/python3
"""Make the reference vectors of differentiable augmentation with PyTorch; see README.md.

The operations are written on tensors from their definitions in gan/augment.h, and random numbers come from a Philox
4x32-10 of this file's own, so the vectors also fix which numbers each sample and operation gets.  For each case
there are images x, the augmented ones y, and for weights w the gradients with respect to x of the sum of w y.
"""
import math

import torch

from make_golden import exact, write_vectors

STREAM, SEED, FIRST = (1 << 63) + 24, 77, 5
NAMES = ["flip", "brightness", "saturation", "contrast", "translation", "cutout"]
ROWS = 10
WORD = 0xFFFFFFFF


def philox(seed, stream, block):
    c = [block & WORD, block >> 32, stream & WORD, stream >> 32]
    key = [seed & WORD, seed >> 32]
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ key[0], b & WORD, (a >> 32) ^ c[3] ^ key[1], a & WORD]
        key = [(key[0] + 0x9E3779B9) & WORD, (key[1] + 0xBB67AE85) & WORD]
    return c


def uniforms(sample, operation, seed, stream):
    """Four numbers in [0, 1) for one of up to eight operations on a sample."""
    return [(word >> 8) / 2 ** 24 for word in philox(seed, stream, sample * 8 + operation)]


def rounded(x):
    return math.floor(x + 0.5)


def flip(x, u, fill):
    return x.flip(2) if u[0] < 0.5 else x


def brightness(x, u, fill):
    return x + u[0] - 0.5


def saturation(x, u, fill):
    mean = x.mean(dim=0, keepdim=True)
    return (x - mean) * (2 * u[0]) + mean


def contrast(x, u, fill):
    return (x - x.mean()) * (0.5 + u[0]) + x.mean()


def translation(x, u, fill):
    """A window of the image, padded with the fill value."""
    _, h, w = x.shape
    high, wide = rounded(h / 8), rounded(w / 8)
    down, right = math.floor(u[0] * (2 * high + 1)) - high, math.floor(u[1] * (2 * wide + 1)) - wide
    framed = torch.nn.functional.pad(x, (wide, wide, high, high), value=fill)
    return framed[:, high + down:high + down + h, wide + right:wide + right + w]


def cutout(x, u, fill):
    inside = torch.ones_like(x, dtype=torch.bool)
    for axis, drawn in ((1, u[0]), (2, u[1])):
        n = x.shape[axis]
        size = rounded(n / 2)
        begin = math.floor(drawn * (n + 1 - size % 2)) - size // 2
        at = torch.arange(n)
        here = (at >= begin) & (at < begin + size)
        inside &= here.reshape((1, n, 1) if axis == 1 else (1, 1, n))
    return torch.where(inside, torch.full_like(x, fill), x)


OPERATIONS = [flip, brightness, saturation, contrast, translation, cutout]


def augmented(x, operations, probability, fill, first=FIRST, seed=SEED, stream=STREAM):
    rows = []
    for i, image in enumerate(x):
        for k, operation in enumerate(OPERATIONS):
            u = uniforms(first + i, k, seed, stream)
            if operations >> k & 1 and u[0] < probability:
                image = operation(image, u[1:], fill)
        rows.append(image)
    return torch.stack(rows)


def case(out, name, shape, operations, probability, fill):
    x = exact(torch.rand(ROWS, *shape, dtype=torch.float64) * 2 - 1).requires_grad_()
    w = exact(torch.randn(ROWS, *shape, dtype=torch.float64))
    y = augmented(x, operations, probability, fill)
    (y * w).sum().backward()
    out.update({f"{name}.x": x.detach(), f"{name}.w": w, f"{name}.y": y.detach(), f"{name}.dx": x.grad})


if __name__ == "__main__":
    torch.manual_seed(81)
    vectors = {}
    for k, name in enumerate(NAMES):
        case(vectors, name, (3, 6, 9), 1 << k, 1, -1)
    case(vectors, "grey", (1, 9, 7), 63, 1, 0.25)
    case(vectors, "all", (3, 8, 8), 63, 1, 0)
    case(vectors, "some", (2, 5, 12), 63, 0.5, -0.75)
    write_vectors("augment.bin", vectors)
