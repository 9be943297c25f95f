#!/usr/bin/python3
"""Make schedules.bin with PyTorch: learning rates step by step, and steps with clipping; see README.md."""
import torch
from torch import nn
from torch.optim import lr_scheduler as S

from make_golden import exact, write_vectors

STEPS, N, LR = 40, 11, 0.5

# name: constructors of schedulers, the first one of the warm-up
SCHEDULES = {
    "linear": [lambda o: S.LinearLR(o, 1.0, 0.125, 16)],
    "cosine": [lambda o: S.CosineAnnealingLR(o, STEPS - 1, 0.05 * LR)],
    "step": [lambda o: S.StepLR(o, 7, 0.3)],
    "exponential": [lambda o: S.ExponentialLR(o, 0.9)],
    "warmup": [lambda o: S.LinearLR(o, 1 / 6, 1.0, 5), lambda o: S.StepLR(o, 7, 0.3)],
}


def rates(makers):
    opt = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=LR)
    schedule = makers[0](opt) if len(makers) == 1 else S.SequentialLR(opt, [m(opt) for m in makers], milestones=[6])
    out = []
    for _ in range(STEPS):
        out.append(opt.param_groups[0]["lr"])
        opt.step()
        schedule.step()
    return torch.tensor(out, dtype=torch.float64)


def limited(first, grads, norm, value, weight):
    w = nn.Parameter(first.clone())
    opt = torch.optim.Adam([w], lr=0.02)
    for g in grads:
        w.grad = g.clone()
        if norm:
            nn.utils.clip_grad_norm_([w], norm)
        if value:
            nn.utils.clip_grad_value_([w], value)
        opt.step()
        if weight:
            w.data.clamp_(-weight, weight)
    return w.detach()


def main():
    out = {name: rates(makers) for name, makers in SCHEDULES.items()}
    torch.manual_seed(62)
    first = exact(torch.randn(N))
    grads = exact(torch.randn(STEPS, N) * 10.0 ** torch.linspace(-3, 1, STEPS)[:, None])
    out.update({"first": first, "grads": grads, "by_norm": limited(first, grads, 0.75, 0, 0),
                "by_value": limited(first, grads, 0, 0.25, 0), "by_weight": limited(first, grads, 0, 0, 0.5),
                "by_all": limited(first, grads, 1.5, 0.25, 0.625)})
    write_vectors("schedules.bin", out)


main()
