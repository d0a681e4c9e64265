"""Ten Adam steps of a small convolutional VAE in PyTorch, float64 on the CPU.

How to run it, from this folder:

    python3 -m venv venv && venv/bin/pip install torch
    venv/bin/python ten_step_conv.py > ten_step_conv.json

Model: images 17x16x1, through 4x4 convolutions of stride 2 and padding 1 with ReLU to 8x8x2 and
4x4x3, 6 ReLU units, mean and log-variance of 2; z = mean + exp(logvar/2)*eps; 6 ReLU units, 48 ReLU
units as 4x4x3, transposed convolutions back (the last gains the odd row by output_padding). The layers
are torch.nn's. Loss: binary cross-entropy plus KL, summed over a row, mean over the batch of 4; Adam.

First weights, pixels and noise are formulas: see sine, pixels and noise. Names and order of the weights
are elbo's: kernels K x K x in x out, maps row by row with channels last. The JSON holds loss, -ln p(x|z)
and KL before each of the ten updates, and of each parameter after them the sum, the sum of squares and
the sum weighted by the place, i/n.
"""

import json
import math

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

STEPS, BATCH, HEIGHT, WIDTH, HIDDEN, L, LR = 10, 4, 17, 16, 6, 2, 0.01
CHANNELS, MAP = (2, 3), (3, 4, 4)  # of the stages, and channels, rows and columns of the feature map


def layers():
    """Layers by elbo's names, and by what their weight is."""
    down = lambda i, o: nn.Conv2d(i, o, 4, stride=2, padding=1)
    up = lambda i, o, rest: nn.ConvTranspose2d(i, o, 4, stride=2, padding=1, output_padding=(rest, 0))
    a, b = CHANNELS
    flat = math.prod(MAP)
    return nn.ModuleDict({
        "encoder/conv0": down(1, a), "encoder/conv1": down(a, b), "encoder/hidden0": nn.Linear(flat, HIDDEN),
        "encoder/mean": nn.Linear(HIDDEN, L), "encoder/logvar": nn.Linear(HIDDEN, L), "decoder/hidden0": nn.Linear(L, HIDDEN),
        "decoder/spread": nn.Linear(HIDDEN, flat), "decoder/conv1": up(b, a, 0), "decoder/conv0": up(a, 1, 1),
    })


def last(h, axis):
    """An axis of C*H*W values, in PyTorch's order, in elbo's H*W*C."""
    order = torch.arange(math.prod(MAP)).reshape(MAP).permute(1, 2, 0).flatten()
    return h.index_select(axis, order)


def first(h, axis):
    """The way back of last."""
    order = torch.arange(math.prod(MAP)).reshape(*MAP[1:], MAP[0]).permute(2, 0, 1).flatten()
    return h.index_select(axis, order)


def elbos(name, layer, weight):
    """A weight of PyTorch's shape in elbo's."""
    if isinstance(layer, nn.Conv2d):
        return weight.permute(2, 3, 1, 0)
    if isinstance(layer, nn.ConvTranspose2d):
        return weight.permute(2, 3, 0, 1)
    weight = weight.t()
    return last(weight, 0) if name == "encoder/hidden0" else last(weight, 1) if name == "decoder/spread" else weight


def torchs(name, layer, weight):
    """The way back of elbos."""
    if isinstance(layer, nn.Conv2d):
        return weight.permute(3, 2, 0, 1)
    if isinstance(layer, nn.ConvTranspose2d):
        return weight.permute(2, 3, 0, 1)
    weight = first(weight, 0) if name == "encoder/hidden0" else first(weight, 1) if name == "decoder/spread" else weight
    return weight.t()


def sine(name, shape):
    """a*sin(1 + 0.7 i + k), k = sum of the name's bytes mod 97; a is .3, of weights 1.5/sqrt(inputs)."""
    a = 0.3 if len(shape) == 1 else 1.5 / math.sqrt(math.prod(shape[:-1]))
    k = sum(name.encode()) % 97
    return torch.tensor([a * math.sin(1 + 0.7 * i + k) for i in range(math.prod(shape))]).reshape(shape)


def begin(net):
    with torch.no_grad():
        for name, layer in net.items():
            shape = elbos(name, layer, layer.weight).shape
            layer.weight.copy_(torchs(name, layer, sine(name + "/weight", shape)))
            bias = sine(name + "/bias", layer.bias.shape)
            layer.bias.copy_(first(bias, 0) if name == "decoder/spread" else bias)


def pixels():
    return torch.tensor([[float((37 * b + 53 * d + 11 * b * d) % 256 > 127) for d in range(HEIGHT * WIDTH)] for b in range(BATCH)])


def noise(step):
    return torch.tensor([[1.3 * math.sin(0.5 + 1.7 * (b * L + l) + 2.3 * step) for l in range(L)] for b in range(BATCH)])


def loss_of(net, x, eps):
    h = F.relu(net["encoder/conv1"](F.relu(net["encoder/conv0"](x.reshape(BATCH, 1, HEIGHT, WIDTH)))))
    h = F.relu(net["encoder/hidden0"](h.flatten(1)))
    mean, logvar = net["encoder/mean"](h), net["encoder/logvar"](h)
    h = F.relu(net["decoder/hidden0"](mean + torch.exp(0.5 * logvar) * eps))
    h = F.relu(net["decoder/spread"](h)).reshape(BATCH, *MAP)
    out = net["decoder/conv0"](F.relu(net["decoder/conv1"](h))).flatten(1)
    rec = F.binary_cross_entropy_with_logits(out, x, reduction="none").sum(1).mean()
    kl = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum(1).mean()
    return rec + kl, rec, kl


def sums(v):
    v = v.flatten()
    return [v.sum().item(), v.square().sum().item(), (v * torch.arange(len(v)) / len(v)).sum().item()]


def main():
    net, x = layers(), pixels()
    begin(net)
    adam = torch.optim.Adam(net.parameters(), lr=LR)
    figures = []
    for t in range(STEPS):
        loss = loss_of(net, x, noise(t))
        figures.append([v.item() for v in loss])
        adam.zero_grad()
        loss[0].backward()
        adam.step()
    final = {}
    for name, layer in net.items():
        bias = layer.bias.detach()
        final[name + "/weight"] = sums(elbos(name, layer, layer.weight.detach()))
        final[name + "/bias"] = sums(last(bias, 0) if name == "decoder/spread" else bias)
    print(json.dumps({"source": f"PyTorch {torch.__version__}, float64, CPU, one thread; made by ten_step_conv.py", "figures": figures, "final": final}, indent=1))


if __name__ == "__main__":
    main()
