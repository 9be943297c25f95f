#!/usr/bin/python3
"""Make the reference run of a small DCGAN with batch norm; see README.md.

Real and generated samples are separate batches for the discriminator's batch norm.  A network's running statistics
follow its own steps only: where PyTorch's would follow the other's too, their momentum is set to 0.
"""
import torch
from torch import nn

from make_golden import exact, norm, write_safetensors, write_vectors

STEPS, BATCH, LATENT = 10, 6, 5


def networks():
    g = nn.Sequential(
        nn.ConvTranspose2d(LATENT, 8, 2, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
        nn.ConvTranspose2d(8, 4, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
        nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1), nn.Tanh())
    d = nn.Sequential(
        nn.Conv2d(1, 4, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
        nn.Conv2d(4, 8, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.LeakyReLU(0.2),
        nn.Conv2d(8, 1, 2), nn.Sigmoid())
    for net in (g, d):
        net.double()
        for p in net.parameters():
            p.data = exact(p.data)
    return g, d


def track(net, on):
    for layer in net:
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 0.1 if on else 0.0


def save(name, net):
    write_safetensors(name, {k: t for k, t in net.state_dict().items() if t.is_floating_point()})


def main():
    torch.manual_seed(31)
    torch.set_num_threads(1)
    g, d = networks()
    save("dcgan_g_first.safetensors", g)
    save("dcgan_d_first.safetensors", d)
    real = exact(torch.tanh(torch.randn(STEPS, BATCH, 1, 8, 8)))
    z_d = exact(torch.randn(STEPS, BATCH, LATENT, 1, 1))
    z_g = exact(torch.randn(STEPS, BATCH, LATENT, 1, 1))
    g_opt, d_opt = (torch.optim.Adam(net.parameters(), lr=2e-3, betas=(0.5, 0.999)) for net in (g, d))
    bce = nn.BCELoss()
    ones, zeros = torch.ones(BATCH).double(), torch.zeros(BATCH).double()
    figures = []
    for step in range(STEPS):
        track(g, False), track(d, True)
        verdict_real = d(real[step]).reshape(-1)
        verdict_fake = d(g(z_d[step]).detach()).reshape(-1)
        d_loss = bce(verdict_real, ones) + bce(verdict_fake, zeros)
        d_opt.zero_grad()
        d_loss.backward()
        d_norm = norm(d.parameters())
        d_opt.step()

        track(g, True), track(d, False)
        g_loss = bce(d(g(z_g[step])).reshape(-1), ones)
        g_opt.zero_grad()
        g_loss.backward()
        g_norm = norm(g.parameters())
        g_opt.step()
        figures.append([float(x) for x in (d_loss, g_loss, verdict_real.mean(), verdict_fake.mean(), d_norm, g_norm)])
    g.eval()
    save("dcgan_g_last.safetensors", g)
    save("dcgan_d_last.safetensors", d)
    write_vectors("dcgan.bin", {"real": real, "z_d": z_d, "z_g": z_g, "samples": g(z_g[0]),
                                "figures": torch.tensor(figures, dtype=torch.float64)})
    print(f"dcgan: D loss {figures[0][0]:.4f} to {figures[-1][0]:.4f}, G loss {figures[0][1]:.4f} to "
          f"{figures[-1][1]:.4f}")


if __name__ == "__main__":
    main()
