#!/usr/bin/python3
"""How long the same training steps take in libgan and in PyTorch: the experiment's and a DCGAN's.

Both run in this one process, in turns, each with every number of threads it can use here; a figure is the median
of its rounds, and each side is judged by its best.  Wants Debian's python3-torch (or any torch) and a
built library: make shared && tests/bench/compare_pytorch.py [--json FILE] [linear] [dcgan]
"""
import argparse
import ctypes
import json
import os
import statistics
import sys
import time

# ---- the networks: name, then what each side's layer of that name takes ----

LINEAR_LATENT, LINEAR_IMAGE, HIDDEN = (64,), (784,), 256
LINEAR_G = [("linear", 64, HIDDEN), ("leaky_relu",), ("linear", HIDDEN, HIDDEN), ("leaky_relu",),
            ("linear", HIDDEN, 784), ("tanh",)]
LINEAR_D = [("linear", 784, HIDDEN), ("leaky_relu",), ("linear", HIDDEN, HIDDEN), ("leaky_relu",),
            ("linear", HIDDEN, 1), ("sigmoid",)]

# Convolutions: channels in and out, kernel, stride, padding, with a bias or not.
BASE = 64
DCGAN_LATENT, DCGAN_IMAGE = (100, 1, 1), (1, 28, 28)
DCGAN_G = [("conv_transpose2d", 100, 2 * BASE, 7, 1, 0, False), ("batch_norm", 2 * BASE), ("relu",),
           ("conv_transpose2d", 2 * BASE, BASE, 4, 2, 1, False), ("batch_norm", BASE), ("relu",),
           ("conv_transpose2d", BASE, 1, 4, 2, 1, True), ("tanh",)]
DCGAN_D = [("conv2d", 1, BASE, 4, 2, 1, True), ("leaky_relu",),
           ("conv2d", BASE, 2 * BASE, 4, 2, 1, False), ("batch_norm", 2 * BASE), ("leaky_relu",),
           ("conv2d", 2 * BASE, 1, 7, 1, 0, True), ("sigmoid",)]


class Work:
    """A pair of networks, Adam's rate and first decay, the batch, and how many steps a round has."""

    def __init__(self, title, g, d, latent, image, adam, batch, steps):
        self.title, self.g, self.d, self.latent, self.image = title, g, d, latent, image
        self.adam, self.batch, self.steps = adam, batch, steps


WORKS = {"linear": Work("Fashion-MNIST step", LINEAR_G, LINEAR_D, LINEAR_LATENT, LINEAR_IMAGE, (1e-4, 0.9), 100, 50),
         "dcgan": Work("DCGAN step, base %d" % BASE, DCGAN_G, DCGAN_D, DCGAN_LATENT, DCGAN_IMAGE, (2e-4, 0.5), 64, 3)}


# ---- libgan, through its shared library ----

class Shape(ctypes.Structure):
    _fields_ = [("rank", ctypes.c_size_t), ("dim", ctypes.c_size_t * 4)]


def shape(dims):
    return Shape(len(dims), (ctypes.c_size_t * 4)(*dims))


def numbers_of(dims):
    n = 1
    for dim in dims:
        n *= dim
    return n


class Batch(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("count", ctypes.c_size_t), ("shape", Shape),
                ("samples", ctypes.c_void_p), ("labels", ctypes.c_void_p)]


class AdamDesc(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("lr", ctypes.c_double), ("beta1", ctypes.c_double),
                ("beta2", ctypes.c_double), ("eps", ctypes.c_double), ("weight_decay", ctypes.c_double), ("amsgrad", ctypes.c_int),
                ("allocator", ctypes.c_void_p)]


class ConvDesc(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t)] + [
        (name, ctypes.c_size_t * 2) for name in ("kernel_size", "stride", "padding", "dilation", "output_padding")
    ] + [("groups", ctypes.c_size_t), ("no_bias", ctypes.c_int)]


class TrainerDesc(ctypes.Structure):
    """Settings that this script doesn't know are zero, which is their default."""
    _fields_ = [("struct_size", ctypes.c_size_t), ("batch_size", ctypes.c_size_t), ("seed", ctypes.c_uint64),
                ("loss", ctypes.c_int), ("n_threads", ctypes.c_size_t), ("pool", ctypes.c_void_p),
                ("allocator", ctypes.c_void_p), ("others", ctypes.c_double * 16)]


class LibganStep:
    def __init__(self, path, work, threads):
        lib = self.lib = ctypes.CDLL(path)
        lib.gan_last_error.restype = ctypes.c_char_p
        lib.gan_network_create.restype = ctypes.c_void_p
        lib.gan_network_create.argtypes = [Shape, ctypes.c_void_p]
        lib.gan_network_add.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        lib.gan_optimizer_create_adam.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        lib.gan_trainer_create.argtypes = [ctypes.c_void_p] * 6
        lib.gan_train_step.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
        desc = TrainerDesc(ctypes.sizeof(TrainerDesc), work.batch, 1, 0, threads, None, None)
        self.trainer = ctypes.c_void_p()
        self.must(lib.gan_trainer_create(ctypes.byref(self.trainer), self.network(work.latent, work.g),
                                         self.network(work.image, work.d), self.adam(work), self.adam(work),
                                         ctypes.byref(desc)))
        n = work.batch * numbers_of(work.image)
        self.real = (ctypes.c_float * n)(*[(i * 37 % 201) / 100 - 1 for i in range(n)])
        self.batch = Batch(ctypes.sizeof(Batch), work.batch, shape(work.image), ctypes.addressof(self.real), None)

    def must(self, status):
        if status != 0:
            sys.exit("libgan: " + self.lib.gan_last_error().decode())

    def network(self, dims, layers):
        net = self.lib.gan_network_create(shape(dims), None)
        for layer in layers:
            self.lib.gan_network_add(net, self.layer(*layer))
        return net

    def layer(self, name, *settings):
        make = getattr(self.lib, "gan_layer_" + name)
        make.restype = ctypes.c_void_p
        if name == "leaky_relu":
            return make(ctypes.c_float(0.2))
        if name == "batch_norm":
            return make(ctypes.c_size_t(settings[0]), None)
        if not name.startswith("conv"):
            return make(*[ctypes.c_size_t(n) for n in settings])
        pair = ctypes.c_size_t * 2
        _, _, _, stride, padding, bias = settings
        desc = ConvDesc(struct_size=ctypes.sizeof(ConvDesc), stride=pair(stride, stride),
                        padding=pair(padding, padding), no_bias=not bias)
        return make(*[ctypes.c_size_t(n) for n in settings[:3]], ctypes.byref(desc))

    def adam(self, work):
        out = ctypes.c_void_p()
        desc = AdamDesc(ctypes.sizeof(AdamDesc), work.adam[0], work.adam[1], 0.999, 1e-8, 0, 0, None)
        self.must(self.lib.gan_optimizer_create_adam(ctypes.byref(out), ctypes.byref(desc)))
        return out

    def step(self):
        self.must(self.lib.gan_train_step(self.trainer, ctypes.byref(self.batch), None))


# ---- PyTorch, as a tutorial writes it ----

class TorchStep:
    def __init__(self, torch, work):
        self.torch, self.n, self.latent = torch, work.batch, work.latent
        self.g, self.d = self.network(work.g), self.network(work.d)
        self.g_opt, self.d_opt = self.adam(self.g, work), self.adam(self.d, work)
        self.loss = torch.nn.BCELoss()
        self.real = torch.rand(work.batch, *work.image) * 2 - 1
        self.ones, self.zeros = torch.ones(work.batch), torch.zeros(work.batch)

    def network(self, layers):
        nn = self.torch.nn
        make = {"linear": nn.Linear, "leaky_relu": lambda: nn.LeakyReLU(0.2), "relu": nn.ReLU, "tanh": nn.Tanh,
                "sigmoid": nn.Sigmoid, "batch_norm": nn.BatchNorm2d,
                "conv2d": lambda i, o, k, s, p, bias: nn.Conv2d(i, o, k, s, p, bias=bias),
                "conv_transpose2d": lambda i, o, k, s, p, bias: nn.ConvTranspose2d(i, o, k, s, p, bias=bias)}
        return nn.Sequential(*[make[layer[0]](*layer[1:]) for layer in layers])

    def adam(self, net, work):
        return self.torch.optim.Adam(net.parameters(), lr=work.adam[0], betas=(work.adam[1], 0.999))

    def noise(self):
        return self.torch.randn(self.n, *self.latent)

    def judge(self, samples, target):
        return self.loss(self.d(samples).flatten(), target)

    def step(self):
        self.d_opt.zero_grad(set_to_none=True)
        with self.torch.no_grad():
            fake = self.g(self.noise())
        (self.judge(self.real, self.ones) + self.judge(fake, self.zeros)).backward()
        self.d_opt.step()
        self.g_opt.zero_grad(set_to_none=True)
        self.judge(self.g(self.noise()), self.ones).backward()
        self.g_opt.step()


# ---- one beside the other ----

TRIALS, HOPELESS = 3, 10  # a side whose best of so many rounds takes so many times the fastest's is left out


def time_rounds(torch, sides, rounds, steps):
    """Seconds a step for each side's name; the first round warms up and doesn't count."""
    set_blas_threads = getattr(sides[0][1].lib, "openblas_set_num_threads", lambda n: None)
    times = {name: [] for name, _, _ in sides}
    for i in range(rounds + 1):
        for name, side, threads in sides:
            if threads:
                torch.set_num_threads(threads[0])
                set_blas_threads(threads[1])
            side.step()
            time.sleep(0.1)  # let the other side's threads fall asleep
            side.step()
            start = time.perf_counter()
            for _ in range(steps):
                side.step()
            times[name].append((time.perf_counter() - start) / steps)
        if i + 1 == TRIALS:
            limit = HOPELESS * min(min(t) for t in times.values())
            sides = [side for side in sides if min(times[side[0]]) <= limit]
    return {name: statistics.median(t[1:]) for name, t in times.items()}


def compare(torch, work, options):
    counts = sorted({1, os.cpu_count() or 1})
    sides = [("libgan, %d threads" % n, LibganStep(options.library, work, n), None) for n in counts]
    sides += [("PyTorch, %d threads, BLAS %d" % (n, b), TorchStep(torch, work), (n, b)) for n in counts for b in counts]
    medians = time_rounds(torch, sides, options.rounds, work.steps)
    print("%s, batch %d, PyTorch %s; medians of %d rounds of %d steps"
          % (work.title, work.batch, torch.__version__, options.rounds, work.steps))
    for name, seconds in medians.items():
        print("  %-32s %8.3f ms" % (name, 1e3 * seconds))
    best = {side: min(s for name, s in medians.items() if name.startswith(side)) for side in ("libgan", "PyTorch")}
    ratio = best["PyTorch"] / best["libgan"]
    print("  PyTorch's best / libgan's best   %8.2f" % ratio)
    return {"batch": work.batch, "seconds": medians, "ratio": ratio}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("works", nargs="*", metavar="WORK", help="of %s; all" % ", ".join(WORKS))
    parser.add_argument("--library", default=os.path.join(here, "..", "..", "build", "libgan.so"))
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    if set(options.works) - set(WORKS):
        parser.error("there are only %s" % ", ".join(WORKS))
    try:
        import torch
    except ImportError:
        sys.exit("compare_pytorch.py: no torch for this python3; on Debian: apt install python3-torch, "
                 "and run it with /usr/bin/python3")

    report = {name: compare(torch, WORKS[name], options) for name in options.works or WORKS}
    if options.json:
        with open(options.json, "w") as out:
            json.dump(report, out, indent=1)


if __name__ == "__main__":
    main()
