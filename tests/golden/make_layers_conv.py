"""Cases of convolutions and transposed convolutions."""
from torch import nn

from make_layers import case


def conv_cases(v):
    def conv(name, shape, rows, *args, **more):
        case(v, name, nn.Conv2d(*args, **more), shape, rows, stir=False)

    def transposed(name, shape, rows, *args, **more):
        case(v, name, nn.ConvTranspose2d(*args, **more), shape, rows, stir=False)

    conv("plain", (2, 5, 6), 3, 2, 3, 3)
    conv("strided", (3, 8, 7), 2, 3, 4, 4, stride=2, padding=1)
    conv("pairs", (2, 9, 7), 2, 2, 3, (3, 2), stride=(2, 1), padding=(0, 1), dilation=(1, 2))
    conv("dilated", (1, 11, 10), 2, 1, 2, 3, stride=3, padding=2, dilation=2)
    conv("grouped", (6, 5, 5), 2, 6, 9, 3, padding=1, groups=3)
    conv("depthwise", (5, 6, 6), 2, 5, 5, 3, stride=2, padding=1, groups=5, bias=False)
    conv("one", (4, 5, 3), 3, 4, 6, 1)
    conv("one_strided", (3, 5, 6), 2, 3, 2, 1, stride=2)
    conv("full", (3, 4, 5), 5, 3, 7, (4, 5))
    conv("full_one", (2, 7, 7), 3, 2, 1, 7, bias=False)
    conv("padded_one", (2, 1, 1), 3, 2, 2, 3, padding=1)
    conv("large_kernel", (1, 13, 12), 2, 1, 2, 9, padding=3)
    conv("rows_left_over", (2, 6, 8), 2, 2, 2, 3, stride=4)
    transposed("t_plain", (2, 4, 5), 3, 2, 3, 3)
    transposed("t_strided", (4, 4, 3), 2, 4, 3, 4, stride=2, padding=1)
    transposed("t_pairs", (2, 4, 3), 2, 2, 3, (3, 2), stride=(2, 3), padding=(1, 0), output_padding=(1, 2))
    transposed("t_dilated", (1, 4, 5), 2, 1, 2, 3, stride=2, padding=1, dilation=2, output_padding=1)
    transposed("t_grouped", (6, 4, 4), 2, 6, 4, 3, stride=2, groups=2, bias=False)
    transposed("t_one", (4, 3, 5), 3, 4, 6, 1)
    transposed("t_full", (5, 1, 1), 6, 5, 3, (4, 5))
    transposed("t_full_plain", (5, 1, 1), 2, 5, 3, 3, bias=False)
