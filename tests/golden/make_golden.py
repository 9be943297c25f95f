#!/usr/bin/python3
"""Make the reference vectors of this directory with PyTorch; see README.md.

All is computed in float64 from float32 inputs and rounded to float32 once, at the end, so that the
vectors are ground truth to float precision and don't have another float32 program's rounding errors.
"""
import array
import json
import os
import struct
import sys

import torch
from torch import nn

HERE = os.path.dirname(os.path.abspath(__file__))


def numbers(tensor):
    """The values of a tensor as little-endian float32."""
    out = array.array("f", tensor.detach().to(torch.float32).reshape(-1).tolist())
    if sys.byteorder == "big":
        out.byteswap()
    return out.tobytes()


def write_vectors(name, vectors):
    """Write lines "name count", an empty line, then all numbers as raw float32."""
    with open(os.path.join(HERE, name), "wb") as f:
        for key, tensor in vectors.items():
            f.write(f"{key} {tensor.numel()}\n".encode())
        f.write(b"\n")
        for tensor in vectors.values():
            f.write(numbers(tensor))


def write_safetensors(name, tensors):
    """Write a state_dict as a safetensors file."""
    header, data = {}, b""
    for key, tensor in tensors.items():
        raw = numbers(tensor)
        header[key] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(HERE, name), "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def exact(tensor):
    """Round to float32 and continue in float64: the library and PyTorch get the same values."""
    return tensor.to(torch.float32).to(torch.float64)


def networks(latent, hidden, image):
    """The two networks of the experiment, with other widths."""
    g = nn.Sequential(
        nn.Linear(latent, hidden), nn.LeakyReLU(0.2),
        nn.Linear(hidden, hidden), nn.LeakyReLU(0.2),
        nn.Linear(hidden, image), nn.Tanh())
    d = nn.Sequential(
        nn.Linear(image, hidden), nn.LeakyReLU(0.2),
        nn.Linear(hidden, hidden), nn.LeakyReLU(0.2),
        nn.Linear(hidden, 1), nn.Sigmoid())
    for net in (g, d):
        net.double()
        for p in net.parameters():
            p.data = exact(p.data)
    return g, d


def norm(parameters):
    """The Euclidean norm of all gradients."""
    return torch.sqrt(sum((p.grad ** 2).sum() for p in parameters))


def training(name, seed, latent, hidden, image, batch, lr, steps=20):
    """Training steps of the experiment with given initial weights, data and noise."""
    torch.manual_seed(seed)
    g, d = networks(latent, hidden, image)
    write_safetensors(f"{name}_g_first.safetensors", g.state_dict())
    write_safetensors(f"{name}_d_first.safetensors", d.state_dict())
    real = exact(torch.tanh(torch.randn(steps, batch, image)))
    z_d = exact(torch.randn(steps, batch, latent))
    z_g = exact(torch.randn(steps, batch, latent))
    g_opt = torch.optim.Adam(g.parameters(), lr=lr)
    d_opt = torch.optim.Adam(d.parameters(), lr=lr)
    bce = nn.BCELoss()
    ones, zeros = torch.ones(batch, 1).double(), torch.zeros(batch, 1).double()
    figures = []
    for step in range(steps):
        verdict_real = d(real[step])
        verdict_fake = d(g(z_d[step]).detach())
        d_loss = bce(verdict_real, ones) + bce(verdict_fake, zeros)
        d_opt.zero_grad()
        d_loss.backward()
        d_norm = norm(d.parameters())
        d_opt.step()

        g_loss = bce(d(g(z_g[step])), ones)
        g_opt.zero_grad()
        g_loss.backward()
        g_norm = norm(g.parameters())
        g_opt.step()
        figures.append([d_loss, g_loss, verdict_real.mean(), verdict_fake.mean(),
                        (verdict_real > 0.5).double().mean(), (verdict_fake < 0.5).double().mean(),
                        d_norm, g_norm])
    write_safetensors(f"{name}_g_last.safetensors", g.state_dict())
    write_safetensors(f"{name}_d_last.safetensors", d.state_dict())
    write_vectors(f"{name}.bin", {
        "real": real, "z_d": z_d, "z_g": z_g,
        "figures": torch.tensor([[float(x) for x in row] for row in figures], dtype=torch.float64)})
    print(f"{name}: D loss {float(figures[0][0]):.4f} to {float(figures[-1][0]):.4f}, "
          f"G loss {float(figures[0][1]):.4f} to {float(figures[-1][1]):.4f}")


class AdaBelief(torch.optim.Optimizer):
    """Zhuang et al., 2020, algorithm 2, with decoupled weight decay and eps also added to the square root."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-16, weight_decay=0):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                s = self.state[p]
                t = s["t"] = s.get("t", 0) + 1
                s["m"] = b1 * s.get("m", 0) + (1 - b1) * p.grad
                s["s"] = b2 * s.get("s", 0) + (1 - b2) * (p.grad - s["m"]) ** 2 + group["eps"]
                p -= group["lr"] * group["weight_decay"] * p
                p -= group["lr"] * (s["m"] / (1 - b1 ** t)) / ((s["s"] / (1 - b2 ** t)).sqrt() + group["eps"])


class Lion(torch.optim.Optimizer):
    """Chen et al., 2023, algorithm 2."""

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0):
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].get("m", torch.zeros_like(p))
                p -= group["lr"] * (torch.sign(b1 * m + (1 - b1) * p.grad) + group["weight_decay"] * p)
                self.state[p]["m"] = b2 * m + (1 - b2) * p.grad


def optimizers(steps=50, n=11):
    """Every update rule for 50 steps with given gradients."""
    torch.manual_seed(11)
    first = exact(torch.randn(n))
    # Gradients of very different magnitude, some of constant sign, one always zero.
    size = 10.0 ** torch.linspace(-5, 2, n)
    grads = torch.randn(steps, n) * size + 0.3 * size
    grads[:, 3] = 0
    grads[::7, 5] = 0
    grads = exact(grads)
    rules = {
        "adam": (torch.optim.Adam, dict(lr=0.01)),
        "adam_decay": (torch.optim.Adam, dict(lr=0.02, betas=(0.5, 0.9), eps=1e-3, weight_decay=0.1)),
        "adamw": (torch.optim.AdamW, dict(lr=0.01)),
        "adamw_decay": (torch.optim.AdamW, dict(lr=0.02, betas=(0.0, 0.99), weight_decay=0.3)),
        "adam_no_momentum": (torch.optim.Adam, dict(lr=0.01, betas=(0.0, 0.9))),
        "adam_amsgrad": (torch.optim.Adam, dict(lr=0.01, weight_decay=0.1, amsgrad=True)),
        "adamw_amsgrad": (torch.optim.AdamW, dict(lr=0.02, betas=(0.5, 0.9), weight_decay=0.3, amsgrad=True)),
        "adabelief": (AdaBelief, dict(lr=0.01)),
        "adabelief_decay": (AdaBelief, dict(lr=0.02, betas=(0.5, 0.9), eps=1e-8, weight_decay=0.3)),
        "lion": (Lion, dict(lr=0.001)),
        "lion_decay": (Lion, dict(lr=0.01, betas=(0.5, 0.9), weight_decay=0.3)),
        "sgd": (torch.optim.SGD, dict(lr=0.01)),
        "sgd_momentum": (torch.optim.SGD, dict(lr=0.01, momentum=0.9)),
        "sgd_dampening": (torch.optim.SGD, dict(lr=0.02, momentum=0.8, dampening=0.3)),
        "sgd_nesterov": (torch.optim.SGD, dict(lr=0.01, momentum=0.7, nesterov=True)),
        "sgd_nesterov_decay": (torch.optim.SGD, dict(lr=0.01, momentum=0.7, weight_decay=0.3, nesterov=True)),
        "sgd_decay": (torch.optim.SGD, dict(lr=0.05, momentum=0.5, weight_decay=0.2)),
        "rmsprop": (torch.optim.RMSprop, dict(lr=0.01)),
        "rmsprop_momentum": (torch.optim.RMSprop, dict(lr=0.01, alpha=0.9, momentum=0.6, weight_decay=0.05)),
        "rmsprop_centered": (torch.optim.RMSprop, dict(lr=0.01, alpha=0.95, eps=1e-4, centered=True)),
        "rmsprop_all": (torch.optim.RMSprop, dict(lr=0.02, momentum=0.5, weight_decay=0.1, centered=True)),
    }
    vectors = {"first": first, "grads": grads}
    for name, (rule, settings) in rules.items():
        w = nn.Parameter(first.clone())
        opt = rule([w], **settings)
        for step in range(steps):
            w.grad = grads[step].clone()
            opt.step()
            if step == 0:
                vectors[name + "_1"] = w.detach().clone()
        vectors[name] = w.detach()
    write_vectors("optimizers.bin", vectors)


def losses():
    """BCEWithLogitsLoss, of each logit alone and of all, with the gradient of the mean."""
    logits = exact(torch.tensor([0.0, 2.385, -2.385, 0.017, -1e-6, 17.3, -17.3, 30.25, -30.25, 88.0, -88.0, 100.0,
                                 -100.0, 10000.0, -10000.0]))
    vectors = {"logits": logits}
    for target in (0.0, 1.0, 0.3, 0.9):
        x = logits.clone().requires_grad_()
        y = torch.full_like(x, float(torch.tensor(target, dtype=torch.float32)))
        loss = nn.functional.binary_cross_entropy_with_logits(x, y)
        loss.backward()
        each = nn.functional.binary_cross_entropy_with_logits(x, y, reduction="none")
        vectors[f"loss_{target}"] = loss
        vectors[f"each_{target}"] = each
        vectors[f"grad_{target}"] = x.grad
    write_vectors("loss.bin", vectors)


def layers():
    """Forward values of each layer."""
    torch.manual_seed(12)
    x = exact(torch.cat([torch.randn(7 * 5 - 12) * 3,
                         torch.tensor([0.0, 1e-30, -1e-30, 1e-4, -1e-4, 9.5, -9.5, 20.0, -20.0, 100.0, -100.0, 0.55])]))
    x = x[torch.randperm(35)].reshape(7, 5)
    linear = nn.Linear(5, 3).double()
    for p in linear.parameters():
        p.data = exact(p.data)
    vectors = {"x": x, "weight": linear.weight, "bias": linear.bias, "linear": linear(x)}
    for name, layer in (("leaky_relu", nn.LeakyReLU(0.2)), ("relu", nn.ReLU()), ("tanh", nn.Tanh()),
                        ("sigmoid", nn.Sigmoid())):
        vectors[name] = layer(x)
    write_vectors("layers.bin", vectors)


if __name__ == "__main__":
    torch.set_num_threads(1)
    training("train_slow", seed=1, latent=8, hidden=16, image=36, batch=10, lr=1e-4)
    # Odd sizes, and a learning rate that moves the weights far.
    training("train_fast", seed=2, latent=7, hidden=19, image=45, batch=13, lr=2e-3)
    optimizers()
    losses()
    layers()
