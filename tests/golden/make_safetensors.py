#!/usr/bin/env python3
"""Write from_python.safetensors: a file as another program writes it.

Like those that PyTorch users have: tensors not in the order of their names, a scalar, other types, a
"format" note, a header padded to 8 bytes only.  Needs only Python.  Run it in this directory.
"""
import json
import struct

# name, type, shape, numbers
TENSORS = [
    ("2.weight", "F32", [1, 3], struct.pack("<3f", 2.385, -0.125, 1e-30)),
    ("0.weight", "F32", [3, 2], struct.pack("<6f", 0.1, -0.2, 0.3, -0.4, 0.5, -0.6)),
    ("1.num_batches_tracked", "I64", [], struct.pack("<q", 1234567890123)),
    ("scale", "F32", [], struct.pack("<f", 7.25)),
    ("half", "F16", [2, 1, 1, 2], struct.pack("<4e", 0.5, 1.5, -2.0, 0.0)),
    ("gr\u00fc\u00dfe \"\\\n", "F32", [1], struct.pack("<f", -3.5)),
]

header, data = {"__metadata__": {"format": "pt", "note": "two\nlines, \"quoted\""}}, b""
for name, dtype, shape, numbers in TENSORS:
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(numbers)]}
    data += numbers
text = json.dumps(header, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
with open("from_python.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text + data)
