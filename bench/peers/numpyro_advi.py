"""Automatic variational inference in NumPyro (JAX, CPU): the peer of bench/numpyro, which runs it.

    python numpyro_advi.py --task TASK --data FOLDER [--model kidiq|logistic] [--guide full|mean]
                           [--target BOUND] [--rates .1 .03 …] [--limit SECONDS] [--x64]

FOLDER holds posteriordb/kidiq-kidscore_momiq.json. The logistic regression has 10,000 rows of 50
inputs, made here from a linear congruential generator that the Go side repeats. The guide is
AutoMultivariateNormal or AutoNormal with NumPyro's own start, the optimiser Adam.

  target      Seconds to a bound, for every rate given, until the limit. Steps run in jitted loops of
              a chunk; between chunks the bound is estimated from 1,000 draws, off the clock, so that
              checks cost NumPyro nothing. The clock starts before the first step is traced and so
              holds compilation. The same is timed again in the process (warm), with nothing left to
              compile.
  laplace     Seconds to the Gaussian at the mode: AutoLaplaceApproximation with numpyro.optim.Minimize
              (BFGS), its curvature included, and the bound of that Gaussian, estimated off the clock.
              Cold and warm as above.
  throughput  Steps a second of the guide with Adam at .01 and 1 and 4 particles, after compilation.

The last line is JSON. Where NumPyro is absent the script says so and ends with success.
"""

import argparse
import json
import os
import pathlib
import sys
import time

p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
p.add_argument("--task", default="target", choices=["target", "laplace", "throughput"])
p.add_argument("--data", default=os.environ.get("ELBO_DATA", ""))
p.add_argument("--model", default="kidiq", choices=["kidiq", "logistic"])
p.add_argument("--guide", default="full", choices=["full", "mean"])
p.add_argument("--target", type=float, default=None, help="bound to reach, nats")
p.add_argument("--threads", type=int, default=2)
p.add_argument("--seed", type=int, default=1)
p.add_argument("--chunk", type=int, default=50, help="steps between looks at the bound")
p.add_argument("--steps", type=int, default=2000, help="steps of the throughput")
p.add_argument("--limit", type=float, default=30, help="seconds that a rate may take after its first chunk, which compiles")
p.add_argument("--rates", type=float, nargs="+", default=[0.1, 0.03, 0.01, 0.003], help="Adam's rates to try")
p.add_argument("--x64", action="store_true")
a = p.parse_args()
os.environ.setdefault("XLA_FLAGS", f"--xla_cpu_multi_thread_eigen={'true' if a.threads > 1 else 'false'} intra_op_parallelism_threads={a.threads}")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: a.threads])
try:
    import jax
    import jax.numpy as jnp
    import numpy as np
    import numpyro
    import numpyro.distributions as dist
    from numpyro.infer import SVI, Trace_ELBO
    from numpyro.infer.autoguide import AutoLaplaceApproximation, AutoMultivariateNormal, AutoNormal
except ImportError as e:
    print(json.dumps({"skipped": str(e)}))
    sys.exit(0)
jax.config.update("jax_enable_x64", a.x64)
DRAWS = 1000  # behind an estimate of the bound


class Clock:
    """Wall and processor seconds of what runs between start and stop."""

    def __init__(self):
        self.wall, self.cpu = 0.0, 0.0

    def start(self):
        self.begin = (time.perf_counter(), time.process_time())

    def stop(self):
        self.wall += time.perf_counter() - self.begin[0]
        self.cpu += time.process_time() - self.begin[1]

    def record(self, **more):
        return {"seconds": self.wall, "cpu": self.cpu} | more


def uniforms(n, seed):
    """x ← 6364136223846793005 x + 1442695040888963407 mod 2^64, the upper 53 bits."""
    out, v = np.empty(n), seed
    for i in range(n):
        v = (v * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        out[i] = (v >> 11) / 2**53
    return out


def kidiq():
    raw = json.loads((pathlib.Path(a.data) / "posteriordb" / "kidiq-kidscore_momiq.json").read_text())["data"]

    def model(x, y):
        beta = numpyro.sample("beta", dist.ImproperUniform(dist.constraints.real, (), (2,)))
        sigma = numpyro.sample("sigma", dist.HalfCauchy(2.5))
        with numpyro.plate("data", len(x)):
            numpyro.sample("y", dist.Normal(beta[0] + beta[1] * x, sigma), obs=y)

    return model, np.array(raw["mom_iq"], float), np.array(raw["kid_score"], float)


def logistic(n=10_000, d=50):
    u = uniforms(n * d + d + n, 12345)
    x = (u[: n * d].reshape(n, d) - 0.5) * 12**0.5
    w = (u[n * d : n * d + d] - 0.5) * 2
    y = (u[n * d + d :] < 1 / (1 + np.exp(-x @ w))).astype(float)

    def model(x, y):
        beta = numpyro.sample("beta", dist.Normal(0.0, 1.0).expand([d]).to_event(1))
        with numpyro.plate("data", n):
            numpyro.sample("y", dist.Bernoulli(logits=x @ beta), obs=y)

    return model, x, y


model, x, y = kidiq() if a.model == "kidiq" else logistic()
x, y = jnp.asarray(x), jnp.asarray(y)
Guide = AutoMultivariateNormal if a.guide == "full" else AutoNormal
jax.block_until_ready(jax.jit(lambda v: v + 1)(jnp.ones(3)))  # start the runtime, off the clock


class Fit:
    """A guide with its jitted loop of steps and its bound, which a second run finds compiled."""

    def __init__(self, rate, particles=1):
        self.guide = Guide(model)
        self.svi = SVI(model, self.guide, numpyro.optim.Adam(rate), Trace_ELBO(num_particles=particles))
        judge = Trace_ELBO(num_particles=DRAWS)
        self.loop = jax.jit(lambda s: jax.lax.fori_loop(0, a.chunk, lambda _, v: self.svi.update(v, x, y)[0], s))
        self.bound = jax.jit(lambda key, params: -judge.loss(key, params, model, self.guide, x, y))

    def to(self, target, seed):
        clock, done, best = Clock(), 0, -float("inf")
        clock.start()
        state = self.svi.init(jax.random.PRNGKey(seed), x, y)
        compiled = None
        while compiled is None or clock.wall - compiled < a.limit:
            state = jax.block_until_ready(self.loop(state))
            clock.stop()
            if compiled is None:
                compiled = clock.wall
            done += a.chunk
            value = float(self.bound(jax.random.PRNGKey(2), self.svi.get_params(state)))
            best = max(best, value)
            if value >= target:
                return clock.record(reached=True, steps=done, bound=value)
            clock.start()
        return clock.record(reached=False, steps=done, bound=best)


def to_target():
    out = []
    for rate in a.rates:
        fit = Fit(rate)
        cold = fit.to(a.target, a.seed)
        warm = fit.to(a.target, a.seed) if cold["reached"] else cold
        out.append({"rate": rate, "cold": cold, "warm": warm})
        print(rate, cold, warm, file=sys.stderr)
    return {"rates": out}


def laplace():
    guide = AutoLaplaceApproximation(model)
    svi = SVI(model, guide, numpyro.optim.Minimize(), Trace_ELBO())
    update = jax.jit(lambda s: svi.update(s, x, y))
    gaussian = None

    def run(seed):
        nonlocal gaussian
        clock = Clock()
        clock.start()
        state, _ = update(svi.init(jax.random.PRNGKey(seed), x, y))
        params = svi.get_params(state)
        if gaussian is None:
            gaussian = jax.jit(lambda q: (guide.get_posterior(q).loc, guide.get_posterior(q).scale_tril))
        loc, tril = jax.block_until_ready(gaussian(params))
        clock.stop()
        return clock, loc, tril

    cold, loc, tril = run(a.seed)
    warm, _, _ = run(a.seed)
    if not bool(jnp.isfinite(tril).all() & (jnp.diagonal(tril) > 0).all()):  # the curvature where BFGS has stopped is that of no Gaussian
        return {"cold": {"failed": True}, "warm": {"failed": True}}
    # The bound of that Gaussian as a guide.
    full = AutoMultivariateNormal(model)
    judge = SVI(model, full, numpyro.optim.Adam(0.01), Trace_ELBO(num_particles=DRAWS))
    judge.init(jax.random.PRNGKey(0), x, y)
    q = {"auto_loc": loc, "auto_scale_tril": tril}
    bound = -float(Trace_ELBO(num_particles=DRAWS).loss(jax.random.PRNGKey(2), q, model, full, x, y))
    reached = a.target is None or bound >= a.target
    return {"cold": cold.record(reached=reached, bound=bound), "warm": warm.record(reached=reached, bound=bound)}


def throughput():
    out = {}
    for particles in (1, 4):
        fit = Fit(0.01, particles)
        state = fit.svi.init(jax.random.PRNGKey(a.seed), x, y)
        state = jax.block_until_ready(fit.loop(state))
        clock = Clock()
        clock.start()
        for _ in range(a.steps // a.chunk):
            state = fit.loop(state)
        jax.block_until_ready(state)
        clock.stop()
        steps = a.steps // a.chunk * a.chunk
        out[str(particles)] = clock.record(steps=steps)
    return {"throughput": out}


record = {"target": to_target, "laplace": laplace, "throughput": throughput}[a.task]()
record |= {"task": a.task, "model": a.model, "guide": a.guide, "x64": a.x64, "numpyro": numpyro.__version__, "jax": jax.__version__}
print(json.dumps(record))
