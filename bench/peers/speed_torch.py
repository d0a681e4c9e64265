"""Seconds an epoch of the 784-400-20 VAE in PyTorch: the peer of bench/compare.

    python speed_torch.py --mode eager|tuned|compile [--rows 60000] [--epochs 5] [--threads 2]

60,000 binary rows of 784, batch 128 with the last one of 96, a new order every epoch, the
rows gathered inside the timed loop; Adam 1e-3, float32, loss summed over pixels and averaged
over the batch, with the running mean of the loss kept. MNIST from $ELBO_DATA/mnist, thresholded
at .5, or random bits of the same density: the time does not depend on them.

eager    as the classic example has it: sigmoid, then binary cross-entropy; default Adam
tuned    cross-entropy from logits, fused Adam, gradients set to None
compile  tuned, through torch.compile

The last line is JSON: the seconds of every epoch after the first (which warms up).
"""

import argparse
import gzip
import json
import os
import pathlib
import sys
import time


def skip(why):
    print(f"speed_torch: skipped: {why}")
    sys.exit(0)


try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError:
    skip("PyTorch is not installed")

ROWS, PIXELS, HIDDEN, LATENT, BATCH = 60_000, 784, 400, 20, 128


def rows(n):
    path = pathlib.Path(os.environ.get("ELBO_DATA", "../shared/data")) / "mnist" / "train-images-idx3-ubyte.gz"
    if path.exists():
        raw = bytearray(gzip.decompress(path.read_bytes())[16:])
        return (torch.frombuffer(raw, dtype=torch.uint8).reshape(ROWS, PIXELS)[:n] > 127).float()
    return (torch.rand(n, PIXELS) < 0.13).float()


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc, self.dec = nn.Linear(PIXELS, HIDDEN), nn.Linear(LATENT, HIDDEN)
        self.mean, self.logvar = nn.Linear(HIDDEN, LATENT), nn.Linear(HIDDEN, LATENT)
        self.out = nn.Linear(HIDDEN, PIXELS)

    def loss(self, x, logits_form):
        h = F.relu(self.enc(x))
        mean, logvar = self.mean(h), self.logvar(h)
        z = mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)
        y = self.out(F.relu(self.dec(z)))
        if logits_form:
            rec = F.binary_cross_entropy_with_logits(y, x, reduction="sum")
        else:
            rec = F.binary_cross_entropy(torch.sigmoid(y), x, reduction="sum")
        kl = -0.5 * torch.sum(1 + logvar - mean.pow(2) - logvar.exp())
        return (rec + kl) / x.shape[0]


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--mode", choices=["eager", "tuned", "compile"], default="eager")
    p.add_argument("--rows", type=int, default=ROWS)
    p.add_argument("--epochs", type=int, default=5)
    p.add_argument("--threads", type=int, default=2)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    data, model = rows(a.rows), VAE()
    tuned = a.mode != "eager"
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, **({"fused": True} if tuned else {}))
    loss_of = model.loss
    if a.mode == "compile":
        loss_of = torch.compile(model.loss, dynamic=False)
    seconds = []
    for _ in range(a.epochs + 1):
        start, total, order = time.perf_counter(), 0.0, torch.randperm(a.rows)
        for i in range(0, a.rows, BATCH):
            x = data[order[i : i + BATCH]]
            adam.zero_grad(set_to_none=True)
            loss = loss_of(x, tuned)
            loss.backward()
            adam.step()
            total += loss.item() * x.shape[0]
        seconds.append(time.perf_counter() - start)
    print(f"torch {torch.__version__} {a.mode}, {a.threads} threads: loss {total / a.rows:.2f}")
    print(json.dumps({"name": f"torch {a.mode}", "version": torch.__version__, "threads": a.threads, "seconds": seconds[1:]}))


main()
