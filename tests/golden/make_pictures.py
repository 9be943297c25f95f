#!/usr/bin/env python3
"""Pictures of every kind, in tests/corpus, and their pixels, in pictures.dat.

For JPEG and WebP files these are Pillow's, for PNG files the ones they were made from.  Needs
Pillow, numpy, and cjpeg and jpegtran of libjpeg-turbo.
"""
import io
import os
import shutil
import struct
import subprocess
import zlib

import numpy as np
from PIL import Image, ImageOps

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.join(HERE, "..", "corpus")
WIDTH, HEIGHT = 21, 13
entries, pixels = [], []


def keep(name, array, keeps_alpha=0):
    array = np.ascontiguousarray(array, dtype=np.uint8)
    if array.ndim == 2:
        array = array[:, :, None]
    entries.append(f"{name} {array.shape[1]} {array.shape[0]} {array.shape[2]} {keeps_alpha}")
    pixels.append(array.tobytes())


def write(name, data):
    path = os.path.join(CORPUS, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def picture(width=WIDTH, height=HEIGHT, channels=3):
    """Smooth in one half, edges and noise in the other."""
    y, x, c = np.mgrid[0:height, 0:width, 0:channels].astype(np.int64)
    soft = (x * 255 // max(width - 1, 1) + y * 3 * (c + 1)) % 256
    hard = (37 * x + 91 * y * y + 53 * c + x * y * 7) % 256
    return np.where(x < width // 2, soft, hard).astype(np.uint8)


# ---- PNG, by the specification ---------------------------------------------------------------

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pack_row(row, depth):
    """Samples of one row, as bytes."""
    if depth == 16:
        return row.astype(">u2").tobytes()
    bits = "".join(format(int(v), f"0{depth}b") for v in row)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def filter_row(kind, row, above, step):
    out = bytearray()
    for i, v in enumerate(row):
        a = row[i - step] if i >= step else 0
        b = above[i]
        c = above[i - step] if i >= step else 0
        p = a + b - c
        paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
        out.append((v - (0, a, b, (a + b) // 2, paeth)[kind]) & 255)
    return bytes([kind]) + bytes(out)


PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png(samples, color, depth, interlaced=0, filters=(0, 1, 2, 3, 4), extra=b"", n_idat=1):
    """samples: [height, width, channels], each below 2^depth."""
    height, width, channels = samples.shape
    step = max(1, channels * depth // 8)
    raw = b""
    for left, top, across, down in PASSES if interlaced else [(0, 0, 1, 1)]:
        part = samples[top::down, left::across]
        if part.size == 0:
            continue
        above = bytes(len(pack_row(part[0].ravel(), depth)))
        for i, row in enumerate(part):
            packed = pack_row(row.ravel(), depth)
            raw += filter_row(filters[i % len(filters)], packed, above, step)
            above = packed
    data = zlib.compress(raw, 9)
    cut = (len(data) + n_idat - 1) // n_idat
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)) +
            extra + b"".join(chunk(b"IDAT", data[i:i + cut]) for i in range(0, len(data), cut)) + chunk(b"IEND", b""))


def to_8_bits(samples, depth):
    most = (1 << depth) - 1
    return (samples.astype(np.int64) * 510 + most) // (2 * most)


def of_depth(channels, depth, width=WIDTH, height=HEIGHT):
    high = picture(width, height, channels).astype(np.int64)
    low = picture(width, height, channels)[::-1, ::-1].astype(np.int64)
    return (high * 256 + low) >> (16 - depth)


def exif(orientation, order="<", before=0):
    """A TIFF header and a directory; `before` entries come first."""
    tags = [struct.pack(order + "HHII", 0x010e + i, 4, 1, i) for i in range(before)]
    tags.append(struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0))
    return ((b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8) +
            struct.pack(order + "H", len(tags)) + b"".join(tags) + bytes(4))


def make_png():
    def add(name, samples, color, depth, wanted=None, alpha=None, **more):
        name = f"png/kind_{name}.png"
        data = png(samples, color, depth, **more)
        write(name, data)
        colours = to_8_bits(samples, depth)[:, :, :3 if samples.shape[2] > 2 else 1] if wanted is None else wanted
        keep(name, colours)
        if alpha is not None:
            keep(name, np.dstack([colours, alpha]), 1)

    for depth in 1, 2, 4, 8, 16:
        for interlaced in 0, 1:
            lace = "_interlaced" if interlaced else ""
            s = of_depth(1, depth)
            add(f"grey_{depth}{lace}", s, 0, depth, interlaced=interlaced)
            if depth >= 8:
                for color, channels, name in (2, 3, "rgb"), (4, 2, "grey_alpha"), (6, 4, "rgba"):
                    s = of_depth(channels, depth)
                    alpha = to_8_bits(s, depth)[:, :, -1] if color > 3 else None
                    add(f"{name}_{depth}{lace}", s, color, depth, alpha=alpha, interlaced=interlaced)
            if depth <= 8:
                s = of_depth(1, depth)
                table = picture(1 << depth, 1)[0]
                add(f"palette_{depth}{lace}", s, 3, depth, wanted=table[s[:, :, 0]], interlaced=interlaced,
                    extra=chunk(b"PLTE", table.tobytes()))
    s = of_depth(1, 4)
    table, alphas = picture(16, 1)[0], np.arange(16) * 17
    add("palette_transparent", s, 3, 4, wanted=table[s[:, :, 0]], alpha=alphas[s[:, :, 0]],
        extra=chunk(b"PLTE", table.tobytes()) + chunk(b"tRNS", bytes(alphas.astype(np.uint8))))
    for depth, key in (8, 119), (2, 1), (16, 30000):
        s = of_depth(1, depth)
        s[3, 4] = key
        add(f"grey_transparent_{depth}", s, 0, depth, alpha=np.where(s[:, :, 0] == key, 0, 255),
            extra=chunk(b"tRNS", struct.pack(">H", key)))
    s = of_depth(3, 8)
    key = s[5, 6]
    add("rgb_transparent", s, 2, 8, alpha=np.where((s == key).all(axis=2), 0, 255),
        extra=chunk(b"tRNS", struct.pack(">HHH", *map(int, key))))
    for i, name in enumerate(("none", "sub", "up", "average", "paeth")):
        add(f"filter_{name}", of_depth(3, 8), 2, 8, filters=(i,))
    add("many_idat", of_depth(3, 8), 2, 8, n_idat=9)
    add("gamma_and_text", of_depth(3, 8), 2, 8,
        extra=chunk(b"gAMA", struct.pack(">I", 100000)) + chunk(b"tEXt", b"Comment\0hello"))
    add("one_pixel", of_depth(3, 8, 1, 1), 2, 8)
    add("one_row_interlaced", of_depth(1, 8, 40, 1), 0, 8, interlaced=1)
    add("one_column_interlaced", of_depth(1, 8, 1, 40), 0, 8, interlaced=1)
    for orientation in (3, 6):
        s = of_depth(3, 8)
        upright = ImageOps.exif_transpose(with_orientation(Image.fromarray(s.astype(np.uint8)), orientation))
        add(f"exif_{orientation}", s, 2, 8, wanted=np.asarray(upright), extra=chunk(b"eXIf", exif(orientation, ">")))


# ---- JPEG ------------------------------------------------------------------------------------

def with_orientation(image, orientation):
    image.getexif()[0x0112] = orientation
    return image


def saved(image, **options):
    out = io.BytesIO()
    image.save(out, **options)
    return out.getvalue()


def decoded(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    image = ImageOps.exif_transpose(image)
    return np.asarray(image.convert("L" if image.mode == "L" else "RGB"))


def run(command, data):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def app1(data, payload):
    """Put an APP1 marker in front of all others."""
    body = b"Exif\0\0" + payload
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]


def make_jpeg():
    rgb, grey = Image.fromarray(picture()), Image.fromarray(picture(channels=1)[:, :, 0])

    def add(name, data):
        name = f"jpeg/kind_{name}.jpg"
        write(name, data)
        keep(name, decoded(data))

    for subsampling, text in enumerate(("444", "422", "420")):
        for progressive in False, True:
            kind = "progressive" if progressive else "baseline"
            add(f"{kind}_{text}", saved(rgb, format="JPEG", quality=90, subsampling=subsampling, progressive=progressive))
    for quality in 1, 30, 75, 100:
        add(f"quality_{quality}", saved(rgb, format="JPEG", quality=quality))
    add("optimized", saved(rgb, format="JPEG", optimize=True))
    add("grey", saved(grey, format="JPEG", quality=90))
    add("grey_progressive", saved(grey, format="JPEG", quality=90, progressive=True))
    add("cmyk", saved(rgb.convert("CMYK"), format="JPEG", quality=90))
    add("cmyk_progressive", saved(rgb.convert("CMYK"), format="JPEG", quality=90, progressive=True))
    ppm = saved(rgb, format="PPM")
    for sample in "4x1", "1x2", "4x2", "1x4", "2x1", "2x4":
        add(f"sampling_{sample}", run(["cjpeg", "-quality", "90", "-sample", sample], ppm))
    add("sampling_mixed", run(["cjpeg", "-quality", "90", "-sample", "2x2,1x2,2x1"], ppm))
    for interval in "1B", "2B", "1":
        add(f"restart_{interval}", run(["cjpeg", "-quality", "90", "-restart", interval], ppm))
    add("restart_progressive", run(["cjpeg", "-quality", "90", "-progressive", "-restart", "1B"], ppm))
    add("arithmetic", run(["cjpeg", "-quality", "90", "-arithmetic"], ppm))
    add("arithmetic_progressive", run(["cjpeg", "-quality", "90", "-arithmetic", "-progressive"], ppm))
    add("rgb", run(["cjpeg", "-quality", "90", "-rgb"], ppm))
    add("float_dct", run(["cjpeg", "-quality", "90", "-dct", "float"], ppm))
    add("grey_of_colour", run(["cjpeg", "-quality", "90", "-grayscale"], ppm))
    plain = saved(rgb, format="JPEG", quality=90)
    behind = 2 + 18  # APP0, the first marker
    add("comment", plain[:behind] + b"\xff\xfe\0\7hello" + plain[behind:])
    add("transcoded", run(["jpegtran", "-copy", "none", "-optimize"], plain))
    add("profile", saved(rgb, format="JPEG", quality=90, icc_profile=bytes(range(256)) * 3))
    add("resolution", saved(rgb, format="JPEG", quality=90, dpi=(300, 300)))
    add("bytes_before_marker", plain[:behind] + b"\0\0\0" + plain[behind:])
    add("bytes_behind", plain + b"trailing")
    add("filling", plain[:2] + b"\xff\xff\xff" + plain[2:])
    for orientation in range(1, 9):
        add(f"exif_{orientation}", app1(plain, exif(orientation, "<>"[orientation % 2], before=orientation)))
    add("exif_9", app1(plain, exif(9)))
    add("exif_cut", app1(plain, exif(6)[:15]))
    add("one_pixel", saved(Image.fromarray(picture(1, 1)), format="JPEG"))
    add("one_row", saved(Image.fromarray(picture(40, 1)), format="JPEG"))
    add("one_column", saved(Image.fromarray(picture(1, 40)), format="JPEG"))
    add("whole_blocks", saved(Image.fromarray(picture(32, 16)), format="JPEG"))

    # Decoded at a reduced size, as by Pillow's draft().
    data = saved(Image.fromarray(picture(83, 61)), format="JPEG", quality=85)
    write("jpeg/scaled.jpg", data)
    for part in 1, 2, 4, 8:
        image = Image.open(io.BytesIO(data))
        image.draft("RGB", (83 // part, 61 // part))
        keep(f"jpeg/scaled.jpg/{part}", np.asarray(image))


# ---- WebP ------------------------------------------------------------------------------------

def make_webp():
    rgb = Image.fromarray(picture())
    rgba = Image.fromarray(picture(channels=4))

    def add(name, data):
        name = f"webp/kind_{name}.webp"
        write(name, data)
        image = Image.open(io.BytesIO(data))
        image.load()
        image = ImageOps.exif_transpose(image)
        keep(name, np.asarray(image)[:, :, :3])
        if image.mode == "RGBA":
            keep(name, np.asarray(image), 1)

    for quality in 0, 10, 50, 75, 90, 100:
        add(f"lossy_{quality}", saved(rgb, format="WEBP", quality=quality))
        add(f"lossy_alpha_{quality}", saved(rgba, format="WEBP", quality=quality))
    for method in range(7):
        add(f"method_{method}", saved(rgb, format="WEBP", quality=60, method=method))
        add(f"lossless_{method}", saved(rgb, format="WEBP", lossless=True, method=method))
    for quality in 0, 50, 100:
        add(f"alpha_quality_{quality}", saved(rgba, format="WEBP", quality=60, alpha_quality=quality))
        add(f"lossless_quality_{quality}", saved(rgba, format="WEBP", lossless=True, quality=quality))
    add("lossless_exact", saved(rgba, format="WEBP", lossless=True, exact=True))
    few = Image.fromarray((picture() // 128 * 255).astype(np.uint8))
    add("lossless_few_colours", saved(few, format="WEBP", lossless=True))
    add("lossless_two_colours", saved(Image.fromarray(np.dstack([picture(channels=1) // 128 * 255] * 3)), format="WEBP", lossless=True))
    add("lossless_one_colour", saved(Image.new("RGB", (WIDTH, HEIGHT), (9, 99, 199)), format="WEBP", lossless=True))
    add("grey", saved(Image.fromarray(picture(channels=1)[:, :, 0]), format="WEBP", quality=80))
    add("profile", saved(rgb, format="WEBP", quality=60, icc_profile=bytes(range(256))))
    for orientation in range(1, 9):
        add(f"exif_{orientation}", saved(rgb, format="WEBP", quality=60, exif=b"Exif\0\0" + exif(orientation, "<>"[orientation % 2])))
    add("exif_lossless_6", saved(rgba, format="WEBP", lossless=True, exif=exif(6)))
    add("one_pixel", saved(Image.fromarray(picture(1, 1)), format="WEBP"))
    add("one_row", saved(Image.fromarray(picture(40, 1)), format="WEBP"))
    add("one_column", saved(Image.fromarray(picture(1, 40)), format="WEBP", lossless=True))
    frames = [Image.fromarray(picture()), Image.fromarray(picture()[::-1].copy())]
    write("webp/animation.webp", saved(frames[0], format="WEBP", save_all=True, append_images=frames[1:], duration=100))


for folder in "jpeg", "webp":
    shutil.rmtree(os.path.join(CORPUS, folder), ignore_errors=True)
make_png()
make_jpeg()
make_webp()
with open(os.path.join(HERE, "pictures.dat"), "wb") as f:
    f.write(("\n".join(entries) + "\n\n").encode())
    f.write(b"".join(pixels))
