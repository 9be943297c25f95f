#!/usr/bin/env python3
"""NumPy arrays of every type and order in tests/corpus/npy, archives in tests/corpus/npz, and invalid ones.

Value i of sample k, in the order of the array's own dimensions, is (7 i + 13 k) % 100, as far as
the type has it; labels are k % 7.
"""
import io
import os
import zipfile

import numpy as np

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "corpus")
COUNT = 5


def write(name, data):
    with open(os.path.join(CORPUS, name[-3:], name), "wb") as f:
        f.write(data)


def saved(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def array(shape, kind):
    size = int(np.prod(shape, dtype=np.int64))
    values = (7 * np.arange(size)[None, :] + 13 * np.arange(COUNT)[:, None]) % 100
    return (values > 50 if kind == "?" else values).reshape((COUNT,) + shape).astype(kind)


def archive(method, **arrays):
    """As numpy.savez(), with a fixed date."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, a in arrays.items():
            z.writestr(zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0)), saved(a), method)
    return out.getvalue()


for folder in "npy", "npz":
    os.makedirs(os.path.join(CORPUS, folder), exist_ok=True)
for kind in "?", "|i1", "|u1", "<i2", ">i2", "<u2", "<i4", ">i4", "<u4", "<i8", ">i8", "<u8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8":
    name = kind.replace("|", "").replace("<", "le_").replace(">", "be_").replace("?", "bool")
    write(f"c_{name}.npy", saved(array((3, 4), kind)))
for shape in (), (3,), (2, 3), (3, 4, 2), (2, 3, 2, 2):
    for kind in "|u1", "<f4":
        text = "x".join(map(str, shape)) or "one"
        write(f"shape_{text}_{kind[1:]}.npy", saved(array(shape, kind)))
        write(f"fortran_{text}_{kind[1:]}.npy", saved(np.asfortranarray(array(shape, kind))))
for kind in "|u1", "<u2", "<i8", ">i4":
    write(f"labels_{kind.strip('<>|')}.npy", saved((np.arange(COUNT) % 7).astype(kind)))
write("labels_float.npy", saved(np.arange(COUNT).astype("<f4")))
write("labels_negative.npy", saved((np.arange(COUNT) - 1).astype("<i4")))
write("labels_large.npy", saved((np.arange(COUNT) + 65532).astype("<i4")))
write("labels_2d.npy", saved(np.zeros((COUNT, 1), "<i4")))
write("labels_few.npy", saved(np.zeros(COUNT - 1, "<i4")))
write("negative.npy", saved(-array((3, 4), "<i8")))
write("nan.npy", saved(np.where(array((3, 4), "<f4") == 40, np.nan, 1).astype("<f4")))
write("beyond_float.npy", saved(np.full((COUNT, 2), 1e300)))
write("half.npy", saved(np.array([[0, -0.0, 1, -2.5], [65504, 2 ** -24, 2 ** -14, 1 / 3]], "<f2")))
write("scalar.npy", saved(np.float32(3)))
write("no_samples.npy", saved(np.zeros((0, 3), "<f4")))
write("no_values.npy", saved(np.zeros((3, 0), "<f4")))
write("complex.npy", saved(np.zeros((2, 2), "<c8")))
write("text.npy", saved(np.array(["a", "b"])))
write("structured.npy", saved(np.zeros(2, [("a", "<f4"), ("b", "<i4")])))
objects = io.BytesIO()
np.save(objects, np.array([{}, []], dtype=object), allow_pickle=True)
write("objects.npy", objects.getvalue())
good = saved(array((3, 4), "<f4"))
write("truncated.npy", good[:-1])
write("longer.npy", good + b"\0")
write("huge.npy", good.replace(b"(5, 3, 4)", b"(9223372036854775807, 2, 4)").replace(b" " * 18, b"", 1))
write("version_2.npy", good[:6] + b"\2\0" + good[8:10] + b"\0\0" + good[10:])
write("version_9.npy", good[:6] + b"\x09\0" + good[8:])
write("long_header.npy", good[:6] + b"\2\0\xff\xff\xff\x7f" + good[10:])
write("no_shape.npy", good.replace(b"'shape': (5, 3, 4), ", b" " * 20))
write("unquoted.npy", good.replace(b"'descr'", b" descr "))
write("python_2.npy", good.replace(b"(5, 3, 4), }   ", b"(5L, 3L, 4L), }"))
one, two = array((3, 4), "|u1"), (np.arange(COUNT) % 7).astype("<i8")
write("stored.npz", archive(zipfile.ZIP_STORED, x=one, y=two))
write("deflated.npz", archive(zipfile.ZIP_DEFLATED, x=one, y=two))
write("single.npz", archive(zipfile.ZIP_DEFLATED, x=one))
write("bomb.npz", archive(zipfile.ZIP_DEFLATED, x=np.zeros((300, 10000), "|u1")))
write("truncated.npz", archive(zipfile.ZIP_DEFLATED, x=one)[:-30])
write("empty.npz", archive(zipfile.ZIP_DEFLATED))
