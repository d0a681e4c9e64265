"""Seconds of a 3x3 convolution, 64x28x28x32 to 64 channels, in PyTorch (oneDNN): the peer of
bench/compare.

    python speed_conv_torch.py --pass forward|backward [--threads 2] [--layout last|first]

forward is the convolution alone, backward both gradients. The last line is JSON.
"""

import argparse
import json
import sys
import time

try:
    import torch
    from torch.nn import functional as F
except ImportError:
    print("speed_conv_torch: skipped: PyTorch is not installed")
    sys.exit(0)

p = argparse.ArgumentParser(description="a convolution in PyTorch")
p.add_argument("--pass", dest="which", choices=["forward", "backward"], default="forward")
p.add_argument("--layout", choices=["last", "first"], default="last")
p.add_argument("--epochs", type=int, default=3, help="repetitions of twenty")
p.add_argument("--threads", type=int, default=2)
a = p.parse_args()
torch.set_num_threads(a.threads)
torch.manual_seed(1)
order = torch.channels_last if a.layout == "last" else torch.contiguous_format
x = torch.rand(64, 32, 28, 28).to(memory_format=order).requires_grad_()
w = torch.rand(64, 32, 3, 3).to(memory_format=order).requires_grad_()
y = F.conv2d(x, w, padding=1)
dy = torch.rand_like(y)
seconds = []
for _ in range(a.epochs + 1):
    times = []
    for _ in range(20):
        start = time.perf_counter()
        if a.which == "forward":
            with torch.no_grad():
                F.conv2d(x, w, padding=1)
        else:
            torch.autograd.grad(y, (x, w), dy, retain_graph=True)
        times.append(time.perf_counter() - start)
    seconds.append(sorted(times)[len(times) // 2])
print(f"torch {torch.__version__}, {a.threads} threads, channels {a.layout}, {a.which}")
print(json.dumps({"seconds": seconds[1:]}))
