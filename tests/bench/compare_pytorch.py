#!/usr/bin/python3
"""The same training steps timed in libgan and in PyTorch, both with their best settings.

Five steps: linear layers, a DCGAN of 28x28 pixels and one of 64x64 in colour, convolutions of 3x3, and wide linear
layers.  PyTorch's best setting is searched for first, step by step: the kernels of OpenBLAS (OPENBLAS_CORETYPE, which a
process reads at start-up, so each is tried in a process of its own), how OpenMP waits, whether malloc() keeps memory,
threads of PyTorch and of the BLAS, the layout channels_last, foreach and fused Adam, torch.compile.  Settings that fail
or are slower are discarded.  Then libgan, PyTorch as in a tutorial and PyTorch with its best setting run in one process
in turns, on one thread and on all; a figure is the median of its rounds.  The memory that a step adds to a process is
measured in one process for each.  Needs Debian's python3-torch (or any torch) and a built library:

    make shared && tests/bench/compare_pytorch.py [--json FILE] [--settings FILE] [--rounds N] [STEP...]

With --settings the fastest settings are stored in a file as soon as they are found, and not searched for again, so
a comparison can be interrupted and continued.
"""
import argparse
import ctypes
import json
import os
import platform
import statistics
import subprocess
import sys
import time

CORES = os.cpu_count() or 1

# ---- the networks: layer names, then the arguments of each side's layer of that name ----


def linear_pair(hidden):
    g = [("linear", 64, hidden), ("leaky_relu",), ("linear", hidden, hidden), ("leaky_relu",),
         ("linear", hidden, 784), ("tanh",)]
    d = [("linear", 784, hidden), ("leaky_relu",), ("linear", hidden, hidden), ("leaky_relu",),
         ("linear", hidden, 1), ("sigmoid",)]
    return g, d


def block(*layer):
    """A layer, batch norm over its channels, and ReLU."""
    return [layer, ("batch_norm", layer[2]), ("relu",)]


# Convolutions: channels in and out, kernel, stride, padding, with a bias or not.
def dcgan28(base):
    g = (block("conv_transpose2d", 100, 2 * base, 7, 1, 0, False) +
         block("conv_transpose2d", 2 * base, base, 4, 2, 1, False) +
         [("conv_transpose2d", base, 1, 4, 2, 1, True), ("tanh",)])
    d = [("conv2d", 1, base, 4, 2, 1, True), ("leaky_relu",),
         ("conv2d", base, 2 * base, 4, 2, 1, False), ("batch_norm", 2 * base), ("leaky_relu",),
         ("conv2d", 2 * base, 1, 7, 1, 0, True), ("sigmoid",)]
    return g, d


def dcgan64(base):
    """The networks of PyTorch's DCGAN tutorial."""
    g = block("conv_transpose2d", 100, 8 * base, 4, 1, 0, False)
    d = [("conv2d", 3, base, 4, 2, 1, False), ("leaky_relu",)]
    for n in (8, 4, 2):
        g += block("conv_transpose2d", n * base, n // 2 * base, 4, 2, 1, False)
    for n in (1, 2, 4):
        d += [("conv2d", n * base, 2 * n * base, 4, 2, 1, False), ("batch_norm", 2 * n * base), ("leaky_relu",)]
    g += [("conv_transpose2d", base, 3, 4, 2, 1, False), ("tanh",)]
    d += [("conv2d", 8 * base, 1, 4, 1, 0, False), ("sigmoid",)]
    return g, d


def kernels3x3(channels):
    same = lambda i, o: ("conv2d", i, o, 3, 1, 1, False)
    g = (block("conv_transpose2d", 100, channels, 8, 1, 0, False) + [("upsample", 2)] + block(*same(channels, channels)) +
         [("upsample", 2)] + block(*same(channels, channels)) + [same(channels, 3), ("tanh",)])
    d = [same(3, channels), ("leaky_relu",), ("avg_pool2d", 2)]
    d += [same(channels, channels), ("leaky_relu",), ("avg_pool2d", 2)]
    d += [same(channels, channels), ("leaky_relu",), same(channels, channels), ("leaky_relu",)]
    d += [("conv2d", channels, 1, 8, 1, 0, True), ("sigmoid",)]
    return g, d


class Work:
    """A pair of networks, the latent vector's and the image's shape, Adam's learning rate and beta1, the batch size,
    and the steps per round."""

    def __init__(self, title, pair, latent, image, adam, batch, steps):
        (self.g, self.d), self.title = pair, title
        self.latent, self.image, self.adam, self.batch, self.steps = latent, image, adam, batch, steps

    def gflop(self):
        """Floating-point operations of a step's products: two per weight and pixel, including padding."""
        g, d = forward_flops(self.g, self.latent), forward_flops(self.d, self.image)
        fakes = sum(g)
        discriminator = 2 * (3 * sum(d) - d[0])  # forward and both gradients, without the first layer's input gradient
        generator = 3 * sum(g) - g[0] + 2 * sum(d)
        return 1e-9 * self.batch * (fakes + discriminator + generator)


def forward_flops(layers, dims):
    """Operations of each layer with weights, for one sample."""
    side, flops = dims[-1], []
    for name, *settings in layers:
        if name == "linear":
            flops.append(2 * settings[0] * settings[1])
        elif name == "upsample":
            side *= settings[0]
        elif name == "avg_pool2d":
            side //= settings[0]
        elif name.startswith("conv"):
            i, o, kernel, stride, padding, _ = settings
            small = side
            if name == "conv2d":
                side = small = (side + 2 * padding - kernel) // stride + 1
            else:
                side = (side - 1) * stride + kernel - 2 * padding
            flops.append(2 * i * o * kernel * kernel * small * small)
    return flops


WORKS = {
    "linear": Work("Fashion-MNIST step, width 256", linear_pair(256), (64,), (784,), (1e-4, 0.9), 100, 50),
    "dcgan": Work("DCGAN step, 28x28, base 64", dcgan28(64), (100, 1, 1), (1, 28, 28), (2e-4, 0.5), 64, 3),
    "dcgan64": Work("DCGAN step, 64x64 in colour, base 64", dcgan64(64), (100, 1, 1), (3, 64, 64), (2e-4, 0.5), 64, 1),
    "conv3x3": Work("3x3 convolutions, 32x32 in colour, 128 channels", kernels3x3(128), (100, 1, 1), (3, 32, 32), (2e-4, 0.5), 64, 1),
    "wide": Work("Fashion-MNIST step, width 1024", linear_pair(1024), (64,), (784,), (1e-4, 0.9), 512, 2),
}


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
    """Fields that this script doesn't know are zero, their default."""
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
        if name in ("batch_norm", "avg_pool2d"):
            return make(ctypes.c_size_t(settings[0]), None)
        if name == "upsample":
            return make(ctypes.c_size_t(settings[0]), 0, 0)
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

    def prepare(self):
        pass

    def step(self):
        self.must(self.lib.gan_train_step(self.trainer, ctypes.byref(self.batch), None))


# ---- PyTorch ----

def openblas():
    """The OpenBLAS that this process has loaded, or None."""
    try:
        with open("/proc/self/maps") as maps:
            paths = sorted({line[line.index("/"):].strip() for line in maps if "/" in line and "blas" in line})
    except OSError:
        paths = []
    for lib in map(ctypes.CDLL, paths):
        if hasattr(lib, "openblas_set_num_threads"):
            return lib
    return None


class Setting:
    """How PyTorch is run; by default as in tutorials."""

    def __init__(self, threads, blas_threads, channels_last=False, adam=None, compiled=False):
        self.threads, self.blas_threads = threads, blas_threads
        self.channels_last, self.adam, self.compiled = channels_last, adam, compiled

    def but(self, **changes):
        return Setting(**dict(vars(self), **changes))

    def __str__(self):
        words = ["BLAS %d" % self.blas_threads, self.channels_last and "channels_last", self.adam and self.adam + " Adam",
                 self.compiled and "compiled"]
        return ", ".join(word for word in words if word)


class TorchStep:
    def __init__(self, torch, work, setting):
        self.torch, self.n, self.latent, self.setting = torch, work.batch, work.latent, setting
        self.blas = openblas()
        self.prepare()
        is_image = len(work.image) == 3
        self.layout = {"memory_format": torch.channels_last} if setting.channels_last and is_image else {}
        self.g, self.d = self.network(work.g), self.network(work.d)
        self.g_opt, self.d_opt = self.adam(self.g, work), self.adam(self.d, work)
        if setting.compiled:
            self.g, self.d = torch.compile(self.g), torch.compile(self.d)
        self.loss = torch.nn.BCELoss()
        self.real = (torch.rand(work.batch, *work.image) * 2 - 1).to(**self.layout)
        self.ones, self.zeros = torch.ones(work.batch), torch.zeros(work.batch)

    def network(self, layers):
        nn = self.torch.nn
        make = {"linear": nn.Linear, "leaky_relu": lambda: nn.LeakyReLU(0.2, inplace=True), "relu": lambda: nn.ReLU(inplace=True),
                "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "batch_norm": nn.BatchNorm2d, "avg_pool2d": nn.AvgPool2d,
                "upsample": lambda factor: nn.Upsample(scale_factor=factor),
                "conv2d": lambda i, o, k, s, p, bias: nn.Conv2d(i, o, k, s, p, bias=bias),
                "conv_transpose2d": lambda i, o, k, s, p, bias: nn.ConvTranspose2d(i, o, k, s, p, bias=bias)}
        return nn.Sequential(*[make[layer[0]](*layer[1:]) for layer in layers]).to(**self.layout)

    def adam(self, net, work):
        how = {self.setting.adam: True} if self.setting.adam else {}
        return self.torch.optim.Adam(net.parameters(), lr=work.adam[0], betas=(work.adam[1], 0.999), **how)

    def prepare(self):
        self.torch.set_num_threads(self.setting.threads)
        if self.blas:
            self.blas.openblas_set_num_threads(self.setting.blas_threads)

    def noise(self):
        return self.torch.randn(self.n, *self.latent).to(**self.layout)

    def judge(self, samples, target):
        # PyTorch 2.6 now and then computes a gradient that is NaN in the first layer of `conv3x3` on a Zen 5 (seen with
        # OpenBLAS's kernels for Haswell and Zen), and BCELoss refuses NaN.  Convolutions of NaN take as long with
        # channels_last (0.998 of the time), and 9 % longer without.
        return self.loss(self.torch.nan_to_num(self.d(samples).flatten(), 0.5), target)

    def step(self):
        self.d_opt.zero_grad(set_to_none=True)
        with self.torch.no_grad():
            fake = self.g(self.noise())
        (self.judge(self.real, self.ones) + self.judge(fake, self.zeros)).backward()
        self.d_opt.step()
        self.g_opt.zero_grad(set_to_none=True)
        self.judge(self.g(self.noise()), self.ones).backward()
        self.g_opt.step()


# ---- PyTorch's best setting ----

def seconds_of(torch, work, setting, seconds=0.5):
    """The shortest step within a few seconds, of at least three; None if it can't be run."""
    try:
        side = TorchStep(torch, work, setting)
        side.step()
        times, end = [], time.perf_counter() + seconds
        while len(times) < 3 or time.perf_counter() < end:
            start = time.perf_counter()
            side.step()
            times.append(time.perf_counter() - start)
        return min(times)
    except Exception as error:  # whatever this release raises for what it can't do
        print("    %s: %s" % (setting, " ".join(str(error).split())[:160]), file=sys.stderr)
        return None


def search(torch, work, threads):
    """The fastest setting, found by changing one option after the other, and its seconds."""
    best = Setting(threads, threads)
    least = seconds_of(torch, work, best)
    changes = [{"blas_threads": 1}] if threads > 1 else []
    changes += [{"channels_last": True}] if len(work.image) == 3 else []
    changes += [{"adam": "foreach"}, {"adam": "fused"}]
    changes += [{"compiled": True}] if hasattr(torch, "compile") else []
    for change in changes:
        setting = best.but(**change)
        seconds = seconds_of(torch, work, setting)
        if seconds and (not least or seconds < least):
            best, least = setting, seconds
    return best, least


def kept(options, name, what, find):
    """The result of `find`, or the stored one if there is a file of settings."""
    if not options.settings:
        return find()
    known = {}
    if os.path.exists(options.settings):
        with open(options.settings) as file:
            known = json.load(file)
    if what not in known.setdefault(name, {}):
        known[name][what] = find()
        with open(options.settings, "w") as file:
            json.dump(known, file, indent=1)
    return known[name][what]


def core_types():
    """Values of OPENBLAS_CORETYPE to try beside OpenBLAS's own choice."""
    return ["Haswell", "SkylakeX", "Cooperlake", "SapphireRapids", "Zen"] if platform.machine() in ("x86_64", "AMD64") else []


def child(options, environment, *arguments):
    """Run this script in another process, with these settings of OpenBLAS and OpenMP; return its JSON, or None."""
    env = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
    env.update(environment)
    kept = ["--settings", options.settings] if options.settings else []
    done = subprocess.run([sys.executable, os.path.abspath(__file__), "--library", options.library, "--rounds", str(options.rounds),
                           *kept, *arguments], env=env, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.strip().split("\n")[-1]) if done.returncode == 0 else None


def trial_in(options, name, environment):
    return kept(options, name, "trial %s" % environment, lambda: child(options, environment, "--trial", name))


# PyTorch allocates its tensors in each step: malloc() then maps and unmaps the large ones, unless told to
# keep them.
KEEPING = "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=4294967296"


def fastest_environment(options, name):
    """The environment with the fastest plain step; of core types with the same kernels, the first.  OpenMP threads that
    keep spinning after their work may hinder those of a BLAS with threads of its own, or save time."""
    def trial(environment):
        result = trial_in(options, name, environment)
        return result if result and result["seconds"] else None

    # First, because where page faults are expensive they would hide what kernels differ in.
    always, first = min(((environment, trial(environment)) for environment in ({}, {"GLIBC_TUNABLES": KEEPING})),
                        key=lambda tried: tried[1]["seconds"] if tried[1] else float("inf"))
    found = {first["kernels"]: (first["seconds"], always)} if first else {}
    for core_type in core_types():
        environment = dict(always, OPENBLAS_CORETYPE=core_type)
        result = trial(environment)
        if result and result["kernels"] not in found:
            found[result["kernels"]] = (result["seconds"], environment)
    if not found:
        sys.exit("compare_pytorch.py: PyTorch can't run %s" % name)
    ranking = sorted(found.items(), key=lambda item: item[1][0])
    print("  kernels of OpenBLAS, PyTorch's plain step%s: " % (" where malloc() keeps memory" if always else "") +
          ", ".join("%s %.1f ms" % (kernels, 1e3 * s) for kernels, (s, _) in ranking))
    seconds, best = ranking[0][1]
    passive = dict(best, OMP_WAIT_POLICY="PASSIVE")
    result = trial(passive)
    if result and result["seconds"] < seconds:
        best = passive
        print("  faster with OMP_WAIT_POLICY=PASSIVE: %.1f ms" % (1e3 * result["seconds"]))
    return best


# ---- memory ----

def megabytes(which):
    """Of this process: VmRSS, the resident memory, or VmHWM, its peak."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(which + ":")) / 1000


def grown_by(make):
    """The peak memory in MB that creating a side and two of its steps add to this process."""
    before = megabytes("VmRSS")
    side = make()
    side.step()
    side.step()
    return megabytes("VmHWM") - before


# ---- comparison ----

def time_rounds(sides, rounds, steps):
    """Seconds per step for each side's name, the median of the rounds; the first one is a warm-up."""
    times = {name: [] for name, _ in sides}
    for _ in range(rounds + 1):
        for name, side in sides:
            side.prepare()
            side.step()
            time.sleep(0.1)  # let the other side's threads fall asleep
            side.step()
            start = time.perf_counter()
            for _ in range(steps):
                side.step()
            times[name].append((time.perf_counter() - start) / steps)
    return {name: statistics.median(t[1:]) for name, t in times.items()}


def peak(torch, threads):
    """GFLOP/s of a large product by the BLAS that PyTorch uses."""
    n = 2000
    a, b = torch.rand(n, n), torch.rand(n, n)
    TorchStep.prepare(type("Side", (), {"torch": torch, "setting": Setting(threads, threads), "blas": openblas()}))
    times = []
    for _ in range(7):
        start = time.perf_counter()
        torch.mm(a, b)
        times.append(time.perf_counter() - start)
    return 2e-9 * n ** 3 / statistics.median(times)


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def text_of(function):
    function.restype = ctypes.c_char_p
    return function().decode()


def kernels_of_blas():
    lib = openblas()
    return text_of(lib.openblas_get_corename) if lib else "another BLAS"


def measure(torch, options, name):
    """In a process with the chosen core type: all results for one step."""
    work, counts = WORKS[name], sorted({1, CORES})
    settings = {n: Setting(**kept(options, name, "%d threads" % n, lambda n=n: vars(search(torch, work, n)[0]))) for n in counts}
    sides = [("libgan, %d thread%s" % (n, "s"[n == 1:]), LibganStep(options.library, work, n)) for n in counts]
    lib = sides[0][1].lib
    sides += [("PyTorch, plain, %d thread%s" % (n, "s"[n == 1:]), TorchStep(torch, work, Setting(n, n))) for n in counts]
    sides += [("PyTorch, best, %d thread%s" % (n, "s"[n == 1:]), TorchStep(torch, work, settings[n])) for n in counts]
    seconds = time_rounds(sides, options.rounds, work.steps)
    of = lambda side, n: min(s for key, s in seconds.items() if key.startswith(side) and " %d thread" % n in key)
    best = {side: min(of(side, n) for n in counts) for side in ("libgan", "PyTorch")}
    return {"batch": work.batch, "gflop": work.gflop(), "peak_gflops": peak(torch, CORES), "seconds": seconds,
            "ratio": best["PyTorch"] / best["libgan"], "ratio_1_thread": of("PyTorch", 1) / of("libgan", 1),
            "settings": {str(n): str(s) for n, s in settings.items()}, "best_setting": vars(settings[CORES]),
            "kernels": {"libgan": text_of(lib.gan_instruction_set) + ", " + text_of(lib.gan_blas_name), "OpenBLAS": kernels_of_blas()},
            "openmp": os.environ.get("OMP_WAIT_POLICY", "as it is"), "malloc": os.environ.get("GLIBC_TUNABLES", "as it is"),
            "torch": torch.__version__, "processor": processor()}


def report(name, r):
    work, s = WORKS[name], r["seconds"]
    print("%s, batch %d, %.2f GFLOP; medians" % (work.title, r["batch"], r["gflop"]))
    print("  %s; PyTorch %s on kernels %s; libgan %s" % (r["processor"], r["torch"], r["kernels"]["OpenBLAS"], r["kernels"]["libgan"]))
    for key, seconds in s.items():
        n = key.split(" thread")[0].split()[-1]
        print("  %-28s %9.3f ms  %7.1f GFLOP/s%s" % (key, 1e3 * seconds, r["gflop"] / seconds,
                                                  "   " + r["settings"][n] if "best" in key else ""))
    if "megabytes" in r:
        print("  memory that it adds to a process: libgan %(libgan).0f MB, PyTorch %(PyTorch).0f MB" % r["megabytes"])
    print("  products at the peak of %.0f GFLOP/s: %.3f ms" % (r["peak_gflops"], 1e3 * r["gflop"] / r["peak_gflops"]))
    print("  PyTorch's best / libgan's best   %.2f; one thread of each   %.2f" % (r["ratio"], r["ratio_1_thread"]), flush=True)


def compare(options, name):
    print("%s:" % name, flush=True)
    environment = kept(options, name, "environment", lambda: fastest_environment(options, name))
    r = child(options, environment, "--measure", name)
    if not r:
        sys.exit("compare_pytorch.py: %s could not be measured" % name)
    plain = {name: value for name, value in environment.items() if name != "GLIBC_TUNABLES"}
    memory = {side: child(options, plain, "--memory", side, "--setting", json.dumps(r["best_setting"]), name)
              for side in ("libgan", "PyTorch")}
    if all(memory.values()):
        r["megabytes"] = {side: found["megabytes"] for side, found in memory.items()}
    report(name, r)
    return r


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("works", nargs="*", metavar="STEP", help="of %s; all" % ", ".join(WORKS))
    parser.add_argument("--library", default=os.path.join(here, "..", "..", "build", "libgan.so"))
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--json", metavar="FILE", help="also write the figures there")
    parser.add_argument("--settings", metavar="FILE", help="where the fastest settings are stored")
    parser.add_argument("--memory", help=argparse.SUPPRESS)   # in a process of its own: memory of this side
    parser.add_argument("--setting", type=json.loads, help=argparse.SUPPRESS)
    parser.add_argument("--trial", help=argparse.SUPPRESS)    # in a process with a core type: its speed
    parser.add_argument("--measure", help=argparse.SUPPRESS)  # in one with the fastest core type: all figures
    options = parser.parse_args()
    if set(options.works) - set(WORKS):
        parser.error("there are only %s" % ", ".join(WORKS))
    if options.memory == "libgan":
        print(json.dumps({"megabytes": grown_by(lambda: LibganStep(options.library, WORKS[options.works[0]], CORES))}))
        return
    try:
        import torch
    except ImportError:
        sys.exit("compare_pytorch.py: no torch for this python3; on Debian: apt install python3-torch, "
                 "and run it with /usr/bin/python3")

    if options.memory:
        work, setting = WORKS[options.works[0]], Setting(**options.setting)
        print(json.dumps({"megabytes": grown_by(lambda: TorchStep(torch, work, setting))}))
    elif options.trial:
        seconds = [seconds_of(torch, WORKS[options.trial], Setting(CORES, n), 0.25) for n in sorted({1, CORES})]
        print(json.dumps({"seconds": min((s for s in seconds if s), default=None), "kernels": kernels_of_blas()}))
    elif options.measure:
        print(json.dumps(measure(torch, options, options.measure)))
    else:
        figures = {name: compare(options, name) for name in options.works or WORKS}
        if options.json:
            with open(options.json, "w") as out:
                json.dump(figures, out, indent=1)


if __name__ == "__main__":
    main()
