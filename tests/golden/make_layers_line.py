"""Cases of layers on sequences [channels, length]: convolutions, pooling, upsampling, and a small network of them."""
from torch import nn

from make_layers import case


def line_cases(v):
    case(v, "conv", nn.Conv1d(3, 5, 4), (3, 11), rows=4)
    case(v, "conv_all", nn.Conv1d(4, 6, 3, stride=2, padding=2, dilation=2, groups=2), (4, 13), rows=3)
    case(v, "conv_bare", nn.Conv1d(2, 7, 5, padding=2, bias=False), (2, 16), rows=4)
    case(v, "conv_whole", nn.Conv1d(3, 4, 9), (3, 9), rows=4)
    case(v, "transposed", nn.ConvTranspose1d(3, 5, 4), (3, 6), rows=4)
    case(v, "transposed_all", nn.ConvTranspose1d(4, 6, 3, stride=3, padding=2, output_padding=2, groups=2, dilation=2),
         (4, 7), rows=3)
    case(v, "max", nn.MaxPool1d(2), (3, 9), rows=3)
    case(v, "max_padded", nn.MaxPool1d(5, stride=2, padding=2), (2, 12), rows=3)
    case(v, "avg", nn.AvgPool1d(3), (3, 10), rows=3)
    case(v, "avg_padded", nn.AvgPool1d(4, stride=3, padding=2), (2, 12), rows=3)
    case(v, "avg_inside", nn.AvgPool1d(4, stride=3, padding=2, count_include_pad=False), (2, 12), rows=3)
    case(v, "nearest", nn.Upsample(scale_factor=3), (2, 5), rows=3)
    case(v, "linear", nn.Upsample(scale_factor=3, mode="linear"), (2, 5), rows=3)
    case(v, "corners", nn.Upsample(scale_factor=2, mode="linear", align_corners=True), (2, 5), rows=3)
    case(v, "network", nn.Sequential(nn.Conv1d(2, 8, 5, stride=2, padding=2, bias=False), nn.BatchNorm1d(8),
                                     nn.LeakyReLU(0.2), nn.ConvTranspose1d(8, 4, 4, stride=2, padding=1), nn.AvgPool1d(2),
                                     nn.Flatten(), nn.Linear(32, 3)), (2, 16), rows=6)
