#!/usr/bin/python3
"""Make the reference vectors of single layers with PyTorch; see README.md.

One file per family of layers: make_layers_NAME.py has a function NAME_cases() that calls case() for each, and makes
layers_NAME.bin.  tests/onelayer.h reads what case() writes.
"""
import importlib
import sys

import torch
from torch import nn

from make_golden import exact, write_vectors

FAMILIES = ("norm", "misc", "conv", "line", "residual", "spectral", "label", "blur", "attention")


def rounded(module):
    """The module in float64, with values that are exact in float32."""
    module = module.double()
    for t in list(module.parameters()) + list(module.buffers()):
        if t.is_floating_point():
            t.data = exact(t.data)
    return module


def stirred(module, spread=0.3):
    """The module with all weights, and running means and variances, perturbed, away from ones and zeros."""
    for name, t in list(module.named_parameters()) + list(module.named_buffers()):
        if t.is_floating_point():
            noise = spread * torch.randn(t.shape).to(t.dtype)
            t.data += noise.abs() if "var" in name else noise
    return module


def case(vectors, name, module, shape, rows, group=None, x=None, stir=True):
    """Add one training step of a layer, or of an nn.Sequential, to `vectors`: its weights, x, dy, the results,
    buffers afterwards, and output and gradients in evaluation mode with these if they differ.  `shape` is a sample's,
    without the batch; each `group` consecutive rows are a batch of their own.  `x` replaces the random input."""
    module = stirred(module) if stir else module
    net = rounded(module if isinstance(module, nn.Sequential) else nn.Sequential(module))
    x = exact(torch.randn(rows, *shape) if x is None else x).requires_grad_()
    for key, t in net.state_dict().items():
        if t.is_floating_point():
            vectors[f"{name}.{key}"] = t.clone()
    net.train()
    y = torch.cat([net(part) for part in x.split(group or rows)])
    dy = exact(torch.randn(y.shape))
    y.backward(dy)
    vectors[f"{name}.x"] = x.detach()
    vectors[f"{name}.dy"] = dy
    vectors[f"{name}.y"] = y.detach()
    vectors[f"{name}.dx"] = x.grad
    for key, p in net.named_parameters():
        vectors[f"{name}.grad.{key}"] = p.grad
    for key, b in net.named_buffers():
        if b.is_floating_point():
            vectors[f"{name}.buffer.{key}"] = b.clone()
    net.eval()
    net.zero_grad(set_to_none=True)
    x = x.detach().requires_grad_()
    again = net(x)
    again.backward(dy)
    if not torch.equal(again, y):
        vectors[f"{name}.eval"] = again
        vectors[f"{name}.eval_dx"] = x.grad
        for key, p in net.named_parameters():
            vectors[f"{name}.eval_grad.{key}"] = p.grad


if __name__ == "__main__":
    torch.set_num_threads(1)
    for family in sys.argv[1:] or FAMILIES:
        torch.manual_seed(21)
        vectors = {}
        getattr(importlib.import_module(f"make_layers_{family}"), f"{family}_cases")(vectors)
        write_vectors(f"layers_{family}.bin", vectors)
        print(f"layers_{family}.bin: {len(vectors)} vectors, {sum(t.numel() for t in vectors.values())} numbers")
