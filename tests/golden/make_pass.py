#!/usr/bin/python3
"""Make the reference vectors of passes that a host runs; see README.md.

The kinds of layer without a file of their own, and 20 steps with two losses that no trainer has.
"""
import torch
from torch import nn
from torch.nn import functional

from make_golden import exact, write_vectors
from make_layers import case, rounded

STEPS = 20


def plain_cases(vectors):
    """The kinds that layers_*.bin don't have."""
    case(vectors, "linear", nn.Linear(7, 5), (7,), 6)
    case(vectors, "leaky_relu", nn.LeakyReLU(0.2), (9,), 4)
    case(vectors, "relu", nn.ReLU(), (9,), 4)
    case(vectors, "tanh", nn.Tanh(), (9,), 4)
    case(vectors, "sigmoid", nn.Sigmoid(), (9,), 4)
    case(vectors, "flatten", nn.Flatten(), (2, 3, 2), 3)
    case(vectors, "reshape", nn.Unflatten(1, (3, 2, 2)), (12,), 3)


def keep(vectors, name, net):
    """The current tensors of a network."""
    for key, t in net.state_dict().items():
        if t.is_floating_point():
            vectors[f"{name}.{key}"] = t.clone()


def bce(logits, target):
    return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def matching(vectors, batch=12, latent=5, sample=9):
    """Feature matching (Salimans et al., 2016): the generator's loss is the squared distance between the mean features,
    after layer 3, of real and generated samples.  The discriminator is trained by binary cross-entropy."""
    g = rounded(nn.Sequential(nn.Linear(latent, 16), nn.LeakyReLU(0.2), nn.BatchNorm1d(16), nn.Linear(16, sample),
                              nn.Tanh()))
    d = rounded(nn.Sequential(nn.Linear(sample, 14), nn.LeakyReLU(0.2), nn.Linear(14, 8), nn.LeakyReLU(0.2),
                              nn.Linear(8, 1)))
    keep(vectors, "matching.g_first", g)
    keep(vectors, "matching.d_first", d)
    g_opt = torch.optim.Adam(g.parameters(), lr=2e-3, betas=(0.5, 0.999))
    d_opt = torch.optim.Adam(d.parameters(), lr=2e-3, betas=(0.5, 0.999))
    real = exact(torch.randn(STEPS, batch, sample))
    z = exact(torch.randn(STEPS, 2, batch, latent))
    losses = []
    for step in range(STEPS):
        d_opt.zero_grad()
        d_loss = bce(d(real[step]), 1.0) + bce(d(g(z[step, 0]).detach()), 0.0)
        d_loss.backward()
        d_opt.step()
        g_opt.zero_grad()
        wanted = d[:4](real[step]).mean(0).detach()
        g_loss = (d[:4](g(z[step, 1])).mean(0) - wanted).square().sum()
        g_loss.backward()
        g_opt.step()
        losses.append([float(d_loss), float(g_loss)])
    vectors["matching.real"], vectors["matching.z"] = real, z
    vectors["matching.losses"] = torch.tensor(losses, dtype=torch.float64)
    keep(vectors, "matching.g_last", g)
    keep(vectors, "matching.d_last", d)


def translation(vectors, batch=6, weight=10.0):
    """A small pix2pix (Isola et al., 2017): an image-to-image generator, whose loss is the cross-entropy of a
    discriminator on pairs plus `weight` times the mean absolute error.  The discriminator's is a mean over patches."""
    g = rounded(nn.Sequential(nn.Conv2d(1, 6, 3, padding=1, bias=False), nn.InstanceNorm2d(6), nn.ReLU(),
                              nn.Conv2d(6, 1, 3, padding=1), nn.Tanh()))
    d = rounded(nn.Sequential(nn.Conv2d(2, 5, 4, stride=2, padding=1), nn.LeakyReLU(0.2), nn.Conv2d(5, 1, 3, padding=1)))
    keep(vectors, "translation.g_first", g)
    keep(vectors, "translation.d_first", d)
    g_opt = torch.optim.Adam(g.parameters(), lr=2e-3, betas=(0.5, 0.999))
    d_opt = torch.optim.Adam(d.parameters(), lr=2e-3, betas=(0.5, 0.999))
    x = exact(torch.randn(STEPS, batch, 1, 8, 8))
    y = exact(torch.tanh(torch.randn(STEPS, batch, 1, 8, 8)))
    losses = []
    for step in range(STEPS):
        fake = g(x[step])
        d_opt.zero_grad()
        d_loss = bce(d(torch.cat((x[step], y[step]), 1)), 1.0) + bce(d(torch.cat((x[step], fake.detach()), 1)), 0.0)
        d_loss.backward()
        d_opt.step()
        g_opt.zero_grad()
        g_loss = bce(d(torch.cat((x[step], fake), 1)), 1.0) + weight * (fake - y[step]).abs().mean()
        g_loss.backward()
        g_opt.step()
        losses.append([float(d_loss), float(g_loss)])
    vectors["translation.x"], vectors["translation.y"] = x, y
    vectors["translation.losses"] = torch.tensor(losses, dtype=torch.float64)
    keep(vectors, "translation.g_last", g)
    keep(vectors, "translation.d_last", d)


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(31)
    vectors = {}
    plain_cases(vectors)
    matching(vectors)
    translation(vectors)
    write_vectors("pass.bin", vectors)
    print(f"pass.bin: {len(vectors)} vectors, {sum(t.numel() for t in vectors.values())} numbers")
