"""Ten Adam steps of a small VAE in PyTorch, float64 on the CPU, for six likelihoods.

How to run it, from this folder:

    python3 -m venv venv && venv/bin/pip install torch
    venv/bin/python ten_step.py > ten_step.json

The JSON holds everything another implementation needs to repeat the numbers: the
configuration, the first weights, the data x (B×D), the noise eps (steps×B×L), the
loss before each of the ten updates and the parameters after the last one.

Model: x (D) -> hidden ReLU layers -> mean (L) and log-variance (L), the latter
clamped to [-20, 20]; z = mean + exp(logvar/2)*eps; z -> the hidden sizes in reverse
order, ReLU -> D outputs. Every dense layer is y = xW + b with W [in, out].
A learned scale is exp(-6 + softplus(r + 6)) of its parameter r, decoder/logscale.
Loss: mean over the batch of -ln p(x|z) + beta*KL, both summed over dimensions, nats.
"""

import json
import math

import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

STEPS, BATCH, D, HIDDEN, L, LR = 10, 5, 16, [8, 6], 3, 0.01

# name, fixed scale, KL weight
CASES = [
    ("bernoulli", 1.0, 1.0),
    ("gaussian", 0.4, 1.0),
    ("gaussian-learned", 1.0, 0.5),
    ("laplace", 1.0, 1.0),
    ("continuous-bernoulli", 1.0, 2.0),
    ("discretized-logistic", 1.0, 1.0),
]


def shapes(likelihood):
    out, size = {}, D

    def dense(name, n_in, n_out):
        out[name + "/weight"] = [n_in, n_out]
        out[name + "/bias"] = [n_out]

    for i, h in enumerate(HIDDEN):
        dense(f"encoder/hidden{i}", size, h)
        size = h
    dense("encoder/mean", size, L)
    dense("encoder/logvar", size, L)
    size = L
    for i, h in enumerate(reversed(HIDDEN)):
        dense(f"decoder/hidden{i}", size, h)
        size = h
    dense("decoder/out", size, D)
    if likelihood in ("gaussian-learned", "discretized-logistic"):
        out["decoder/logscale"] = []
    return out


def sine(name, shape):
    """offset + a*sin(1 + 0.7 i + k), k = sum of the name's bytes mod 97."""
    k = sum(name.encode()) % 97
    a, offset = 0.3, 0.0
    if len(shape) == 0:
        offset = -1.0
    if len(shape) == 2:
        a = 1.5 / math.sqrt(shape[0])
    return [offset + a * math.sin(1 + 0.7 * i + k) for i in range(math.prod(shape))]


def data(likelihood):
    """Bytes over 255, rounded to 0 or 1 for the Bernoulli likelihood."""
    rows = [[(37 * b + 53 * d + 11 * b * d) % 256 / 255 for d in range(D)] for b in range(BATCH)]
    if likelihood == "bernoulli":
        rows = [[float(v > 0.5) for v in row] for row in rows]
    return rows


def noise():
    return [
        [[1.3 * math.sin(0.5 + 1.7 * (b * L + l) + 2.3 * t) for l in range(L)] for b in range(BATCH)]
        for t in range(STEPS)
    ]


def log_prob(likelihood, x, out, scale, logscale):
    """ln p(x|z) summed over dimensions, B; library densities where PyTorch has one."""
    dist = torch.distributions
    if likelihood == "bernoulli":
        lp = -torch.nn.functional.binary_cross_entropy_with_logits(out, x, reduction="none")
    elif likelihood == "gaussian":
        lp = dist.Normal(out, scale).log_prob(x)
    elif likelihood == "gaussian-learned":
        lp = dist.Normal(out, logscale.exp()).log_prob(x)
    elif likelihood == "laplace":
        lp = dist.Laplace(out, scale).log_prob(x)
    elif likelihood == "continuous-bernoulli":
        # C = out/tanh(out/2). PyTorch's own class switches to its series at
        # |probability - 1/2| < 1e-3, too coarse for 1e-9; it is only compared here.
        if out.abs().min() < 1e-5:  # rounding in the derivative grows like 1e-16/|out|
            raise SystemExit("an output is too near 0 for the closed form of the normaliser")
        lp = torch.log(out / torch.tanh(out / 2)) + x * out - torch.nn.functional.softplus(out, threshold=700)
        theirs = dist.ContinuousBernoulli(logits=out).log_prob(x)
        assert torch.allclose(lp, theirs, rtol=0, atol=1e-5), (lp - theirs).abs().max()
    elif likelihood == "discretized-logistic":
        # Mass of the bin of width 1/255 around x; the first and last bins are open.
        cdf = lambda e: torch.sigmoid((e - out) / logscale.exp())
        upper = torch.where(x > 254.5 / 255, torch.ones_like(out), cdf(x + 1 / 510))
        lower = torch.where(x < 0.5 / 255, torch.zeros_like(out), cdf(x - 1 / 510))
        lp = torch.log(upper - lower)
    else:
        raise ValueError(likelihood)
    return lp.sum(1)


def loss_of(p, likelihood, scale, beta, x, eps):
    def hidden(part, h):
        for i in range(len(HIDDEN)):
            h = torch.relu(h @ p[f"{part}/hidden{i}/weight"] + p[f"{part}/hidden{i}/bias"])
        return h

    h = hidden("encoder", x)
    mean = h @ p["encoder/mean/weight"] + p["encoder/mean/bias"]
    logvar = (h @ p["encoder/logvar/weight"] + p["encoder/logvar/bias"]).clamp(-20, 20)
    z = mean + torch.exp(0.5 * logvar) * eps
    out = hidden("decoder", z) @ p["decoder/out/weight"] + p["decoder/out/bias"]
    logscale = p.get("decoder/logscale")
    if logscale is not None:  # soft floor of the learned scale
        logscale = -6 + torch.nn.functional.softplus(logscale + 6)
    rec = -log_prob(likelihood, x, out, scale, logscale)
    q = torch.distributions.Normal(mean, torch.exp(0.5 * logvar))
    kl = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).sum(1)
    return (rec + beta * kl).mean(), rec.mean(), kl.mean()


def run(likelihood, scale, beta):
    initial = {name: (shape, sine(name, shape)) for name, shape in shapes(likelihood).items()}
    p = {n: torch.tensor(v).reshape(s).requires_grad_() for n, (s, v) in initial.items()}
    x, eps = data(likelihood), noise()
    adam = torch.optim.Adam(p.values(), lr=LR, betas=(0.9, 0.999), eps=1e-8)
    losses, recs, kls = [], [], []
    for t in range(STEPS):
        loss, rec, kl = loss_of(p, likelihood, scale, beta, torch.tensor(x), torch.tensor(eps[t]))
        losses.append(loss.item())
        recs.append(rec.item())
        kls.append(kl.item())
        adam.zero_grad()
        loss.backward()
        adam.step()
    return {
        "config": {"D": D, "hidden": HIDDEN, "L": L, "likelihood": likelihood,
                   "sigma": scale, "beta": beta, "lr": LR},
        "x": x,
        "eps": eps,
        "initial": {n: {"shape": s, "values": v} for n, (s, v) in initial.items()},
        "losses": losses,
        "rec": recs,
        "kl": kls,
        "final": {n: {"shape": list(v.shape), "values": v.detach().flatten().tolist()} for n, v in p.items()},
    }


def dump(v, indent=0):
    """JSON with 17 significant digits and one innermost list a line."""
    pad = "\n" + " " * (indent + 1)
    if isinstance(v, float):
        return "%.17g" % v
    if isinstance(v, dict):
        return "{" + ",".join(f"{pad}{json.dumps(k)}: {dump(w, indent + 1)}" for k, w in v.items()) + "\n" + " " * indent + "}"
    if isinstance(v, list) and v and isinstance(v[0], (list, dict)):
        return "[" + ",".join(pad + dump(w, indent + 1) for w in v) + "\n" + " " * indent + "]"
    if isinstance(v, list):
        return "[" + ", ".join(dump(w) for w in v) + "]"
    return json.dumps(v)


if __name__ == "__main__":
    print(dump({
        "source": f"PyTorch {torch.__version__}, float64, CPU, one thread; made by ten_step.py",
        "note": "losses, rec and kl are those before each update; kl is without beta; rec and kl are means over the batch",
        "cases": [run(*case) for case in CASES],
    }))
