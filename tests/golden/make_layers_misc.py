"""Cases of layers without sums over weights: activations, pooling, upsampling, minibatch_stddev."""
import torch
from torch import nn

from make_layers import case


class MinibatchStddev(nn.Module):
    """One more channel: the standard deviation over a group of consecutive samples, averaged over a sample's values."""

    def __init__(self, group_size):
        super().__init__()
        self.group_size = group_size

    def forward(self, x):
        out = []
        for group in x.split(self.group_size):
            deviation = (((group - group.mean(0)) ** 2).mean(0) + 1e-8).sqrt().mean()
            out.append(torch.cat([group, deviation.expand(len(group), 1, *x.shape[2:])], 1))
        return torch.cat(out)


def activations(v):
    # From very negative to very positive, dense around 0.
    x = torch.sinh(torch.linspace(-4, 4, 8 * 15)[torch.randperm(120)]).reshape(8, 15)
    for name, module in (("elu", nn.ELU()), ("elu_half", nn.ELU(0.5)), ("selu", nn.SELU()), ("gelu", nn.GELU()),
                         ("gelu_tanh", nn.GELU(approximate="tanh")), ("silu", nn.SiLU()),
                         ("softplus", nn.Softplus()), ("softplus_low", nn.Softplus(2, 3)),
                         ("prelu", nn.PReLU()), ("prelu_vector", nn.PReLU(15))):
        case(v, name, module, (15,), rows=8, x=x)
    case(v, "prelu_channels", nn.PReLU(3), (3, 3, 5), rows=4)


def pools(v):
    case(v, "max", nn.MaxPool2d(2), (3, 6, 5), rows=2)
    case(v, "max_overlapping", nn.MaxPool2d(3, stride=2, padding=1), (2, 7, 6), rows=3)
    case(v, "max_uneven", nn.MaxPool2d((3, 2), stride=(1, 3), padding=(1, 0)), (2, 4, 9), rows=2)
    case(v, "max_ties", nn.MaxPool2d(3, stride=1, padding=1), (1, 6, 6), rows=3,
         x=torch.randint(-1, 2, (3, 1, 6, 6)))
    case(v, "avg", nn.AvgPool2d(2), (3, 6, 5), rows=2)
    case(v, "avg_overlapping", nn.AvgPool2d(3, stride=2, padding=1), (2, 7, 6), rows=3)
    case(v, "avg_uneven", nn.AvgPool2d((3, 2), stride=(1, 3), padding=(1, 0)), (2, 4, 9), rows=2)
    case(v, "avg_inside", nn.AvgPool2d((4, 3), stride=(2, 1), padding=(2, 1), count_include_pad=False), (2, 5, 4),
         rows=2)


def resizes(v):
    for scale in (2, 3):
        case(v, f"nearest_{scale}", nn.Upsample(scale_factor=scale), (2, 3, 4), rows=2)
        case(v, f"bilinear_{scale}", nn.Upsample(scale_factor=scale, mode="bilinear"), (2, 3, 4), rows=2)
        case(v, f"corners_{scale}", nn.Upsample(scale_factor=scale, mode="bilinear", align_corners=True), (2, 3, 4),
             rows=2)
        case(v, f"shuffle_{scale}", nn.PixelShuffle(scale), (2 * scale * scale, 2, 3), rows=2)
    case(v, "bilinear_thin", nn.Upsample(scale_factor=4, mode="bilinear"), (1, 1, 5), rows=2)
    case(v, "corners_point", nn.Upsample(scale_factor=1, mode="bilinear", align_corners=True), (2, 1, 1), rows=2)


def misc_cases(v):
    activations(v)
    pools(v)
    resizes(v)
    case(v, "stddev", MinibatchStddev(4), (3, 4, 4), rows=8)
    case(v, "stddev_rest", MinibatchStddev(4), (2, 3, 5), rows=10, group=5)
    case(v, "stddev_vector", MinibatchStddev(2), (300,), rows=2)
