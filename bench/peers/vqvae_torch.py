"""The VQ-VAE of `elbo train vq-vae` in PyTorch, to compare speed on one machine.

How to run it, with the four idx.gz files of MNIST in $ELBO_DATA/mnist:

    ELBO_DATA=/path/to/data python3 vqvae_torch.py --epochs 2 --threads 2
    elbo train vq-vae --data mnist --epochs 2 --code-prior uniform --no-report --out RUN

Model: two 4x4 convolutions of stride 2 (channels 32, 64) with ReLU between, two residual blocks
(ReLU, 3x3, ReLU, 1x1) and a ReLU, a 1x1 convolution to D = 16; the nearest of K = 128 codes with the
straight-through gradient; a 3x3 convolution to 64 channels, two residual blocks, transposed
convolutions back. Loss: binary cross-entropy summed over pixels and .25 times the squared distance to
the codes summed over places, mean over the batch of 128; Adam, 1e-3. Codes follow moving averages of
.99 with Laplace's rule, and one whose count falls below 1 becomes a random feature. Images are
binarised afresh at every visit, or with --pixels threshold at .5. float32 on the CPU, eager mode.

Prints the seconds, the processor time and the images a second of every epoch, minus ln p(x|z) on the
test images and the share of codes that these use. --data random takes steps on random images
instead. The last line is JSON. Without PyTorch or the data it says so and exits with 0.
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
    print(f"vqvae_torch: skipped: {why}")
    sys.exit(0)


try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError:
    skip("PyTorch is not installed")

BATCH, WIDTH, DECAY, COMMIT, DEAD = 128, (32, 64), 0.99, 0.25, 1.0


def images(folder, name):
    """The pixels of an idx3 file as N×1×28×28 bytes."""
    path = folder / f"{name}-images-idx3-ubyte.gz"
    if not path.exists():
        skip(f"{path} is absent; set ELBO_DATA to the folder that holds mnist/")
    raw = gzip.decompress(path.read_bytes())
    n = struct.unpack(">4I", raw[:16])[1]
    return torch.frombuffer(bytearray(raw[16:]), dtype=torch.uint8).reshape(n, 1, 28, 28)


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.wide, self.point = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 1)

    def forward(self, h):
        return h + self.point(F.relu(self.wide(F.relu(h))))


class Codebook(nn.Module):
    """K codes that follow the means of their features."""

    def __init__(self, codes, dim):
        super().__init__()
        self.register_buffer("codes", torch.randn(codes, dim))
        self.register_buffer("count", torch.full((codes,), 2 * DEAD))

    def forward(self, z):
        distance = self.codes.square().sum(1) - 2 * z @ self.codes.t()
        index = distance.argmin(1)
        return index, self.codes[index]

    @torch.no_grad()
    def follow(self, z, index):
        k = len(self.codes)
        n = torch.bincount(index, minlength=k).to(z.dtype)
        total = torch.zeros_like(self.codes).index_add_(0, index, z)
        old = self.smooth(self.count)
        self.count.mul_(DECAY).add_(n, alpha=1 - DECAY)
        moved = (self.codes * old[:, None] * DECAY + total * (1 - DECAY)) / self.smooth(self.count)[:, None]
        dead = self.count < DEAD
        fresh = z[torch.randint(len(z), (k,))]
        self.codes.copy_(torch.where(dead[:, None], fresh, moved))
        self.count.masked_fill_(dead, 2 * DEAD)

    def smooth(self, n):
        return (n + 1e-5) / (n.sum() + 1e-5 * len(n)) * n.sum()


class VQVAE(nn.Module):
    def __init__(self, codes, dim):
        super().__init__()
        a, b = WIDTH
        self.down = nn.Sequential(nn.Conv2d(1, a, 4, 2, 1), nn.ReLU(), nn.Conv2d(a, b, 4, 2, 1), Residual(b), Residual(b), nn.ReLU())
        self.project = nn.Conv2d(b, dim, 1)
        self.book = Codebook(codes, dim)
        self.up = nn.Sequential(nn.Conv2d(dim, b, 3, padding=1), Residual(b), Residual(b), nn.ReLU(),
                                nn.ConvTranspose2d(b, a, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(a, 1, 4, 2, 1))

    def forward(self, x):
        """Minus ln p(x|z) of every image, the squared distances to the codes, features and numbers."""
        m = self.project(self.down(x))
        z = m.permute(0, 2, 3, 1).reshape(-1, m.shape[1])
        index, q = self.book(z)
        through = z + (q - z).detach()
        back = through.reshape(len(x), m.shape[2], m.shape[3], -1).permute(0, 3, 1, 2)
        loss = F.binary_cross_entropy_with_logits(self.up(back), x, reduction="none").sum((1, 2, 3))
        return loss, (z - q.detach()).square().sum(), z, index


def step(net, adam, x):
    loss, distance, z, index = net(x)
    total = loss.mean() + COMMIT * distance / len(x)
    adam.zero_grad(set_to_none=True)
    total.backward()
    adam.step()
    net.book.follow(z.detach(), index)


def targets(rows):
    return rows if rows.is_floating_point() else torch.bernoulli(rows.float() / 255)


@torch.no_grad()
def evaluate(net, rows):
    loss, used = 0.0, torch.zeros(len(net.book.codes), dtype=torch.bool)
    for part in rows.split(1000):
        each, _, _, index = net(targets(part))
        loss += each.double().sum().item()
        used[index] = True
    return loss / len(rows), used.float().mean().item()


def main():
    ap = argparse.ArgumentParser(description="the VQ-VAE of elbo in PyTorch")
    ap.add_argument("--data", choices=["mnist", "random"], default="mnist")
    ap.add_argument("--pixels", choices=["dynamic", "threshold"], default="dynamic", help="of MNIST")
    ap.add_argument("--epochs", type=int, default=2, help="passes over the data, or repetitions on random images")
    ap.add_argument("--rows", type=int, default=0, help="training images of MNIST; 0 is all")
    ap.add_argument("--steps", type=int, default=20, help="steps of a repetition on random images")
    ap.add_argument("--speed", action="store_true", help="leave the test images out")
    ap.add_argument("--codes", type=int, default=128)
    ap.add_argument("--dim", type=int, default=16)
    ap.add_argument("--threads", type=int, default=0, help="CPU threads; 0 is PyTorch's own choice")
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    net = VQVAE(args.codes, args.dim)
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)
    size = sum(p.numel() for p in net.parameters()) + net.book.codes.numel()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {size} parameters", flush=True)
    if args.data == "mnist":
        root = os.environ.get("ELBO_DATA") or pathlib.Path(__file__).resolve().parents[3] / "shared" / "data"
        folder = pathlib.Path(root) / "mnist"
        train, test = images(folder, "train")[: args.rows or None], images(folder, "t10k")
        if args.pixels == "threshold":
            train, test = (train > 127).float(), (test > 127).float()
    else:
        train, test = torch.randint(256, (BATCH * args.steps, 1, 28, 28), dtype=torch.uint8), None
    seconds = []
    for epoch in range(1, args.epochs + 1):
        began, worked = time.perf_counter(), time.process_time()
        for batch in torch.randperm(len(train)).split(BATCH):
            step(net, adam, targets(train[batch]))
        took, cpu = time.perf_counter() - began, time.process_time() - worked
        seconds.append(took / math.ceil(len(train) / BATCH))
        said = ""
        if test is not None and not args.speed:
            loss, used = evaluate(net, test)
            said = f" test -ln p(x|z) {loss:.2f}, {100 * used:.1f} % of the codes used"
        print(f"epoch {epoch} seconds {took:.2f} cpu {cpu:.2f} images/s {len(train) / took:.0f}{said}", flush=True)
    print(json.dumps({"seconds": seconds[1:] or seconds}))


if __name__ == "__main__":
    main()
