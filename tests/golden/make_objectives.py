#!/usr/bin/python3
"""Make objectives.bin with PyTorch: values and gradients of each gan_loss, and training steps; see README.md."""
import torch
from torch import nn
from torch.nn import functional as F

from make_golden import exact, write_vectors

STEPS, BATCH, LATENT, HIDDEN, SAMPLE, LR = 3, 5, 3, 7, 6, 0.25


def bce(x, target):
    return F.binary_cross_entropy_with_logits(x, torch.full_like(x, target))


def objective(name, real, fake, r, f):
    """The discriminator's loss and the generator's, as in the papers."""
    if name == "bce":
        return bce(real, r) + bce(fake, f), bce(fake, 1)
    if name == "minimax":
        return bce(real, r) + bce(fake, f), F.logsigmoid(-fake).mean()
    if name == "relativistic":
        return (bce(real - fake.mean(), r) + bce(fake - real.mean(), f),
                bce(fake - real.mean(), 1) + bce(real - fake.mean(), 0))
    if name == "least_squares":
        return (((real - r) ** 2).mean() / 2 + ((fake - f) ** 2).mean() / 2, ((fake - 1) ** 2).mean() / 2)
    if name == "hinge":
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean(), -fake.mean()
    if name == "relativistic_paired":  # cyclically, where there are fewer
        to_real, to_fake = torch.arange(len(real)) % len(fake), torch.arange(len(fake)) % len(real)
        return bce(real - fake[to_real], r), bce(fake - real[to_fake], 1)
    return fake.mean() - real.mean(), -fake.mean()


NAMES = ["bce", "minimax", "relativistic", "least_squares", "hinge", "wasserstein", "relativistic_paired"]
# name of the vectors, objective, target of real, target of fake
CASES = [(n, n, 1.0, 0.0) for n in NAMES] + [("bce_smooth", "bce", 0.9, 0.0), ("least_squares_coded", "least_squares", 1.5, -1.0)]


def on_logits(out, key, name, r, f, case, real, fake):
    real, fake = (exact(torch.tensor(x, dtype=torch.float64)).requires_grad_() for x in (real, fake))
    d_loss, g_loss = objective(name, real, fake, r, f)
    d_grads = torch.autograd.grad(d_loss, (real, fake), retain_graph=True)
    g_grad, = torch.autograd.grad(g_loss, fake)
    out.update({f"{key}_{case}_d_loss": d_loss, f"{key}_{case}_g_loss": g_loss, f"{key}_{case}_d_real": d_grads[0],
                f"{key}_{case}_d_fake": d_grads[1], f"{key}_{case}_g_fake": g_grad})
    out[f"{case}_real"], out[f"{case}_fake"] = real, fake


def weights(net):
    return torch.cat([p.detach().reshape(-1) for p in net.parameters()])


def training(out, key, name, r, f):
    torch.manual_seed(61)
    g = nn.Sequential(nn.Linear(LATENT, HIDDEN), nn.LeakyReLU(0.2), nn.Linear(HIDDEN, SAMPLE), nn.Tanh())
    d = nn.Sequential(nn.Linear(SAMPLE, HIDDEN), nn.LeakyReLU(0.2), nn.Linear(HIDDEN, 1))
    for net in (g, d):
        net.double()
        for p in net.parameters():
            p.data = exact(p.data)
    real, z_d, z_g = (exact(torch.randn(STEPS, BATCH, n, dtype=torch.float64)) for n in (SAMPLE, LATENT, LATENT))
    out.update({"first_g": weights(g), "first_d": weights(d), "real": real, "z_d": z_d, "z_g": z_g})
    g_opt, d_opt = (torch.optim.SGD(net.parameters(), lr=LR) for net in (g, d))
    losses = []
    for s in range(STEPS):
        d_opt.zero_grad()
        d_loss, _ = objective(name, d(real[s]), d(g(z_d[s]).detach()), r, f)
        d_loss.backward()
        d_opt.step()
        g_opt.zero_grad()
        _, g_loss = objective(name, d(real[s]), d(g(z_g[s])), r, f)
        g_loss.backward()
        g_opt.step()
        losses += [d_loss.detach(), g_loss.detach()]
    out.update({f"{key}_losses": torch.stack(losses), f"{key}_g": weights(g), f"{key}_d": weights(d)})


def main():
    out = {}
    for key, name, r, f in CASES:
        on_logits(out, key, name, r, f, "small", [0.3, -1.25, 2.5, 0.01, -0.9, 1.75, 0.0], [-0.4, 1.6, 0.125, -2.385, 0.7])
        on_logits(out, key, name, r, f, "large", [10000, -10000, 3, 100], [10000, -10000, -80])
        training(out, key, name, r, f)
    write_vectors("objectives.bin", out)


main()
