"""VAE, VampPrior, IWAE, beta-VAE and VQ-VAE in Pythae, to compare bound, likelihood and speed with elbo's on one machine.

How to run it, with the files of binarized-mnist in $ELBO_DATA/binarized-mnist:

    python3 -m venv venv && venv/bin/pip install pythae
    ELBO_DATA=/path/to/data venv/bin/python pythae_models.py --row vae --epochs 20 --threads 2

Rows: vae and vamp are 784 -> 400 ReLU -> mean and log-variance of 40, mirrored, vamp with 500 pseudo-
inputs that start at random; iwae is 784 -> 200 -> 200 ReLU -> 50 with 50 weights; all train by Pythae's
own trainer with Adam on fixed binary images in batches of 100. mlp, beta (with a weight of 4) and conv
have batches of 128, the nets 784-400-20 and that of `elbo train conv-vae`. vq, for speed alone, has the
net of `elbo train vq-vae` and 128 codes of 16 values that follow moving averages. Weights start
uniformly in +-1/sqrt(fan-in), PyTorch's usual way.

The last line is JSON: seconds of each epoch, minus the single-sample ELBO of all test images, and
-ln p(x) of --nll-rows of them by exactly --draws importance weights each, by Pythae's own get_nll. The
file of test images is sorted by digit, so that these rows are evenly apart in it. With --speed there are
the seconds alone, without those of the first epoch; --data mnist takes MNIST binarised at .5, grey
for vq. Without Pythae or the data it says so and exits with 0.
"""

import argparse
import contextlib
import gzip
import io
import json
import logging
import os
import pathlib
import struct
import sys
import tempfile
import time
import warnings


def skip(why):
    print(f"pythae_models: skipped: {why}")
    sys.exit(0)


warnings.filterwarnings("ignore")
try:
    import torch
    from pythae.models import IWAE, VAE, VAMP, VQVAE, BetaVAE, BetaVAEConfig, IWAEConfig, VAEConfig, VAMPConfig, VQVAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig
    from pythae.trainers.training_callbacks import TrainingCallback
    from pythae.data.datasets import BaseDataset
    from torch import nn
except ImportError as e:
    skip(f"Pythae is not installed ({e})")

PIXELS = 784


def images(root, name, part):
    """The pixels of one part as N×1×28×28 floats: 0 and 1, of "grey" bytes over 255."""
    folder, file = {"binarized-mnist": ("binarized-mnist", f"binarized_mnist_{part}-images-idx3-ubyte.gz")}.get(
        name, ("mnist", {"train": "train", "test": "t10k"}[part] + "-images-idx3-ubyte.gz"))
    path = root / folder / file
    if not path.exists():
        skip(f"{path} is absent; set ELBO_DATA to the folder that holds {folder}/")
    raw = gzip.decompress(path.read_bytes())
    magic, n, h, w = struct.unpack(">4I", raw[:16])
    if magic != 0x803 or h * w != PIXELS or len(raw) != 16 + n * PIXELS:
        sys.exit(f"pythae_models: {path}: got magic {magic:#x}, {n}x{h}x{w} and {len(raw)} bytes, want 28x28 idx3 images")
    rows = torch.frombuffer(bytearray(raw[16:]), dtype=torch.uint8).reshape(n, 1, 28, 28)
    if name == "grey":
        return rows.float() / 255
    return (rows > 127).float() if rows.max() > 1 else rows.float()


def dense(widths):
    layers = []
    for a, b in zip(widths, widths[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers)


class Encoder(BaseEncoder):
    def __init__(self, trunk, features, latent):
        super().__init__()
        self.trunk, self.mean, self.logvar = trunk, nn.Linear(features, latent), nn.Linear(features, latent)

    def forward(self, x):
        h = self.trunk(x.reshape(len(x), 1, 28, 28))
        return ModelOutput(embedding=self.mean(h), log_covariance=self.logvar(h))


class Decoder(BaseDecoder):
    def __init__(self, trunk):
        super().__init__()
        self.trunk = trunk

    def forward(self, z):
        return ModelOutput(reconstruction=torch.sigmoid(self.trunk(z)).reshape(len(z), 1, 28, 28))


def mlp(hidden, latent):
    back = hidden[::-1]
    enc = Encoder(nn.Sequential(nn.Flatten(), dense([PIXELS, *hidden])), hidden[-1], latent)
    return enc, Decoder(nn.Sequential(dense([latent, *back]), nn.Linear(back[-1], PIXELS)))


def conv(latent):
    down = nn.Sequential(nn.Conv2d(1, 32, 4, stride=2, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 4, stride=2, padding=1), nn.ReLU(),
                         nn.Flatten(), dense([64 * 7 * 7, 400]))
    up = nn.Sequential(dense([latent, 400, 64 * 7 * 7]), nn.Unflatten(1, (64, 7, 7)), nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1), nn.ReLU(),
                       nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1))
    return Encoder(down, 400, latent), Decoder(up)


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.wide, self.point = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 1)

    def forward(self, h):
        return h + self.point(torch.relu(self.wide(torch.relu(h))))


class Maps(BaseEncoder):
    """Rows to maps of 16 values at 7×7 places."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Conv2d(1, 32, 4, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 4, 2, 1), Residual(64), Residual(64), nn.ReLU(),
                                   nn.Conv2d(64, 16, 1))

    def forward(self, x):
        return ModelOutput(embedding=self.trunk(x))


class FromMaps(BaseDecoder):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Conv2d(16, 64, 3, padding=1), Residual(64), Residual(64), nn.ReLU(),
                                   nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(32, 1, 4, 2, 1))

    def forward(self, z):
        return ModelOutput(reconstruction=self.trunk(z))


def build(row):
    """The model of a row and its batch size."""
    shared = {"input_dim": (1, 28, 28), "reconstruction_loss": "bce"}
    if row == "vamp":
        enc, dec = mlp([400], 40)
        return VAMP(VAMPConfig(latent_dim=40, number_components=500, **shared), encoder=enc, decoder=dec), 100
    if row == "iwae":
        enc, dec = mlp([200, 200], 50)
        return IWAE(IWAEConfig(latent_dim=50, number_samples=50, **shared), encoder=enc, decoder=dec), 100
    if row == "vq":
        config = VQVAEConfig(input_dim=(1, 28, 28), latent_dim=16, num_embeddings=128, use_ema=True, decay=0.99)
        return VQVAE(config, encoder=Maps(), decoder=FromMaps()), 128
    latent = 40 if row == "vae" else 20
    enc, dec = conv(20) if row == "conv" else mlp([400], latent)
    if row == "beta":
        return BetaVAE(BetaVAEConfig(latent_dim=latent, beta=4.0, **shared), encoder=enc, decoder=dec), 128
    return VAE(VAEConfig(latent_dim=latent, **shared), encoder=enc, decoder=dec), 100 if row == "vae" else 128


class Clock(TrainingCallback):
    def __init__(self):
        self.seconds = []

    def on_epoch_begin(self, training_config, **_):
        self.began = time.perf_counter()

    def on_epoch_end(self, training_config, **_):
        self.seconds.append(time.perf_counter() - self.began)


@torch.no_grad()
def neg_elbo(model, x):
    """Minus the mean single-sample ELBO of x, with the prior of the model."""
    total = 0.0
    for part in x.split(500):
        out = model.encoder(part)
        mean, logvar = out.embedding, out.log_covariance
        z = mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)
        p = model.decoder(z).reconstruction.reshape(len(part), -1)
        rec = nn.functional.binary_cross_entropy(p, part.reshape(len(part), -1), reduction="none").sum(1)
        log_q = (-0.5 * (logvar + (z - mean) ** 2 / logvar.exp())).sum(1)
        log_p = model._log_p_z(z) if isinstance(model, VAMP) else -0.5 * z.square().sum(1)
        total += (rec + log_q - log_p).double().sum().item()
    return total / len(x)


def train(model, rows, batch, args):
    """The seconds of each epoch of Pythae's trainer."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as out, contextlib.redirect_stderr(io.StringIO()):
        config = BaseTrainerConfig(output_dir=out, num_epochs=args.epochs, learning_rate=args.lr, seed=args.seed, no_cuda=True,
                                   per_device_train_batch_size=batch, optimizer_cls="Adam")
        BaseTrainer(model, BaseDataset(rows, torch.zeros(len(rows))), training_config=config, callbacks=[clock]).train()
    return clock.seconds


@torch.no_grad()
def measured(model, test, args):
    """What is measured beside the speed."""
    model.eval()
    out = {"neg_elbo": neg_elbo(model, test)}
    if args.nll_rows:
        some = test[:: max(1, len(test) // args.nll_rows)][: args.nll_rows]
        out |= {"nll": -float(model.get_nll(some, n_samples=args.draws, batch_size=args.draws)), "draws": args.draws, "nll_rows": len(some)}
    return out


def main():
    ap = argparse.ArgumentParser(description="VAE, VampPrior, IWAE, β-VAE and VQ-VAE in Pythae")
    ap.add_argument("--row", choices=["vae", "vamp", "iwae", "mlp", "beta", "conv", "vq"], default="vae")
    ap.add_argument("--data", choices=["binarized-mnist", "mnist"], default="binarized-mnist")
    ap.add_argument("--speed", action="store_true", help="measure the speed alone")
    ap.add_argument("--epochs", type=int, default=20)
    ap.add_argument("--rows", type=int, default=0, help="training rows; 0 is all")
    ap.add_argument("--batch", type=int, default=0, help="rows of a step; 0 is the row's own")
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--nll-rows", type=int, default=1000)
    ap.add_argument("--draws", type=int, default=200)
    ap.add_argument("--threads", type=int, default=0, help="CPU threads; 0 is PyTorch's own choice")
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    if min(args.epochs, args.draws) < 1 or min(args.rows, args.batch, args.nll_rows, args.threads) < 0:
        ap.error("epochs and draws must be at least 1, the others at least 0")
    if args.row == "vq" and not args.speed:
        ap.error("the row vq is for --speed alone")
    if args.threads:
        torch.set_num_threads(args.threads)
    logging.disable(logging.CRITICAL)

    root = pathlib.Path(os.environ.get("ELBO_DATA") or pathlib.Path(__file__).resolve().parents[3] / "shared" / "data")
    name = "grey" if (args.row, args.data) == ("vq", "mnist") else args.data
    rows = images(root, name, "train")[: args.rows or None]
    torch.manual_seed(args.seed)
    model, batch = build(args.row)
    seconds = train(model, rows, args.batch or batch, args)
    if args.speed:
        print(json.dumps({"row": args.row, "seconds": seconds[1:] or seconds}))
        return
    result = {"row": args.row, "epochs": args.epochs, "rows": len(rows), "threads": torch.get_num_threads(), "seconds": seconds}
    print(json.dumps(result | measured(model, images(root, name, "test"), args)))


if __name__ == "__main__":
    main()
