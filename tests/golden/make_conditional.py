#!/usr/bin/python3
"""Make the reference runs of conditional GANs; see README.md.

Each run has initial weights, samples, noise and labels; then the gradients of its first step, of each network by itself
and of the discriminator with a penalty; ten steps; and the weights and buffers after them.
"""
import torch
from torch import nn
from torch.nn import functional as F

from make_golden import exact, norm, write_vectors

STEPS, BATCH, CLASSES = 10, 7, 4


class LabelEmbedding(nn.Embedding):
    """Appended to the sample."""
    def forward(self, x, y):
        return torch.cat([x, super().forward(y)], 1)


class OneHot(nn.Module):
    def forward(self, x, y):
        return torch.cat([x, F.one_hot(y, CLASSES).to(x.dtype)], 1)


class ClassAffine(nn.Module):
    """The conditional part of a batch norm."""
    def __init__(self, features):
        super().__init__()
        self.weight = nn.Parameter(1 + 0.3 * torch.randn(CLASSES, features))
        self.bias = nn.Parameter(0.3 * torch.randn(CLASSES, features))

    def forward(self, x, y):
        return self.weight[y][:, :, None, None] * x + self.bias[y][:, :, None, None]


class Projection(nn.Linear):
    def __init__(self, features):
        super().__init__(features, 1)
        self.embedding = nn.Embedding(CLASSES, features)

    def forward(self, x, y):
        x = x.flatten(1)
        return super().forward(x) + (self.embedding(y) * x).sum(1, keepdim=True)


class Network(nn.Sequential):
    def forward(self, x, y):
        for layer in self:
            x = layer(x, y) if isinstance(layer, (LabelEmbedding, OneHot, ClassAffine, Projection)) else layer(x)
        return x


def linear():
    """As in the experiment: an embedding at both inputs."""
    return (Network(LabelEmbedding(CLASSES, 3), nn.Linear(8, 12), nn.LeakyReLU(0.2), nn.Linear(12, 20), nn.Tanh()),
            Network(LabelEmbedding(CLASSES, 3), nn.Linear(23, 12), nn.LeakyReLU(0.2), nn.Linear(12, 1)), (5,), (20,))


def images():
    """Conditional batch norm with a projection discriminator."""
    return (Network(nn.ConvTranspose2d(5, 8, 2, bias=False), nn.BatchNorm2d(8, affine=False), ClassAffine(8), nn.ReLU(),
                    nn.ConvTranspose2d(8, 4, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(4, affine=False),
                    ClassAffine(4), nn.ReLU(), nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1), nn.Tanh()),
            Network(nn.Conv2d(1, 4, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
                    nn.Conv2d(4, 8, 4, stride=2, padding=1), nn.LeakyReLU(0.2), Projection(32)), (5, 1, 1), (1, 8, 8))


def auxiliary():
    """AC-GAN: the discriminator gets no labels, it has to predict them."""
    return (Network(OneHot(), nn.Linear(9, 12), nn.LeakyReLU(0.2), nn.Linear(12, 20), nn.Tanh()),
            Network(nn.Linear(20, 12), nn.LeakyReLU(0.2), nn.Linear(12, 1 + CLASSES)), (5,), (20,))


def bce(x, target):
    return F.binary_cross_entropy_with_logits(x, torch.full_like(x, float(target)))


class Run:
    def __init__(self, make, loss, auxiliary_weight, real_share):
        self.g, self.d, latent, sample = make()
        for net in (self.g, self.d):
            net.double()
            for p in net.parameters():
                p.data = exact(p.data)
        self.loss, self.auxiliary_weight, self.real_share = loss, auxiliary_weight, real_share
        self.real = exact(torch.tanh(torch.randn(STEPS, BATCH, *sample)))
        self.z_d, self.z_g = (exact(torch.randn(STEPS, BATCH, *latent)) for _ in range(2))
        self.y_real, self.y_d, self.y_g = (torch.randint(CLASSES, (STEPS, BATCH)) for _ in range(3))

    def d_loss(self, real, fake):
        if self.loss == "hinge":
            return F.relu(1 - real).mean() + F.relu(1 + fake).mean()
        return bce(real, 1) + bce(fake, 0)

    def g_loss(self, real, fake):
        if self.loss == "hinge":
            return -fake.mean()
        return bce(fake, 1) + (bce(real, 0) if self.loss == "relativistic" else 0)

    def verdicts(self, real, fake):
        """Logits as the losses use them."""
        if self.loss != "relativistic":
            return real[:, 0], fake[:, 0]
        return real[:, 0] - fake[:, 0].mean(), fake[:, 0] - real[:, 0].mean()

    def classes(self, out, y):
        """The auxiliary classifier's loss and accuracy."""
        if self.auxiliary_weight == 0:
            return torch.zeros(()).double(), 0.0
        logits = out[:, 1:]
        return F.cross_entropy(logits, y), (logits.argmax(1) == y).double().mean().item()

    def track(self, on):
        """The generator's running statistics follow its own steps only."""
        for layer in self.g:
            if isinstance(layer, nn.BatchNorm2d):
                layer.momentum = 0.1 if on else 0.0

    def fakes(self, step):
        self.track(False)
        return self.g(self.z_d[step], self.y_d[step]).detach()

    def d_half(self, step):
        real = self.d(self.real[step], self.y_real[step])
        fake = self.d(self.fakes(step), self.y_d[step])
        (real_class, real_right), (fake_class, fake_right) = self.classes(real, self.y_real[step]), \
            self.classes(fake, self.y_d[step])
        class_loss = self.auxiliary_weight * (self.real_share * real_class + (1 - self.real_share) * fake_class)
        verdicts = self.verdicts(real, fake)
        shown = [(x if self.loss == "hinge" else torch.sigmoid(x)).mean().item() for x in verdicts]
        return self.d_loss(*verdicts) + class_loss, shown + [class_loss.item(), real_right, fake_right]

    def g_half(self, step, follow):
        self.track(follow)
        out = self.d(self.g(self.z_g[step], self.y_g[step]), self.y_g[step])
        class_loss = self.auxiliary_weight * self.classes(out, self.y_g[step])[0]
        verdicts = self.verdicts(self.d(self.real[step], self.y_real[step]), out)
        return self.g_loss(*verdicts) + class_loss, [class_loss.item()]

    def penalty(self, x, y):
        """R1: 5 times the mean squared norm of the output's gradient, half of the usual weight of 10."""
        x = x.clone().requires_grad_()
        slope, = torch.autograd.grad(self.d(x, y)[:, 0].sum(), x, create_graph=True)
        return 5 * (slope.reshape(BATCH, -1) ** 2).sum(1).mean()

    def grads(self, v, prefix, net, loss):
        for (key, _), grad in zip(net.named_parameters(), torch.autograd.grad(loss, list(net.parameters()))):
            v[f"{prefix}.{key}"] = grad

    def first_step(self, v, name):
        r1 = self.penalty(self.real[0], self.y_real[0])
        r2 = self.penalty(self.fakes(0), self.y_d[0])
        v[f"{name}.penalties"] = torch.stack([r1, r2])
        for end, more in ("", 0), ("_r1", r1), ("_r2", r2):
            self.grads(v, f"{name}.d_grad{end}", self.d, self.d_half(0)[0] + more)
        self.grads(v, f"{name}.g_grad", self.g, self.g_half(0, False)[0])

    def weights(self, v, name, when):
        for letter, net in ("g", self.g), ("d", self.d):
            for key, t in net.state_dict().items():
                if t.is_floating_point():
                    v[f"{name}.{letter}_{when}.{key}"] = t.clone()

    def optimizer(self, net):
        """A relativistic discriminator's last bias has a zero gradient; Adam would amplify its rounding errors."""
        if self.loss == "relativistic":
            return torch.optim.SGD(net.parameters(), lr=0.25)
        return torch.optim.Adam(net.parameters(), lr=2e-3)

    def steps(self):
        figures = []
        g_opt, d_opt = self.optimizer(self.g), self.optimizer(self.d)
        for step in range(STEPS):
            losses, norms, more = [], [], []
            for net, opt, half in (self.d, d_opt, self.d_half), (self.g, g_opt, lambda s: self.g_half(s, True)):
                loss, shown = half(step)
                opt.zero_grad()
                loss.backward()
                losses.append(loss.item())
                norms.append(norm(net.parameters()).item())
                more += shown
                opt.step()
            figures.append(losses + norms + more)
        return torch.tensor(figures, dtype=torch.float64)


def main():
    vectors = {}
    torch.set_num_threads(1)
    for name, make, loss, weight, real_share in (("linear", linear, "bce", 0, 0.5), ("images", images, "hinge", 0, 0.5),
                                                 ("auxiliary", auxiliary, "bce", 0.75, 0.5),
                                                 ("relativistic", linear, "relativistic", 0, 0.5),
                                                 ("real_only", auxiliary, "bce", 0.75, 1)):
        torch.manual_seed(51)
        run = Run(make, loss, weight, real_share)
        for key in "real", "z_d", "z_g", "y_real", "y_d", "y_g":
            vectors[f"{name}.{key}"] = getattr(run, key)
        run.weights(vectors, name, "first")
        run.first_step(vectors, name)
        figures = run.steps()
        vectors[f"{name}.figures"] = figures
        run.weights(vectors, name, "last")
        run.g.eval()
        vectors[f"{name}.samples"] = run.g(run.z_g[0], run.y_g[0])
        print(f"{name}: D loss {figures[0][0]:.4f} to {figures[-1][0]:.4f}, G loss {figures[0][1]:.4f} to "
              f"{figures[-1][1]:.4f}")
    write_vectors("conditional.bin", vectors)


if __name__ == "__main__":
    main()
