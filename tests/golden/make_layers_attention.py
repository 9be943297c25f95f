"""Cases of self-attention between the pixels of an image."""
from torch import nn

from make_layers import case
from make_layers_residual import Residual


class Attention(nn.Module):
    """gan_layer_attention(): queries, keys and values are the channels, in this order."""

    def __init__(self, keys, values, scale):
        super().__init__()
        self.parts = (keys, keys, values)
        self.scale = scale

    def forward(self, x):
        q, k, v = x.flatten(2).split(self.parts, 1)
        weights = (self.scale * q.transpose(1, 2) @ k).softmax(-1)
        return (v @ weights.transpose(1, 2)).reshape(len(x), -1, *x.shape[2:])


def attention_cases(v):
    case(v, "alone", Attention(2, 3, 1), (7, 3, 4), rows=3)
    case(v, "scaled", Attention(4, 2, 0.5), (10, 2, 5), rows=2)
    case(v, "point", Attention(1, 2, 1), (4, 1, 1), rows=2)
    case(v, "sagan", Residual(nn.Sequential(nn.Conv2d(16, 12, 1), Attention(2, 8, 1), nn.Conv2d(8, 16, 1))),
         (16, 4, 4), rows=3)
