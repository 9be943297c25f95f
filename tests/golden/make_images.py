#!/usr/bin/python3
"""Make images.bin with PyTorch: pictures after torchvision's Resize and CenterCrop; see README.md."""
import sys

import torch
from torch.nn.functional import interpolate

sys.dont_write_bytecode = True
from make_golden import write_vectors

# Width, height and channels of the picture; width and height of the result.
CASES = [
    (28, 28, 1, 32, 32), (64, 64, 3, 32, 32), (178, 218, 3, 40, 40), (218, 178, 1, 40, 40), (101, 37, 1, 16, 16),
    (37, 101, 1, 16, 16), (5, 7, 3, 20, 20), (33, 32, 1, 32, 32), (35, 32, 1, 32, 32), (37, 32, 1, 32, 32),
    (97, 31, 3, 12, 20), (31, 97, 3, 20, 12), (1, 1, 3, 4, 3), (300, 2, 1, 5, 5), (2, 300, 1, 5, 5), (17, 19, 3, 17, 19),
]


def picture(width, height, channels):
    """The test's pattern, one value after the other, as [1, channels, height, width]."""
    flat = torch.tensor([(i * 37 + i * i // 11 + 13) % 256 for i in range(width * height * channels)],
                        dtype=torch.float64)
    return flat.reshape(1, height, width, channels).permute(0, 3, 1, 2)


def fit(image, width, height):
    """Resize to cover, then crop the centre; sizes are rounded as in torchvision."""
    in_height, in_width = image.shape[2:]
    if in_width * height <= in_height * width:
        size = (int(width * in_height / in_width), width)
    else:
        size = (height, int(height * in_width / in_height))
    scaled = interpolate(image, size=size, mode="bilinear", antialias=True, align_corners=False)
    top, left = int(round((size[0] - height) / 2.0)), int(round((size[1] - width) / 2.0))
    return scaled[:, :, top:top + height, left:left + width]


if __name__ == "__main__":
    torch.set_num_threads(1)
    write_vectors("images.bin", {
        "{}x{}x{}_to_{}x{}".format(*case): fit(picture(*case[:3]), *case[3:]) for case in CASES})
