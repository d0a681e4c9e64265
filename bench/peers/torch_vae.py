"""The 784-400-L MNIST VAE in PyTorch, to compare speed and bound with elbo's on one machine.

How to run it, with the four idx.gz files of MNIST in $ELBO_DATA/mnist:

    python3 -m venv venv && venv/bin/pip install torch
    ELBO_DATA=/path/to/data venv/bin/python torch_vae.py --epochs 20 --threads 2

Model: 784 -> 400 ReLU -> (mean, log-variance) of L; L -> 400 ReLU -> 784 logits;
652,824 parameters at L = 20, initialised uniformly in +-1/sqrt(fan-in). Loss: binary
cross-entropy summed over pixels plus KL, mean over the batch of 128; Adam, 1e-3; float32
on the CPU. Targets are binarised afresh at every visit, or grey with --grey (then the
figure is a loss and not a likelihood).

One line an epoch: seconds of training alone, and minus the single-sample ELBO in nats on
the 10,000 test images. Without PyTorch or the data it says so and exits with 0.
"""

import argparse
import gzip
import os
import pathlib
import struct
import sys
import time


def skip(why):
    print(f"torch_vae: skipped: {why}")
    sys.exit(0)


try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError:
    skip("PyTorch is not installed")

BATCH, PIXELS, HIDDEN = 128, 784, 400


def images(folder, name):
    """The pixels of an idx3 file as N×784 bytes."""
    path = folder / f"{name}-images-idx3-ubyte.gz"
    if not path.exists():
        skip(f"{path} is absent; set ELBO_DATA to the folder that holds mnist/")
    raw = gzip.decompress(path.read_bytes())
    magic, n, h, w = struct.unpack(">4I", raw[:16])
    if magic != 0x803 or h * w != PIXELS or len(raw) != 16 + n * PIXELS:
        sys.exit(f"torch_vae: {path}: got magic {magic:#x}, {n}x{h}x{w} and {len(raw)} bytes, want 28x28 idx3 images")
    return torch.frombuffer(bytearray(raw[16:]), dtype=torch.uint8).reshape(n, PIXELS)


class VAE(nn.Module):
    def __init__(self, latent):
        super().__init__()
        self.enc = nn.Linear(PIXELS, HIDDEN)
        self.mean = nn.Linear(HIDDEN, latent)
        self.logvar = nn.Linear(HIDDEN, latent)
        self.dec = nn.Linear(latent, HIDDEN)
        self.out = nn.Linear(HIDDEN, PIXELS)

    def neg_elbo(self, x):
        """Minus the single-sample ELBO of every row of x (B×784), B."""
        h = F.relu(self.enc(x))
        mean, logvar = self.mean(h), self.logvar(h)
        z = mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)
        logits = self.out(F.relu(self.dec(z)))
        rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        kl = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum(1)
        return rec + kl


def targets(rows, grey):
    x = rows.float() / 255
    return x if grey else torch.bernoulli(x)


def train_epoch(model, adam, rows, grey):
    model.train()
    for batch in torch.randperm(len(rows)).split(BATCH):
        loss = model.neg_elbo(targets(rows[batch], grey)).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()


@torch.no_grad()
def evaluate(model, rows, grey):
    model.eval()
    return sum(model.neg_elbo(targets(part, grey)).double().sum().item() for part in rows.split(1000)) / len(rows)


def main():
    ap = argparse.ArgumentParser(description="784-400-L MNIST VAE in PyTorch")
    ap.add_argument("--epochs", type=int, default=20)
    ap.add_argument("--latent", type=int, default=20)
    ap.add_argument("--grey", action="store_true", help="grey targets in place of dynamic binarisation")
    ap.add_argument("--threads", type=int, default=0, help="CPU threads; 0 is PyTorch's own choice")
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    if args.epochs < 1 or args.latent < 1 or args.threads < 0:
        ap.error("epochs and latent must be at least 1, and threads at least 0")
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)

    root = os.environ.get("ELBO_DATA") or pathlib.Path(__file__).resolve().parents[3] / "shared" / "data"
    folder = pathlib.Path(root) / "mnist"
    train, test = images(folder, "train"), images(folder, "t10k")
    model = VAE(args.latent)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    size = sum(p.numel() for p in model.parameters())
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {size} parameters, "
          f"{'grey' if args.grey else 'dynamic binarisation'}, seed {args.seed}", flush=True)
    for epoch in range(1, args.epochs + 1):
        start = time.perf_counter()
        train_epoch(model, adam, train, args.grey)
        seconds = time.perf_counter() - start
        print(f"epoch {epoch} seconds {seconds:.2f} test -ELBO {evaluate(model, test, args.grey):.2f}", flush=True)


if __name__ == "__main__":
    main()
