"""Seconds an epoch of the 784-400-20 VAE in JAX (jit, CPU): the peer of bench/compare.

    python speed_jax.py [--epochs 5] [--threads 2]

The same work as speed_torch.py: 60,000 binary rows, batch 128 and a last one of 96, a new
order every epoch, gathered inside the timed loop; Adam 1e-3 with donated state, one jitted
function for a step, the loss read after every epoch. The last line is JSON.
"""

import argparse
import gzip
import json
import os
import pathlib
import sys
import time


def skip(why):
    print(f"speed_jax: skipped: {why}")
    sys.exit(0)


p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
p.add_argument("--epochs", type=int, default=5)
p.add_argument("--threads", type=int, default=2)
a = p.parse_args()
os.environ.setdefault("XLA_FLAGS", f"--xla_cpu_multi_thread_eigen={'true' if a.threads > 1 else 'false'} intra_op_parallelism_threads={a.threads}")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: a.threads])
try:
    import jax
    import jax.numpy as jnp
    import numpy as np
except ImportError:
    skip("JAX is not installed")

ROWS, PIXELS, HIDDEN, LATENT, BATCH = 60_000, 784, 400, 20, 128


def rows():
    path = pathlib.Path(os.environ.get("ELBO_DATA", "../shared/data")) / "mnist" / "train-images-idx3-ubyte.gz"
    if path.exists():
        raw = np.frombuffer(gzip.decompress(path.read_bytes())[16:], dtype=np.uint8)
        return (raw.reshape(ROWS, PIXELS) > 127).astype(np.float32)
    return (np.random.default_rng(1).random((ROWS, PIXELS)) < 0.13).astype(np.float32)


def init(key):
    sizes = {"enc": (PIXELS, HIDDEN), "mean": (HIDDEN, LATENT), "logvar": (HIDDEN, LATENT), "dec": (LATENT, HIDDEN), "out": (HIDDEN, PIXELS)}
    out = {}
    for k, (name, (i, o)) in zip(jax.random.split(key, len(sizes)), sizes.items()):
        u, v = jax.random.split(k)
        bound = i**-0.5
        out[name] = (jax.random.uniform(u, (i, o), minval=-bound, maxval=bound), jax.random.uniform(v, (o,), minval=-bound, maxval=bound))
    return out


def loss_of(w, x, key):
    dense = lambda name, h: h @ w[name][0] + w[name][1]
    h = jax.nn.relu(dense("enc", x))
    mean, logvar = dense("mean", h), dense("logvar", h)
    z = mean + jnp.exp(0.5 * logvar) * jax.random.normal(key, mean.shape)
    y = dense("out", jax.nn.relu(dense("dec", z)))
    rec = jnp.sum(jnp.maximum(y, 0) - x * y + jnp.log1p(jnp.exp(-jnp.abs(y))))
    kl = -0.5 * jnp.sum(1 + logvar - mean**2 - jnp.exp(logvar))
    return (rec + kl) / x.shape[0]


def step(state, data, index, key):
    w, m, v, t = state
    loss, grad = jax.value_and_grad(loss_of)(w, data[index], key)
    t = t + 1
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grad)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, grad)
    c1, c2 = 1 - 0.9**t, 1 - 0.999**t
    w = jax.tree.map(lambda w, m, v: w - 1e-3 * (m / c1) / (jnp.sqrt(v / c2) + 1e-8), w, m, v)
    return (w, m, v, t), loss


def main():
    data = jnp.asarray(rows())
    w = init(jax.random.PRNGKey(1))
    zeros = lambda: jax.tree.map(jnp.zeros_like, w)
    state = (w, zeros(), zeros(), jnp.zeros((), jnp.float32))
    jitted = jax.jit(step, donate_argnums=0)
    key, rng, seconds = jax.random.PRNGKey(2), np.random.default_rng(2), []
    for _ in range(a.epochs + 1):
        start, order, losses = time.perf_counter(), rng.permutation(ROWS).astype(np.int32), []
        for i in range(0, ROWS, BATCH):
            key, sub = jax.random.split(key)
            state, loss = jitted(state, data, order[i : i + BATCH], sub)
            losses.append(loss)
        last = float(jnp.mean(jnp.stack(losses)))
        seconds.append(time.perf_counter() - start)
    print(f"jax {jax.__version__} jit, {a.threads} threads: loss {last:.2f}")
    print(json.dumps({"name": "jax jit", "version": jax.__version__, "threads": a.threads, "seconds": seconds[1:]}))


main()
