#!/usr/bin/env python3
"""make_jpegs.py DIRECTORY COUNT - COUNT JPEG files of 178x218, as CelebA has them.

A thousand are drawn, soft shapes with some noise; the others are copies of these.  Needs Pillow and
numpy.
"""
import io
import os
import sys

import numpy as np
from PIL import Image


def draw(k):
    y, x, c = np.mgrid[0:218, 0:178, 0:3]
    noise = np.random.default_rng(k).integers(0, 16, (218, 178, 3))
    wave = np.sin(x * (k % 5 + 2) / 178 * 3 + c) * np.cos(y * (k % 7 + 2) / 218 * 2)
    out = io.BytesIO()
    Image.fromarray((119 + 100 * wave + noise).astype(np.uint8)).save(out, "JPEG", quality=85)
    return out.getvalue()


folder, count = sys.argv[1], int(sys.argv[2])
files = [draw(k) for k in range(min(count, 1000))]
for k in range(count):
    if k % 1000 == 0:
        os.makedirs(f"{folder}/{k // 1000:03}", exist_ok=True)
    with open(f"{folder}/{k // 1000:03}/{k:06}.jpg", "wb") as f:
        f.write(files[k % len(files)])
