"""Writes the fixtures of the interoperability test with the Python safetensors library.

Run in this folder: python make.py. Needs numpy and safetensors; the committed files were made
with numpy 2.4.6 and safetensors 0.8.0. Values follow the rule that interop_test.go repeats:
byte i of the tensor at position k in the sorted names of file f is (31 f + 17 k + 7 i) mod 251,
and modulo 2 for booleans.
"""

import numpy as np
from safetensors.numpy import save_file

TYPES = ["bool", "uint8", "int8", "int16", "uint16", "float16", "int32", "uint32",
         "float32", "int64", "uint64", "float64"]

# One list of (name, type, shape) a file.
FILES = [[("x", t, (3, 2))] for t in TYPES]
FILES += [
    [("scalar", "float32", ())],
    [("empty", "float64", (0, 3)), ("full", "float64", (1,))],
    [("a", "uint8", (3,)), ("b", "float64", (2,)), ("c", "int16", (1, 1, 1, 1))],
    [("name with space", "float32", (2,)), ("quote\"s", "float32", (1,)), ("\u00e9\u65e5", "float32", (1,))],
    [("deep", "float32", (1, 2, 1, 3, 1, 2))],
    [(f"layer.{i:02d}.weight", "float32", (i + 1, 2)) for i in range(12)],
    [("meta", "float32", (2, 2))],
    [("big", "float32", (32, 17)), ("mask", "bool", (9,)), ("step", "int64", ())],
]


def tensor(f, k, dtype, shape):
    d = np.dtype(dtype)
    n = int(np.prod(shape, dtype=np.int64)) * d.itemsize
    raw = (31 * f + 17 * k + 7 * np.arange(n)) % 251
    if dtype == "bool":
        raw = raw % 2
    return np.frombuffer(raw.astype(np.uint8).tobytes(), dtype=d).reshape(shape)


if __name__ == "__main__":
    for f, entries in enumerate(FILES):
        entries = sorted(entries)
        tensors = {name: tensor(f, k, t, s) for k, (name, t, s) in enumerate(entries)}
        meta = {"maker": "numpy", "note": "line\nbreak"} if f == 18 else None
        save_file(tensors, f"{f:02d}.safetensors", metadata=meta)
