"""Cases of spectral normalisation."""
import torch
from torch import nn
from torch.nn.utils import spectral_norm

from make_layers import case


def far(module):
    """With u and v of length 1 that aren't the singular vectors yet."""
    module = spectral_norm(module)
    for name in ("weight_u", "weight_v"):
        t = torch.randn(getattr(module, name).shape)
        getattr(module, name).data = t / t.norm()
    return module


def spectral_cases(v):
    case(v, "linear", far(nn.Linear(7, 5)), (7,), rows=6, stir=False)
    case(v, "linear_one", far(nn.Linear(9, 1)), (9,), rows=4, stir=False)
    case(v, "conv", far(nn.Conv2d(3, 4, 3, stride=2, padding=1)), (3, 6, 5), rows=3, stir=False)
    case(v, "conv_groups", far(nn.Conv2d(4, 6, 3, groups=2, bias=False)), (4, 5, 5), rows=2, stir=False)
    case(v, "transposed", far(nn.ConvTranspose2d(4, 3, 4, stride=2, padding=1)), (4, 3, 3), rows=3, stir=False)
    case(v, "transposed_groups", far(nn.ConvTranspose2d(4, 6, 3, groups=2)), (4, 3, 4), rows=2, stir=False)
    case(v, "two", nn.Sequential(far(nn.Linear(6, 8)), nn.Tanh(), far(nn.Linear(8, 3))), (6,), rows=5, stir=False)
