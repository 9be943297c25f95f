#!/usr/bin/python3
"""Make the reference vectors of training with additions to a loss, with PyTorch; see README.md.

Small GANs of linear layers on images of 4 x 4, written out step by step: the paired relativistic loss with R1 and R2,
fresh real samples for the generator, schedules of everything and an average by half-life (as R3GAN's); LeCam and top-k
training; consistency regularisation, with and without augmentation.  For each there are the losses and penalties of
every step, and the final weights.
"""
import math

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, relu, softplus

from make_augment import augmented
from make_golden import exact, write_vectors

LATENT, HIDDEN, SIDE, BATCH, STEPS, SEED = 3, 6, 4, 7, 6, 31
AUGMENT, CONSISTENCY = (1 << 63) + 24, (1 << 63) + 25
SIZE = SIDE * SIDE


def networks():
    torch.manual_seed(91)
    g = nn.Sequential(nn.Linear(LATENT, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, SIZE), nn.Tanh())
    d = nn.Sequential(nn.Flatten(), nn.Linear(SIZE, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 1))
    for net in (g, d):
        net.double()
        for p in net.parameters():
            p.data = exact(1.5 * p.data)
    return g, d


def weights(net):
    return torch.cat([p.detach().reshape(-1) for p in net.parameters()])


def images(x):
    return x.reshape(-1, 1, SIDE, SIDE)


def bce(x, target):
    return binary_cross_entropy_with_logits(x, torch.full_like(x, target))


def linear(t, period, factor):
    return 1 + (factor - 1) * min(t / period, 1)


def cosine(t, period, factor):
    return factor + (1 - factor) * 0.5 * (1 + math.cos(math.pi * min(t / period, 1)))


def rising(schedule, t, period, factor):
    return schedule(period - min(t, period), period, factor)


class Case:
    """The state of a run: positions in the random streams, and the output."""

    def __init__(self, data):
        self.g, self.d = networks()
        self.real, self.real_g, self.z_d, self.z_g = data
        self.augmented, self.consistent = 0, 0
        self.figures = []

    def augment(self, x, operations, probability, fill):
        out = augmented(x, operations, probability, fill, self.augmented, SEED, AUGMENT)
        self.augmented += len(x)
        return out

    def transform(self, x, operations, probability, fill):
        out = augmented(x, operations, probability, fill, self.consistent, SEED, CONSISTENCY)
        self.consistent += len(x)
        return out

    def write(self, out, name):
        out.update({f"{name}.figures": torch.tensor(self.figures, dtype=torch.float64), f"{name}.g": weights(self.g),
                    f"{name}.d": weights(self.d)})


def slope_penalty(d_of, x, weight):
    x = x.detach().requires_grad_()
    grad, = torch.autograd.grad(d_of(x).sum(), x, create_graph=True)
    return weight / 2 * grad.reshape(len(x), -1).square().sum(dim=1).mean()


def step(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def r3gan(out, data):
    """Paired relativistic loss, R1 and R2, fresh real samples for the generator; everything is scheduled."""
    c = Case(data)
    d_opt, g_opt = (torch.optim.Adam(net.parameters(), lr=0.002, betas=(0, 0.9)) for net in (c.d, c.g))
    average = weights(c.g)

    for s in range(STEPS):
        for opt in (d_opt, g_opt):
            opt.param_groups[0].update(lr=0.002 * linear(s, 5, 0.25), betas=(0, 0.9 * cosine(s, 4, 1.1)))
        p = 0.55 * rising(cosine, s, 4, 0)
        gamma = 0.5 * cosine(s, 5, 0.1)
        # A sample's augmentation is the same in loss and penalty.
        at, fake = c.augmented, images(c.g(c.z_d[s])).detach()
        real_of = lambda x: c.d(augmented(x, 63, p, -1, at, SEED, AUGMENT))
        fake_of = lambda x: c.d(augmented(x, 63, p, -1, at + BATCH, SEED, AUGMENT))
        c.augmented += 2 * BATCH
        d_loss = softplus(-(real_of(images(c.real[s])) - fake_of(fake))).mean()
        r1, r2 = slope_penalty(real_of, images(c.real[s]), gamma), slope_penalty(fake_of, fake, gamma / 2)
        step(d_opt, d_loss + r1 + r2)
        # The generator's probability is that of the discriminator's next step.
        p = 0.55 * rising(cosine, s + 1, 4, 0)
        shown = c.d(c.augment(images(c.real_g[s]), 63, p, -1))
        g_loss = softplus(-(c.d(c.augment(images(c.g(c.z_g[s])), 63, p, -1)) - shown.detach())).mean()
        step(g_opt, g_loss)
        half_life = 20 * rising(linear, s, 4, 0)
        decay = 0.5 ** (BATCH / half_life) if s > 0 and half_life > 0 else 0
        average = decay * average + (1 - decay) * weights(c.g)
        c.figures += [d_loss.item(), g_loss.item(), r1.item(), r2.item()]
    c.write(out, "r3gan")
    out["r3gan.average"] = average


def lecam(out, data):
    """Hinge loss, LeCam regularisation from the third step on, top-k with four of seven for the generator."""
    c = Case(data)
    d_opt, g_opt = (torch.optim.SGD(net.parameters(), lr=0.05) for net in (c.d, c.g))
    a_real = a_fake = 0
    for s in range(STEPS):
        real, fake = c.d(images(c.real[s])), c.d(images(c.g(c.z_d[s])).detach())
        reg = torch.zeros(())
        if s >= 2:
            reg = 0.75 * (relu(real - a_fake).square().mean() + relu(a_real - fake).square().mean())
        d_loss = relu(1 - real).mean() + relu(1 + fake).mean()
        step(d_opt, d_loss + reg)
        keep = 0.9 if s >= 2 else 0
        a_real, a_fake = (keep * a + (1 - keep) * x.detach().mean() for a, x in ((a_real, real), (a_fake, fake)))
        g_loss = -c.d(images(c.g(c.z_g[s]))).reshape(-1).topk(4).values.mean()
        step(g_opt, g_loss)
        c.figures += [d_loss.item(), g_loss.item(), reg.item(), 0]
    c.write(out, "lecam")


def consistency(out, data, name, fake_weight, transform, augment):
    c = Case(data)
    d_opt, g_opt = (torch.optim.SGD(net.parameters(), lr=0.05) for net in (c.d, c.g))
    shown = (lambda x: c.augment(x, *augment)) if augment else (lambda x: x)
    for s in range(STEPS):
        real_x, fake_x = shown(images(c.real[s])), shown(images(c.g(c.z_d[s])).detach())
        real, fake = c.d(real_x), c.d(fake_x)
        d_loss = bce(real, 1.0) + bce(fake, 0.0)
        reg = 2.5 * (real - c.d(c.transform(real_x, *transform))).square().mean()
        others = c.transform(fake_x, *transform)
        if fake_weight > 0:
            reg = reg + fake_weight * (fake - c.d(others)).square().mean()
        step(d_opt, d_loss + reg)
        g_loss = bce(c.d(shown(images(c.g(c.z_g[s])))), 1.0)
        step(g_opt, g_loss)
        c.figures += [d_loss.item(), g_loss.item(), reg.item(), 0]
    c.write(out, name)


if __name__ == "__main__":
    torch.manual_seed(92)
    data = [exact(torch.randn(STEPS, BATCH, n, dtype=torch.float64)) for n in (SIZE, SIZE, LATENT, LATENT)]
    out = dict(zip(("real", "real_g", "z_d", "z_g"), data))
    g, d = networks()
    out.update({"first_g": weights(g), "first_d": weights(d)})
    r3gan(out, data)
    lecam(out, data)
    consistency(out, data, "cr", 0, (16, 1, 0), None)
    consistency(out, data, "bcr", 1.5, (63, 0.75, -0.5), (48, 1, -1))
    write_vectors("recipes.bin", out)
