"""Log-probabilities of count distributions with 60 digits: discrete.json.

Each row holds a distribution, its parameters as float64 numbers, a value x, ln P(x) and the
derivatives of ln P(x) by the parameters that have any. The formulas are the textbook ones; the
working precision is far above what their cancellation costs.

    python discrete.py > discrete.json
"""
import json
import math

from mpmath import mp, mpf, exp, log, loggamma, log1p, diff

mp.dps = 60


def poisson(x, eta):
    return x * eta - exp(eta) - loggamma(x + 1)


def binomial(x, n, l):
    choose = loggamma(n + 1) - loggamma(x + 1) - loggamma(n - x + 1)
    return choose + x * l - n * (log1p(exp(l)) if l < 0 else l + log1p(exp(-l)))


def negative_binomial(x, a, r):
    mu, theta = exp(a), exp(r)
    rising = loggamma(x + theta) - loggamma(theta) - loggamma(x + 1)
    return rising - theta * log1p(mu / theta) - x * log1p(theta / mu)


def zinb(x, a, r, l):
    share = 1 / (1 + exp(-l))
    p = (1 - share) * exp(negative_binomial(x, a, r)) + (share if x == 0 else 0)
    return log(p)


def beta_binomial(x, n, a, b):
    choose = loggamma(n + 1) - loggamma(x + 1) - loggamma(n - x + 1)
    beta = lambda u, v: loggamma(u) + loggamma(v) - loggamma(u + v)
    return choose + beta(x + a, n - x + b) - beta(a, b)


def slopes(f, x, params, which):
    out = []
    for i in which:
        g = lambda v: f(x, *[v if j == i else p for j, p in enumerate(params)])
        h = mpf(10) ** -20 * max(abs(params[i]), mpf(10) ** -10)
        out.append((g(params[i] + h) - g(params[i] - h)) / (2 * h))
    return out


rows = []


def add(name, f, params, x, which):
    exact = [mpf(float(p)) for p in params]
    x = mpf(float(x))
    rows.append({
        "dist": name, "params": [float(p) for p in params], "x": float(x),
        "logp": float(f(x, *exact)), "slopes": [float(s) for s in slopes(f, x, exact, which)],
    })


def around(mean, sd, top=math.inf):
    """Values near the mean, in the tails, and the first few."""
    xs = {0, 1, 2, 9, 10, 11, 12, 13, 50}
    for z in (-20, -5, -1, 0, 1, 5, 20, 200):
        xs.add(math.floor(mean + z * sd))
    return sorted(x for x in xs if 0 <= x <= top)


for rate in (1e-8, 1e-3, .7, 9, 60, 1e3, 1e5, 1e8):
    for x in around(rate, math.sqrt(rate)):
        add("Poisson", poisson, [math.log(rate)], x, [0])

for n, l in ((3, 0), (30, -2.5), (1000, .1), (1000, 6), (10 ** 6, -9), (10 ** 6, 1.5), (10 ** 8, -.01), (10 ** 8, -18), (50, 700), (50, -700), (10 ** 6, 700)):
    p = 1 / (1 + math.exp(-l))
    for x in around(n * p, math.sqrt(n * p * (1 - p)), n):
        add("Binomial", binomial, [n, l], x, [1])

for mu, theta in ((1e-8, 1), (.5, 1e-8), (3, 1e-3), (3, 2), (3, 1e8), (200, .5), (1e4, 1e4), (1e4, 1e-2), (1e8, 1e8), (1e8, .1), (1e5, 1e8), (1e-8, 1e8)):
    for x in around(mu, min(math.sqrt(mu + mu * mu / theta), 10 * mu + 3)):
        add("NegativeBinomial", negative_binomial, [math.log(mu), math.log(theta)], x, [0, 1])

for mu, theta, l in ((3, 2, -1), (200, .5, 2), (1e4, 1e4, -700), (1e8, .1, 30), (1e-8, 1e8, 0)):
    for x in around(mu, min(math.sqrt(mu + mu * mu / theta), 10 * mu + 3)):
        if l == -700 and x == 0:
            continue
        add("ZeroInflatedNegativeBinomial", zinb, [math.log(mu), math.log(theta), l], x, [0, 1, 2])

for n, a, b in ((5, 1, 1), (40, .01, .3), (1000, 2, 50), (1000, 1e6, 2e6), (10 ** 6, 1e-3, 1e-3), (10 ** 6, 30, 1e8), (10 ** 6, 1e8, 1e8), (10 ** 4, 1e4, .5)):
    s = a + b
    sd = math.sqrt(n * a / s * b / s * (s + n) / (s + 1))
    for x in around(n * a / s, sd / 4, n):
        add("BetaBinomial", beta_binomial, [n, a, b], x, [1, 2])

print("[" + ",\n".join(json.dumps(r) for r in rows) + "]")
