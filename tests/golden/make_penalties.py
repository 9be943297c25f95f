#!/usr/bin/python3
"""Make the reference vectors of gradient penalties with PyTorch's double backward; see README.md.

For each network: its weights, samples x, and the penalty's value and gradient with respect to every weight
that has one: 10 times the mean of (r - 1)^2 ("gp"), and of r^2 / 2 ("r1"), r being the norm of the logit's gradient.
"""
import torch
from torch import nn

from make_golden import exact, write_vectors
from make_layers import rounded, stirred
from make_layers_attention import Attention
from make_layers_blur import Blur
from make_layers_label import (ClassAffine, LabelEmbedding, LabelMap, OneHot, Projection, batch,
                               conditional_norm)
from make_layers_misc import MinibatchStddev
from make_layers_residual import Residual

ROWS = 6


def penalties(net, x):
    """The two penalties, from the same gradient."""
    g, = torch.autograd.grad(net(x).sum(), x, create_graph=True)
    norms = g.reshape(len(x), -1).norm(dim=1)
    return {"gp": 10 * ((norms - 1) ** 2).mean(), "r1": 5 * (norms ** 2).mean()}


def case(vectors, name, shape, *layers):
    net = nn.Sequential(*layers)
    for i, layer in enumerate(net):
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm, nn.InstanceNorm2d,
                              nn.PReLU, ClassAffine, Projection)):
            net[i] = stirred(layer)
        elif isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):  # so that gradients are not far below 1
            getattr(layer, "weight_orig", layer.weight).data *= 2
    net = rounded(net)
    net.train()
    x = exact(1.5 * torch.randn(ROWS, *shape)).requires_grad_()
    vectors[f"{name}.x"] = x.detach()
    for key, t in net.state_dict().items():
        if t.is_floating_point():
            vectors[f"{name}.{key}"] = t.clone()
    for kind, value in penalties(net, x).items():
        vectors[f"{name}.{kind}"] = value.detach().reshape(1)
        grads = torch.autograd.grad(value, list(net.parameters()), retain_graph=True, allow_unused=True)
        for (key, p), g in zip(net.named_parameters(), grads):
            vectors[f"{name}.{kind}.{key}"] = torch.zeros_like(p) if g is None else g


def activations(v):
    kinds = {"relu": nn.ReLU(), "leaky_relu": nn.LeakyReLU(0.2), "tanh": nn.Tanh(), "sigmoid": nn.Sigmoid(),
             "elu": nn.ELU(0.5), "selu": nn.SELU(), "softplus": nn.Softplus(2, 3), "gelu": nn.GELU(),
             "gelu_tanh": nn.GELU(approximate="tanh"), "silu": nn.SiLU()}
    for name, layer in kinds.items():
        case(v, name, (5,), nn.Linear(5, 9), layer, nn.Linear(9, 7), layer, nn.Linear(7, 1))
    case(v, "prelu", (5,), nn.Linear(5, 9), nn.PReLU(9), nn.Linear(9, 1))
    # Consecutive activations, first and last, without a linear layer between them.
    case(v, "row", (5,), nn.Tanh(), nn.SiLU(), nn.Linear(5, 9), nn.Sigmoid(), nn.Tanh(), nn.LeakyReLU(0.2),
         nn.Linear(9, 1), nn.Softplus(2, 3), nn.Tanh())


def images(v):
    case(v, "dcgan", (2, 8, 8), nn.Conv2d(2, 4, 4, stride=2, padding=1), nn.SiLU(),
         nn.Conv2d(4, 6, 4, stride=2, padding=1, bias=False), nn.LeakyReLU(0.2), nn.Conv2d(6, 1, 2))
    case(v, "groups", (4, 5, 6), nn.Conv2d(4, 6, (3, 2), stride=(1, 2), padding=(1, 0), groups=2), nn.Tanh(),
         nn.Conv2d(6, 3, 3, dilation=2, padding=1), nn.Softplus(2, 3), nn.Flatten(), nn.Linear(9, 1))
    case(v, "transposed", (3, 4, 4), nn.ConvTranspose2d(3, 4, 4, stride=2, padding=1), nn.ELU(0.5),
         nn.ConvTranspose2d(4, 2, 3), nn.Tanh(), nn.Conv2d(2, 1, 10))
    case(v, "pooled", (2, 6, 6), nn.Conv2d(2, 4, 3, padding=1), nn.SiLU(), nn.MaxPool2d(2),
         nn.Conv2d(4, 8, 3, padding=1), nn.Sigmoid(), nn.PixelShuffle(2), nn.AvgPool2d(3, stride=2, padding=1),
         nn.Upsample(scale_factor=2, mode="bilinear"), nn.Upsample(scale_factor=2), nn.Flatten(),
         nn.Linear(2 * 12 * 12, 1))
    case(v, "stddev", (2, 6, 6), nn.Conv2d(2, 4, 4, stride=2, padding=1), nn.SiLU(), MinibatchStddev(3),
         nn.Conv2d(5, 3, 3), nn.Tanh(), MinibatchStddev(4), nn.Conv2d(4, 1, 1))


def norms(v):
    case(v, "batch_norm", (5,), nn.Linear(5, 9), nn.BatchNorm1d(9), nn.Tanh(), nn.Linear(9, 1))
    case(v, "batch_norm_first", (2, 4, 4), nn.BatchNorm2d(2), nn.Conv2d(2, 4, 4, stride=2, padding=1),
         nn.BatchNorm2d(4, affine=False), nn.SiLU(), nn.Conv2d(4, 1, 2))
    case(v, "layer_norm", (5,), nn.Linear(5, 9), nn.LayerNorm(9), nn.Tanh(), nn.Linear(9, 1))
    case(v, "layer_norm_image", (2, 4, 4), nn.LayerNorm((4, 4)), nn.Conv2d(2, 4, 4, stride=2, padding=1),
         nn.LayerNorm((4, 2, 2), elementwise_affine=False), nn.SiLU(), nn.Conv2d(4, 1, 2))
    case(v, "group_norm", (4, 4, 4), nn.GroupNorm(2, 4), nn.Conv2d(4, 6, 4, stride=2, padding=1), nn.GroupNorm(3, 6),
         nn.Sigmoid(), nn.Conv2d(6, 1, 2))
    case(v, "instance_norm", (2, 6, 6), nn.InstanceNorm2d(2, affine=True), nn.Conv2d(2, 4, 4, stride=2, padding=1),
         nn.InstanceNorm2d(4), nn.GELU(), nn.Conv2d(4, 1, 3))


def blocks(v):
    """Residual blocks and spectral norm."""
    case(v, "residual", (6,), nn.Linear(6, 9), nn.Tanh(),
         Residual(nn.Sequential(nn.Tanh(), nn.Linear(9, 9), nn.Sigmoid())), nn.LeakyReLU(0.2),
         Residual(nn.Sequential(nn.SiLU(), nn.Linear(9, 4), nn.Tanh()),
                  nn.Sequential(nn.Tanh(), nn.Linear(9, 4), nn.Tanh())), nn.Softplus(2, 3), nn.Linear(4, 1))
    case(v, "resnet", (2, 6, 6), nn.Conv2d(2, 4, 3, padding=1), Residual(
        nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.ELU(0.5), nn.Conv2d(4, 6, 3, padding=1), nn.AvgPool2d(2)),
        nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(4, 6, 1))), nn.Tanh(), nn.Conv2d(6, 1, 3))
    spectral = nn.utils.spectral_norm
    case(v, "spectral", (2, 6, 6), spectral(nn.Conv2d(2, 4, 4, stride=2, padding=1)), nn.LeakyReLU(0.2),
         spectral(nn.ConvTranspose2d(4, 3, 4, stride=2, padding=1)), nn.Tanh(), nn.Flatten(),
         spectral(nn.Linear(108, 9)), nn.SiLU(), nn.Linear(9, 1))


def labels(v):
    """Conditional networks; row i is of class i % 3."""
    batch["labels"] = torch.arange(ROWS) % 3
    case(v, "embedding", (5,), LabelEmbedding(3, 4), nn.Linear(9, 7), nn.Tanh(), OneHot(3), nn.Linear(10, 1))
    case(v, "projection", (5,), nn.Linear(5, 9), nn.Tanh(), Projection(9, 3))
    case(v, "projection_alone", (5,), Projection(5, 3))
    case(v, "projection_inside", (5,), Projection(5, 3), nn.Tanh(), nn.Linear(1, 4), nn.SiLU(), nn.Linear(4, 1))
    case(v, "affine", (5,), ClassAffine(5, 3), nn.Linear(5, 8), nn.SiLU(), ClassAffine(8, 3), nn.Sigmoid(),
         nn.Linear(8, 1))
    case(v, "map", (2, 6, 6), LabelMap(3, 2, 6, 6), nn.Conv2d(4, 6, 4, stride=2, padding=1), nn.SiLU(), OneHot(3),
         nn.Conv2d(9, 4, 3), nn.Tanh(), LabelEmbedding(3, 2), nn.Conv2d(6, 1, 1))
    case(v, "conditional_norm", (2, 4, 4), *conditional_norm(nn.BatchNorm2d, 2, 3),
         nn.Conv2d(2, 4, 4, stride=2, padding=1), *conditional_norm(nn.BatchNorm2d, 4, 3), nn.SiLU(),
         Projection(16, 3))
    case(v, "block", (4, 3, 3), Residual(
        nn.Sequential(ClassAffine(4, 3), nn.Tanh(), nn.Conv2d(4, 6, 3, padding=1)),
        nn.Sequential(LabelMap(3, 1, 3, 3), nn.Conv2d(5, 6, 1), ClassAffine(6, 3))), nn.Softplus(2, 3),
        Projection(54, 3))


def attention(v):
    """Attention, and resampling with a filter."""
    case(v, "attention", (2, 4, 4), nn.Conv2d(2, 7, 3, padding=1), Attention(2, 3, 0.7), nn.SiLU(),
         nn.Conv2d(3, 1, 4))
    case(v, "attention_first", (5, 2, 3), Attention(1, 3, 1), nn.Tanh(), nn.Conv2d(3, 5, 1), Attention(2, 1, 2),
         nn.Flatten(), nn.Linear(6, 1))
    case(v, "blur", (2, 6, 5), nn.Conv2d(2, 4, 3, padding=1), nn.SiLU(), Blur(2), nn.Conv2d(4, 3, 3, padding=1),
         nn.Tanh(), Blur(0), Blur(1), nn.Flatten(), nn.Linear(108, 1))
    case(v, "sagan", (2, 4, 4), nn.Conv2d(2, 8, 3, padding=1), nn.LeakyReLU(0.2), Residual(
        nn.Sequential(nn.Conv2d(8, 6, 1), Attention(1, 4, 1), nn.Conv2d(4, 8, 1))), nn.LeakyReLU(0.2),
        nn.Conv2d(8, 1, 4))


if __name__ == "__main__":
    torch.set_num_threads(1)
    for family in (activations, images, norms, blocks, labels, attention):
        torch.manual_seed(41)
        vectors = {}
        family(vectors)
        write_vectors(f"penalties_{family.__name__}.bin", vectors)
        print(f"penalties_{family.__name__}.bin: {len(vectors)} vectors, "
              f"{sum(t.numel() for t in vectors.values())} numbers")
