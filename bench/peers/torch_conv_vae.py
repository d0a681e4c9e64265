"""The convolutional VAE of `elbo train conv-vae` in PyTorch, to compare speed on one machine.

How to run it, with the four idx.gz files of MNIST in $ELBO_DATA/mnist:

    python3 -m venv venv && venv/bin/pip install torch
    ELBO_DATA=/path/to/data venv/bin/python torch_conv_vae.py --epochs 2 --threads 2

Model: 4x4 convolutions of stride 2 with ReLU (channels 32, 64, 64, ...) until a side is below
8, 400 ReLU units, mean and log-variance of L; the decoder mirrors it with transposed
convolutions and ends in logits. 2,603,465 parameters on 28x28x1 at L = 20, initialised
uniformly in +-1/sqrt(fan-in). Loss: binary cross-entropy summed over pixels plus KL, mean
over the batch of 128; Adam, 1e-3; float32 on the CPU, eager mode.

--data mnist binarises 60,000 images afresh at every visit, or with --pixels threshold at .5, and
prints seconds an epoch and, without --speed, minus the single-sample ELBO on the test images; --data random prints the images a second
over steps on random 0/1 images of 32x32x3. Without PyTorch or the data it says so and exits
with 0.
"""

import argparse
import gzip
import json
import math
import os
import pathlib
import struct
import sys
import time


def skip(why):
    print(f"torch_conv_vae: skipped: {why}")
    sys.exit(0)


try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError:
    skip("PyTorch is not installed")

BATCH, HIDDEN, CHANNELS, SMALLEST = 128, 400, (32, 64), 8


def images(folder, name):
    """The pixels of an idx3 file as N×1×28×28 bytes."""
    path = folder / f"{name}-images-idx3-ubyte.gz"
    if not path.exists():
        skip(f"{path} is absent; set ELBO_DATA to the folder that holds mnist/")
    raw = gzip.decompress(path.read_bytes())
    magic, n, h, w = struct.unpack(">4I", raw[:16])
    if magic != 0x803 or (h, w) != (28, 28) or len(raw) != 16 + n * 784:
        sys.exit(f"torch_conv_vae: {path}: got magic {magic:#x}, {n}x{h}x{w} and {len(raw)} bytes, want 28x28 idx3 images")
    return torch.frombuffer(bytearray(raw[16:]), dtype=torch.uint8).reshape(n, 1, 28, 28)


class ConvVAE(nn.Module):
    def __init__(self, shape, latent):
        super().__init__()
        channels, height, width = shape
        sizes, down, up = [(height, width)], [], []
        while min(sizes[-1]) >= SMALLEST:
            out = CHANNELS[min(len(down), len(CHANNELS) - 1)]
            rest = tuple(s % 2 for s in sizes[-1])
            down += [nn.Conv2d(channels, out, 4, stride=2, padding=1)]
            up += [nn.ConvTranspose2d(out, channels, 4, stride=2, padding=1, output_padding=rest)]
            sizes += [tuple(s // 2 for s in sizes[-1])]
            channels = out
        self.small = (channels, *sizes[-1])
        flat = channels * sizes[-1][0] * sizes[-1][1]
        self.down, self.up = nn.ModuleList(down), nn.ModuleList(reversed(up))
        self.enc, self.dec = nn.Linear(flat, HIDDEN), nn.Linear(latent, HIDDEN)
        self.mean, self.logvar = nn.Linear(HIDDEN, latent), nn.Linear(HIDDEN, latent)
        self.spread = nn.Linear(HIDDEN, flat)

    def neg_elbo(self, x):
        """Minus the single-sample ELBO of every image of x (B×C×H×W), B."""
        h = x
        for layer in self.down:
            h = F.relu(layer(h))
        h = F.relu(self.enc(h.flatten(1)))
        mean, logvar = self.mean(h), self.logvar(h)
        z = mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)
        h = F.relu(self.spread(F.relu(self.dec(z)))).unflatten(1, self.small)
        for layer in self.up[:-1]:
            h = F.relu(layer(h))
        logits = self.up[-1](h)
        rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum((1, 2, 3))
        kl = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum(1)
        return rec + kl


def step(model, adam, x):
    loss = model.neg_elbo(x).mean()
    adam.zero_grad()
    loss.backward()
    adam.step()


def targets(rows):
    return rows if rows.is_floating_point() else torch.bernoulli(rows.float() / 255)


@torch.no_grad()
def evaluate(model, rows):
    return sum(model.neg_elbo(targets(part)).double().sum().item() for part in rows.split(1000)) / len(rows)


def on_mnist(args):
    root = os.environ.get("ELBO_DATA") or pathlib.Path(__file__).resolve().parents[3] / "shared" / "data"
    folder = pathlib.Path(root) / "mnist"
    train, test = images(folder, "train")[: args.rows or None], images(folder, "t10k")
    if args.pixels == "threshold":
        train, test = (train > 127).float(), (test > 127).float()
    model, adam = start(args, (1, 28, 28))
    times = []
    for epoch in range(1, args.epochs + 1):
        began = time.perf_counter()
        for batch in torch.randperm(len(train)).split(BATCH):
            step(model, adam, targets(train[batch]))
        seconds = time.perf_counter() - began
        times.append(seconds / math.ceil(len(train) / BATCH))
        said = "" if args.speed else f" test -ELBO {evaluate(model, test):.2f}"
        print(f"epoch {epoch} seconds {seconds:.2f} images/s {len(train) / seconds:.0f}{said}", flush=True)
    record(times[1:] or times)


def on_random(args):
    model, adam = start(args, (3, 32, 32))
    x = torch.bernoulli(torch.full((BATCH, 3, 32, 32), 0.5))
    step(model, adam, x)
    times = []
    for _ in range(args.epochs):
        began = time.perf_counter()
        for _ in range(args.steps):
            step(model, adam, x)
        times.append((time.perf_counter() - began) / args.steps)
    best = min(times)
    print(f"32x32x3 images/s {BATCH / best:.0f} ms/step {1000 * best:.1f} (best of {args.epochs} times {args.steps} steps)", flush=True)
    record(times)


def record(times):
    """The last line, for bench/compare: the seconds a step of every epoch or repetition."""
    print(json.dumps({"seconds": times}))


def start(args, shape):
    model = ConvVAE(shape, args.latent)
    size = sum(p.numel() for p in model.parameters())
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {size} parameters, seed {args.seed}", flush=True)
    return model, torch.optim.Adam(model.parameters(), lr=1e-3)


def main():
    ap = argparse.ArgumentParser(description="the convolutional VAE of elbo in PyTorch")
    ap.add_argument("--data", choices=["mnist", "random"], default="mnist")
    ap.add_argument("--pixels", choices=["dynamic", "threshold"], default="dynamic")
    ap.add_argument("--epochs", type=int, default=2, help="passes over the data, or repetitions on random images")
    ap.add_argument("--rows", type=int, default=0, help="training images of MNIST; 0 is all")
    ap.add_argument("--steps", type=int, default=20, help="steps of a repetition on random images")
    ap.add_argument("--speed", action="store_true", help="leave the test images out")
    ap.add_argument("--latent", type=int, default=20)
    ap.add_argument("--threads", type=int, default=0, help="CPU threads; 0 is PyTorch's own choice")
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    if min(args.epochs, args.latent, args.steps) < 1 or min(args.threads, args.rows) < 0:
        ap.error("epochs, latent and steps must be at least 1, threads and rows at least 0")
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    {"mnist": on_mnist, "random": on_random}[args.data](args)


if __name__ == "__main__":
    main()
