#!/usr/bin/python3
"""Make the reference vectors of the classifier and of the metrics; see README.md.

The Fréchet distances are computed by mpmath from their definition, with 60 digits.
"""
import mpmath
import torch
from torch import nn

from make_golden import exact, write_safetensors, write_vectors

mpmath.mp.dps = 60


def cross_entropy():
    """CrossEntropyLoss of 11 rows of 5 logits, with the gradient of the mean."""
    torch.manual_seed(21)
    logits = torch.randn(11, 5) * 3
    logits[7] = torch.tensor([10000.0, -10000.0, 0.0, 1.0, 9999.0])
    logits[8] = torch.tensor([-10000.0, -10000.0, -10000.0, -9999.0, -10000.0])
    logits[9] = 0
    logits[10] = torch.tensor([88.5, 88.5, -100.0, 3.0, 88.0])
    logits = exact(logits)
    labels = torch.tensor([0, 1, 2, 3, 4, 1, 0, 1, 3, 2, 0])
    vectors = {"logits": logits, "labels": labels}
    for smoothing in (0.0, 0.1, 1.0):
        x = logits.clone().requires_grad_()
        rule = dict(label_smoothing=float(torch.tensor(smoothing, dtype=torch.float32)))
        loss = nn.functional.cross_entropy(x, labels, **rule)
        loss.backward()
        vectors[f"loss_{smoothing}"] = loss
        vectors[f"each_{smoothing}"] = nn.functional.cross_entropy(x, labels, reduction="none", **rule)
        vectors[f"grad_{smoothing}"] = x.grad
    write_vectors("cross_entropy.bin", vectors)


def classifier(steps=10, batch=13):
    """Ten steps of Adam on labels, then features and logits of the last batch."""
    torch.manual_seed(22)
    net = nn.Sequential(nn.Linear(12, 17), nn.LeakyReLU(0.2), nn.Linear(17, 9), nn.Tanh(), nn.Linear(9, 5)).double()
    for p in net.parameters():
        p.data = exact(p.data)
    write_safetensors("classifier_first.safetensors", net.state_dict())
    samples = exact(torch.randn(steps, batch, 12))
    labels = torch.randint(0, 5, (steps, batch))
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    figures = []
    for step in range(steps):
        logits = net(samples[step])
        loss = nn.functional.cross_entropy(logits, labels[step], label_smoothing=0.125)
        opt.zero_grad()
        loss.backward()
        norm = torch.cat([p.grad.reshape(-1) for p in net.parameters()]).norm()
        opt.step()
        right = (logits.argmax(1) == labels[step]).double().mean()
        figures.append([float(loss), float(right), float(norm)])
    write_safetensors("classifier_last.safetensors", net.state_dict())
    write_vectors("classifier.bin", {
        "samples": samples, "labels": labels, "figures": torch.tensor(figures, dtype=torch.float64),
        "features": net[:4](samples[-1]), "loss_after": nn.functional.cross_entropy(net(samples[-1]), labels[-1])})


def moments(x):
    """Mean and covariance of the rows of x, exactly."""
    n, d = len(x), len(x[0])
    mean = [mpmath.fsum(row[j] for row in x) / n for j in range(d)]
    y = [[row[j] - mean[j] for j in range(d)] for row in x]
    covariance = mpmath.matrix(d, d)
    for i in range(d):
        for j in range(d):
            covariance[i, j] = mpmath.fsum(row[i] * row[j] for row in y) / (n - 1)
    return mean, covariance


def root(matrix):
    """The symmetric square root of a positive semidefinite matrix."""
    values, vectors = mpmath.eigsy(matrix)
    return vectors * mpmath.diag([mpmath.sqrt(max(v, 0)) for v in values]) * vectors.T


def frechet(a, b):
    """|m1 - m2|^2 + tr(S1 + S2 - 2 (S1^(1/2) S2 S1^(1/2))^(1/2))"""
    m1, s1 = moments(a)
    m2, s2 = moments(b)
    d = len(m1)
    s1_root = root(s1)
    inner = s1_root * s2 * s1_root
    values = mpmath.eigsy((inner + inner.T) / 2, eigvals_only=True)
    trace = mpmath.fsum(mpmath.sqrt(max(v, 0)) for v in values)
    return (mpmath.fsum((x - y) ** 2 for x, y in zip(m1, m2)) +
            mpmath.fsum(s1[i, i] + s2[i, i] for i in range(d)) - 2 * trace)


def two_floats(number):
    """A number as the sum of two float32, exact to 48 bits."""
    high = exact(torch.tensor(float(number), dtype=torch.float64))
    low = exact(torch.tensor(float(number - mpmath.mpf(float(high))), dtype=torch.float64))
    return torch.stack([high, low])


def metrics():
    """Fréchet distances of pairs of sets."""
    torch.manual_seed(23)
    d = 6
    mix = torch.randn(d, d)
    plain = torch.randn(40, d)
    sets = {
        "plain": (plain, torch.randn(31, d) @ mix + 1),
        "near": (plain, plain + 0.001 * torch.randn(40, d)),          # a small difference of large terms
        "far": (plain + 10000, 3 * torch.randn(25, d) + 10000),       # the mean hides the covariance
        "scales": (plain * 10.0 ** torch.arange(-3, 3), torch.randn(40, d) * 10.0 ** torch.arange(-3, 3)),
        "few": (torch.randn(4, d), torch.randn(3, d)),                # both covariances are singular
        "few_many": (torch.randn(3, d), plain),
        "constant": (plain * torch.tensor([1.0, 0, 1, 0, 1, 1]), plain[:20] * torch.tensor([0.0, 0, 2, 1, 1, 1])),
        "apart": (plain * torch.tensor([1.0, 1, 1, 0, 0, 0]), plain * torch.tensor([0.0, 0, 0, 1, 1, 1])),
    }
    vectors = {}
    for name, (a, b) in sets.items():
        a, b = exact(a), exact(b)
        vectors[name + "_a"], vectors[name + "_b"] = a, b
        x, y = ([[mpmath.mpf(v) for v in row] for row in s.tolist()] for s in (a, b))
        vectors[name] = two_floats(frechet(x, y))
        if name == "plain":
            mean, covariance = moments(y)
            vectors["mean"] = torch.tensor([float(v) for v in mean], dtype=torch.float64)
            vectors["covariance"] = torch.tensor([float(v) for v in covariance], dtype=torch.float64)
        print(name, mpmath.nstr(frechet(x, y), 15))
    write_vectors("metrics.bin", vectors)


if __name__ == "__main__":
    torch.set_num_threads(1)
    cross_entropy()
    classifier()
    metrics()
