"""Cases of layers that normalise: batch_norm, layer_norm, group_norm, instance_norm."""
import torch
from torch import nn

from make_layers import case


def norm_cases(v):
    case(v, "bn1d", nn.BatchNorm1d(5), (5,), rows=7)
    case(v, "bn1d_groups", nn.BatchNorm1d(19), (19,), rows=12, group=4)
    case(v, "bn2d", nn.BatchNorm2d(3), (3, 5, 4), rows=6)
    case(v, "bn2d_groups", nn.BatchNorm2d(5), (5, 3, 3), rows=6, group=3)
    case(v, "bn2d_one", nn.BatchNorm2d(2), (2, 4, 4), rows=1)
    case(v, "bn2d_plain", nn.BatchNorm2d(3, eps=1e-3, momentum=0.25, affine=False), (3, 3, 2), rows=4, group=2)
    case(v, "bn2d_far", nn.BatchNorm2d(2), (2, 4, 4), rows=3, x=torch.randn(3, 2, 4, 4) + 1000)
    case(v, "bn1d_seq", nn.BatchNorm1d(4), (4, 9), rows=3)
    case(v, "ln", nn.LayerNorm(7), (7,), rows=5)
    case(v, "ln_last", nn.LayerNorm(6, eps=1e-3), (4, 3, 6), rows=3)
    case(v, "ln_all", nn.LayerNorm((3, 4, 5)), (3, 4, 5), rows=2)
    case(v, "ln_plain", nn.LayerNorm((4, 5), elementwise_affine=False), (3, 4, 5), rows=3)
    case(v, "ln_far", nn.LayerNorm(33), (33,), rows=3, x=torch.randn(3, 33) - 300)
    case(v, "gn", nn.GroupNorm(2, 6), (6, 3, 5), rows=3)
    case(v, "gn_one", nn.GroupNorm(1, 4), (4, 4, 4), rows=2)
    case(v, "gn_plain", nn.GroupNorm(3, 6, eps=1e-4, affine=False), (6, 4), rows=3)
    case(v, "gn_vector", nn.GroupNorm(3, 12), (12,), rows=4)
    case(v, "in2d", nn.InstanceNorm2d(4), (4, 5, 3), rows=3)
    case(v, "in2d_affine", nn.InstanceNorm2d(3, affine=True), (3, 7, 5), rows=2)
    case(v, "in1d_affine", nn.InstanceNorm1d(5, affine=True, eps=1e-2), (5, 11), rows=3)
    case(v, "bn2d_farther", nn.BatchNorm2d(2), (2, 4, 4), rows=3, x=torch.randn(3, 2, 4, 4) + 100000)
    case(v, "ln_farther", nn.LayerNorm(33), (33,), rows=3, x=torch.randn(3, 33) - 100000)
