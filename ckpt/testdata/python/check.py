"""Loads the files named on the command line and prints each tensor as one JSON line."""

import json
import sys

from safetensors import safe_open

for path in sys.argv[1:]:
    with safe_open(path, framework="numpy") as f:
        for name in f.keys():
            x = f.get_tensor(name)
            print(json.dumps({"file": path, "name": name, "dtype": str(x.dtype), "shape": list(x.shape),
                              "data": x.tobytes().hex(), "meta": f.metadata()}))
