#!/usr/bin/python3
"""How long the same training step takes in libgan and in PyTorch.

Both run in this one process, in turns, each with every number of threads it can use here; a figure is the median
of its rounds, and each side is judged by its best.  Wants Debian's python3-torch (or any torch) and a
built library: make shared && tests/bench/compare_pytorch.py [--json FILE]
"""
import argparse
import ctypes
import json
import os
import statistics
import sys
import time

LATENT, HIDDEN, IMAGE = 64, 256, 784


class Shape(ctypes.Structure):
    _fields_ = [("rank", ctypes.c_size_t), ("dim", ctypes.c_size_t * 4)]


class Batch(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("count", ctypes.c_size_t), ("shape", Shape),
                ("samples", ctypes.c_void_p), ("labels", ctypes.c_void_p)]


class AdamDesc(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("lr", ctypes.c_double), ("beta1", ctypes.c_double),
                ("beta2", ctypes.c_double), ("eps", ctypes.c_double), ("weight_decay", ctypes.c_double),
                ("allocator", ctypes.c_void_p)]


class TrainerDesc(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("batch_size", ctypes.c_size_t), ("seed", ctypes.c_uint64),
                ("loss", ctypes.c_int), ("n_threads", ctypes.c_size_t), ("pool", ctypes.c_void_p),
                ("allocator", ctypes.c_void_p)]


class LibganStep:
    """The experiment's step by libgan, through its shared library."""

    def __init__(self, path, threads, batch):
        lib = self.lib = ctypes.CDLL(path)
        for name in ("gan_network_create", "gan_layer_linear", "gan_layer_leaky_relu", "gan_layer_tanh",
                     "gan_layer_sigmoid"):
            getattr(lib, name).restype = ctypes.c_void_p
        lib.gan_last_error.restype = ctypes.c_char_p
        lib.gan_shape_1d.restype = Shape
        lib.gan_shape_1d.argtypes = [ctypes.c_size_t]
        lib.gan_layer_linear.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
        lib.gan_layer_leaky_relu.argtypes = [ctypes.c_float]
        lib.gan_network_create.argtypes = [Shape, ctypes.c_void_p]
        lib.gan_network_add.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        lib.gan_optimizer_create_adam.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        lib.gan_trainer_create.argtypes = [ctypes.c_void_p] * 6
        lib.gan_train_step.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
        g = self.network((LATENT, HIDDEN, HIDDEN, IMAGE), lib.gan_layer_tanh)
        d = self.network((IMAGE, HIDDEN, HIDDEN, 1), lib.gan_layer_sigmoid)
        desc = TrainerDesc(ctypes.sizeof(TrainerDesc), batch, 1, 0, threads, None, None)
        self.trainer = ctypes.c_void_p()
        self.must(lib.gan_trainer_create(ctypes.byref(self.trainer), g, d, self.adam(), self.adam(),
                                         ctypes.byref(desc)))
        self.real = (ctypes.c_float * (batch * IMAGE))(*[(i * 37 % 201) / 100 - 1 for i in range(batch * IMAGE)])
        self.batch = Batch(ctypes.sizeof(Batch), batch, lib.gan_shape_1d(IMAGE), ctypes.addressof(self.real), None)

    def must(self, status):
        if status != 0:
            sys.exit("libgan: " + self.lib.gan_last_error().decode())

    def network(self, widths, last):
        net = self.lib.gan_network_create(self.lib.gan_shape_1d(widths[0]), None)
        for i in range(3):
            self.lib.gan_network_add(net, self.lib.gan_layer_linear(widths[i], widths[i + 1]))
            self.lib.gan_network_add(net, self.lib.gan_layer_leaky_relu(0.2) if i < 2 else last())
        return net

    def adam(self):
        out = ctypes.c_void_p()
        desc = AdamDesc(ctypes.sizeof(AdamDesc), 1e-4, 0.9, 0.999, 1e-8, 0, None)
        self.must(self.lib.gan_optimizer_create_adam(ctypes.byref(out), ctypes.byref(desc)))
        return out

    def step(self):
        self.must(self.lib.gan_train_step(self.trainer, ctypes.byref(self.batch), None))


class TorchStep:
    """The same step as a PyTorch tutorial writes it."""

    def __init__(self, torch, batch):
        nn = torch.nn
        self.torch, self.n = torch, batch
        self.g = nn.Sequential(nn.Linear(LATENT, HIDDEN), nn.LeakyReLU(0.2), nn.Linear(HIDDEN, HIDDEN),
                               nn.LeakyReLU(0.2), nn.Linear(HIDDEN, IMAGE), nn.Tanh())
        self.d = nn.Sequential(nn.Linear(IMAGE, HIDDEN), nn.LeakyReLU(0.2), nn.Linear(HIDDEN, HIDDEN),
                               nn.LeakyReLU(0.2), nn.Linear(HIDDEN, 1), nn.Sigmoid())
        self.g_opt = torch.optim.Adam(self.g.parameters(), lr=1e-4)
        self.d_opt = torch.optim.Adam(self.d.parameters(), lr=1e-4)
        self.loss = nn.BCELoss()
        self.real = torch.rand(batch, IMAGE) * 2 - 1
        self.ones, self.zeros = torch.ones(batch, 1), torch.zeros(batch, 1)

    def step(self):
        torch = self.torch
        self.d_opt.zero_grad(set_to_none=True)
        with torch.no_grad():
            fake = self.g(torch.randn(self.n, LATENT))
        (self.loss(self.d(self.real), self.ones) + self.loss(self.d(fake), self.zeros)).backward()
        self.d_opt.step()
        self.g_opt.zero_grad(set_to_none=True)
        self.loss(self.d(self.g(torch.randn(self.n, LATENT))), self.ones).backward()
        self.g_opt.step()


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--library", default=os.path.join(here, "..", "..", "build", "libgan.so"))
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--steps", type=int, default=50, help="steps a round")
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    try:
        import torch
    except ImportError:
        sys.exit("compare_pytorch.py: no torch for this python3; on Debian: apt install python3-torch, "
                 "and run it with /usr/bin/python3")

    counts = sorted({1, os.cpu_count() or 1})
    sides = [("libgan, %d threads" % n, LibganStep(options.library, n, options.batch), None) for n in counts]
    sides += [("PyTorch, %d threads, BLAS %d" % (n, b), TorchStep(torch, options.batch), (n, b))
              for n in counts for b in counts]
    set_blas_threads = getattr(sides[0][1].lib, "openblas_set_num_threads", lambda n: None)
    times = {name: [] for name, _, _ in sides}
    for i in range(options.rounds + 1):
        for name, side, threads in sides:
            if threads:
                torch.set_num_threads(threads[0])
                set_blas_threads(threads[1])
            side.step()
            time.sleep(0.1)  # let the other side's threads fall asleep
            side.step()
            start = time.perf_counter()
            for _ in range(options.steps):
                side.step()
            if i > 0:  # the first round warms up
                times[name].append((time.perf_counter() - start) / options.steps)

    medians = {name: statistics.median(t) for name, t in times.items()}
    print("Fashion-MNIST step, batch %d, PyTorch %s; medians of %d rounds of %d steps"
          % (options.batch, torch.__version__, options.rounds, options.steps))
    for name, seconds in medians.items():
        print("  %-32s %8.3f ms" % (name, 1e3 * seconds))
    best = {side: min(s for name, s in medians.items() if name.startswith(side)) for side in ("libgan", "PyTorch")}
    ratio = best["PyTorch"] / best["libgan"]
    print("  PyTorch's best / libgan's best   %8.2f" % ratio)
    if options.json:
        with open(options.json, "w") as out:
            json.dump({"batch": options.batch, "seconds": medians, "ratio": ratio}, out, indent=1)


if __name__ == "__main__":
    main()
