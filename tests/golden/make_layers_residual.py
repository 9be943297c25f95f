"""Cases of residual blocks, alone and in networks."""
from torch import nn

from make_layers import case


class Residual(nn.Module):
    """The layer of gan_layer_residual()."""

    def __init__(self, body, shortcut=None):
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, x):
        return self.body(x) + (x if self.shortcut is None else self.shortcut(x))


def block(width):
    return Residual(nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, width)))


def residual_cases(v):
    case(v, "identity", block(7), (7,), rows=5)
    case(v, "projected", Residual(nn.Sequential(nn.Linear(7, 5), nn.Tanh(), nn.Linear(5, 4)),
                                  nn.Sequential(nn.Linear(7, 4))), (7,), rows=5)
    # In-place layers next to a fork or a junction would overwrite what the other branch reads.
    case(v, "in_place", nn.Sequential(
        nn.Linear(6, 9), nn.Tanh(), Residual(nn.Sequential(nn.Tanh(), nn.Linear(9, 9), nn.Sigmoid())), nn.ReLU(),
        Residual(nn.Sequential(nn.LeakyReLU(0.2), nn.Linear(9, 4), nn.Tanh()),
                 nn.Sequential(nn.Tanh(), nn.Linear(9, 4), nn.Tanh())), nn.Tanh(), nn.Linear(4, 3)), (6,), rows=6)
    case(v, "only_in_place", nn.Sequential(
        Residual(nn.Sequential(nn.Tanh())), Residual(nn.Sequential(nn.Dropout(0)), nn.Sequential(nn.Tanh())),
        Residual(nn.Sequential(nn.Unflatten(1, (2, 3)), nn.Flatten()))), (6,), rows=6)
    case(v, "nested", nn.Sequential(nn.Linear(5, 6), Residual(
        nn.Sequential(block(6), nn.Tanh(), Residual(nn.Sequential(nn.Linear(6, 4)), nn.Sequential(
            Residual(nn.Sequential(block(6))), nn.Linear(6, 4)))),
        nn.Sequential(Residual(nn.Sequential(nn.Tanh(), nn.Linear(6, 6))), nn.Linear(6, 4)))), (5,), rows=6)
    # A downsampling block of a ResNet, followed by one that keeps the size.
    case(v, "resnet", nn.Sequential(nn.Conv2d(2, 3, 3, padding=1, bias=False), nn.ReLU(), Residual(
        nn.Sequential(nn.Conv2d(3, 5, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(5), nn.ReLU(),
                      nn.Conv2d(5, 5, 3, padding=1, bias=False), nn.BatchNorm2d(5)),
        nn.Sequential(nn.Conv2d(3, 5, 1, stride=2, bias=False), nn.BatchNorm2d(5))), nn.ReLU(), Residual(
        nn.Sequential(nn.BatchNorm2d(5), nn.ReLU(), nn.Conv2d(5, 5, 3, padding=1, bias=False)))),
        (2, 6, 4), rows=6, group=3)
    # A generator's, which upsamples.
    case(v, "upsampling", Residual(
        nn.Sequential(nn.BatchNorm2d(4), nn.ReLU(), nn.Upsample(scale_factor=2),
                      nn.Conv2d(4, 3, 3, padding=1, bias=False)),
        nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(4, 3, 1, bias=False))), (4, 3, 3), rows=4)
