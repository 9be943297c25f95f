"""Cases of resampling with the blur filter [1, 2, 1]."""
import torch
from torch import nn
from torch.nn import functional as F

from make_layers import case


class Blur(nn.Module):
    """gan_layer_blur_pool2d(stride), or gan_layer_blur_upsample2d() with stride 0."""

    def __init__(self, stride):
        super().__init__()
        self.stride = stride

    def forward(self, x):
        line = torch.tensor([1, 2, 1], dtype=x.dtype) / 4
        k = torch.outer(line, line).expand(x.shape[1], 1, 3, 3)
        if self.stride:
            return F.conv2d(x, k, stride=self.stride, padding=1, groups=x.shape[1])
        return F.conv_transpose2d(x, 4 * k, stride=2, padding=1, output_padding=1, groups=x.shape[1])


def blur_cases(v):
    for name, stride in (("blur", 1), ("half", 2), ("twice", 0)):
        case(v, f"{name}", Blur(stride), (3, 6, 8), rows=2)
        case(v, f"{name}_odd", Blur(stride), (2, 5, 7), rows=2)
        case(v, f"{name}_thin", Blur(stride), (1, 1, 4), rows=2)
        case(v, f"{name}_point", Blur(stride), (1, 1, 1), rows=2)
