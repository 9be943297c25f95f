#!/usr/bin/python3
"""Make the reference vectors of comparisons of generated with real samples; see README.md.

All is computed from the definitions, with full distance matrices in float64, independently of
the library.  Each number is four: value, standard error, and both of the floor; NaN where
it is not known, and for errors that the library estimates by random sampling.
"""
import math

import numpy as np
import torch

from make_golden import write_vectors

NAN = float("nan")


def distances(a, b):
    """All pairwise distances, from differences."""
    return np.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(2))


def without_self(d):
    d = d.copy()
    np.fill_diagonal(d, np.inf)
    return d


def inside(d, radius, inclusive):
    """Which rows lie in which columns' balls; none may be so near a surface that rounding decides."""
    near = np.abs(d - radius) / np.maximum(radius, 1e-300)
    exact = d == radius
    assert np.all((near > 1e-9) | exact), near.min()
    return d <= radius if inclusive else d < radius


def share(indicators, alike=1):
    """A proportion and its binomial standard error; groups of `alike` samples have the same indicator."""
    p = float(np.mean(indicators))
    return p, (p * (1 - p) / len(indicators) * alike) ** 0.5


def balls(real, fake, k, inclusive):
    """prdc and improved precision and recall."""
    rr, ff = without_self(distances(real, real)), without_self(distances(fake, fake))
    fr = distances(fake, real)
    real_radius, fake_radius = np.sort(rr, 1)[:, k - 1], np.sort(ff, 1)[:, k - 1]
    in_real, in_fake = inside(fr, real_radius, inclusive), inside(fr.T, fake_radius, inclusive)
    count = in_real.sum(1) / k
    return {"precision": share(in_real.any(1)), "recall": share(in_fake.any(1)),
            "density": (count.mean(), count.std() / (len(fake) - 1) ** 0.5),
            "coverage": share(in_real.any(0))}


def agreement(real, real_labels, fake, fake_labels):
    return {"agreement": share(real_labels[distances(fake, real).argmin(1)] == fake_labels)}


def kernel(a, b):
    return (a @ b.T / a.shape[1] + 1) ** 3


def mmd(real, fake):
    """clean-fid's and torch-fidelity's polynomial MMD, without subsets."""
    rr, ff = kernel(real, real), kernel(fake, fake)
    m, n = len(real), len(fake)
    return ((rr.sum() - rr.trace()) / (m * (m - 1)) + (ff.sum() - ff.trace()) / (n * (n - 1))
            - 2 * kernel(fake, real).mean())


def jackknife(statistic, fake, groups):
    """A statistic, its jackknife standard error over groups of the vectors, and the mean of the jackknife values."""
    n = len(fake)
    groups = min(groups, n)
    left = [statistic(np.delete(fake, range(b * n // groups, (b + 1) * n // groups), 0)) for b in range(groups)]
    return statistic(fake), ((groups - 1) / groups * ((left - np.mean(left)) ** 2).sum()) ** 0.5, np.mean(left)


def kid(real, fake):
    return {"kid": jackknife(lambda f: mmd(real, f), fake, 20)[:2]}


def mann_whitney(x, y):
    """z of the Mann-Whitney test with the correction for ties: scipy.stats.mannwhitneyu(method="asymptotic")."""
    n, m = len(x), len(y)
    u = (x[:, None] > y[None, :]).sum() + (x[:, None] == y[None, :]).sum() / 2
    ties = np.unique(np.concatenate([x, y]), return_counts=True)[1].astype(np.float64)
    variance = n * m / 12 * (n + m + 1 - (ties ** 3 - ties).sum() / ((n + m) * (n + m - 1)))
    return (u - n * m / 2) / variance ** 0.5


def copying(near, held):
    """From distances to the nearest real sample; the ratio's error is an interval's, which is tested by itself."""
    return {"nn_ratio": (np.median(near) / np.median(held), NAN), "copying": (mann_whitney(near, held), 1)}


def nearest(real, fake):
    """Both halves of the leave-one-out 1-NN accuracy, and duplicates."""
    rr, ff = without_self(distances(real, real)).min(1), without_self(distances(fake, fake)).min(1)
    fr = distances(fake, real)
    of_real, of_fake = ((rr < fr.min(0)) + 0.5 * (rr == fr.min(0))), ((ff < fr.min(1)) + 0.5 * (ff == fr.min(1)))
    assert np.all(np.abs(ff - np.median(rr) / 2) > 1e-9)
    return {"nn_real": share(of_real), "nn_generated": share(of_fake), "duplicates": share(ff < np.median(rr) / 2, 2)}


def classes(real, labels, fake):
    """Counts by the label of the nearest real sample, z of the two-proportion test, classes with p below 0.001 / n."""
    count = 4
    of_real = np.bincount(labels[without_self(distances(real, real)).argmin(1)], minlength=count)
    of_fake = np.bincount(labels[distances(fake, real).argmin(1)], minlength=count)
    n, m = len(fake), len(real)
    pooled = (of_real + of_fake) / (n + m)
    z = (of_fake / n - of_real / m) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    missing = sum(0.5 * math.erfc(-x / 2 ** 0.5) < 0.001 / count for x in z)
    p = missing / count
    return of_real, of_fake, z, (missing, count * (p * (1 - p) / count) ** 0.5)


def frechet(real, fake):
    """Fréchet distance by the eigenvalues of the product of both covariances."""
    way = real.mean(0) - fake.mean(0)
    a, b = np.cov(real.T), np.cov(fake.T)
    roots = np.sqrt(np.maximum(np.linalg.eigvals(a @ b).real, 0))
    return way @ way + a.trace() + b.trace() - 2 * roots.sum()


def frechets(real, fake):
    """The distance, and its extrapolation to 1 / n = 0 through the mean with one group left out."""
    all_, error, less = jackknife(lambda f: frechet(real, f), fake, 10)
    groups = min(10, len(fake))
    return {"frechet": (all_, error), "frechet_limit": (groups * all_ - (groups - 1) * less, error)}


def numbers(c, fake, labels):
    """All metrics of one set against the real samples of a case."""
    out = balls(c["real"], fake, c["k"], c["inclusive"])
    out.update(agreement(c["real"], c["real_labels"], fake, labels))
    out.update(kid(c["real"], fake))
    out.update(nearest(c["real"], fake))
    out.update(frechets(c["real"], fake))
    out["classes_missing"] = classes(c["real"], c["real_labels"], fake)[3]
    return out


def cases():
    rng = np.random.default_rng(71)
    d, centres = 7, rng.normal(size=(4, 7)) * 3

    def cloud(n, spread=1.0, classes=4):
        labels = np.arange(n) % classes
        return (centres[labels] + spread * rng.normal(size=(n, d))).astype(np.float32), labels

    real, held = cloud(61), cloud(45)
    few = cloud(5)
    copies = (real[0] + 1e-3 * rng.normal(size=real[0].shape)).astype(np.float32), real[1]
    repeated = (few[0][np.arange(50) % 5] + 0.01 * rng.normal(size=(50, d))).astype(np.float32), np.arange(50) % 4
    rows = [
        ("plain", real, held, cloud(50, 1.2), 5, False),
        ("three", real, held, cloud(37, 0.8), 3, True),
        ("lost", real, held, cloud(60, 1.0, 3), 5, False),
        ("repeated", real, held, repeated, 5, False),
        ("copies", real, held, copies, 5, False),
        ("far", tuple([real[0] + np.float32(512), real[1]]), tuple([held[0] + np.float32(512), held[1]]),
         tuple([repeated[0] + np.float32(512), repeated[1]]), 4, False),
        ("least", cloud(8), cloud(8), cloud(8), 5, False),
    ]
    for name, r, h, f, k, inclusive in rows:
        yield name, {"real": r[0].astype(np.float64), "real_labels": r[1],
                     "held": h[0].astype(np.float64), "held_labels": h[1],
                     "fake": f[0].astype(np.float64), "fake_labels": f[1], "k": k, "inclusive": inclusive}


def main():
    vectors = {}

    def put(name, array):
        vectors[name] = torch.tensor(np.asarray(array, dtype=np.float64))

    for name, c in cases():
        n_floor = min(len(c["held"]), len(c["fake"]))
        found = numbers(c, c["fake"], c["fake_labels"])
        floor = numbers(c, c["held"][:n_floor], c["held_labels"][:n_floor])
        held = distances(c["held"], c["real"]).min(1)
        found.update(copying(distances(c["fake"], c["real"]).min(1), held))
        floor.update(copying(held[0::2], held[1::2]))
        put(f"{name}_sizes", [len(c["real"]), len(c["held"]), len(c["fake"]), c["real"].shape[1], c["k"],
                              c["inclusive"]])
        for part in ("real", "held", "fake"):
            put(f"{name}_{part}", c[part])
            put(f"{name}_{part}_labels", c[part + "_labels"])
        put(f"{name}_classes", np.concatenate(classes(c["real"], c["real_labels"], c["fake"])[:3]))
        if name == "far":  # 1e16 cancels to 1e10, lost in products of floats
            found["kid"] = floor["kid"] = (NAN, NAN)
        for metric in found:
            put(f"{name}_{metric}", [*found[metric], *floor[metric]])
            print(f"{name:10} {metric:14}", *(f"{x:9.5f}" for x in (*found[metric], *floor[metric])))
    write_vectors("reference.bin", vectors)


if __name__ == "__main__":
    main()
