"""Distribution functions of counts with 60 digits: counting_cdf.json.

Each row holds a distribution, its parameters, a whole number k and P(X <= k), summed downwards
from k as terms of one sign.

    python counting_cdf.py > counting_cdf.json
"""
import json
import math

from mpmath import mp, mpf, exp, log, loggamma, log1p

mp.dps = 60


def poisson(x, eta):
    return x * eta - exp(eta) - loggamma(x + 1)


def binomial(x, n, l):
    choose = loggamma(n + 1) - loggamma(x + 1) - loggamma(n - x + 1)
    return choose + x * l - n * (log1p(exp(l)) if l < 0 else l + log1p(exp(-l)))


def negative_binomial(x, a, r):
    mu, theta = exp(a), exp(r)
    return loggamma(x + theta) - loggamma(theta) - loggamma(x + 1) - theta * log1p(mu / theta) - x * log1p(theta / mu)


def lower(f, ratio, k):
    """Sum of P(j), j = k, k - 1, ..., by the ratio P(j - 1)/P(j)."""
    term = total = exp(f(mpf(k)))
    j = k
    while j > 0 and term > total * mpf(10) ** -25:
        term *= ratio(mpf(j))
        total += term
        j -= 1
    return total


rows = []


def add(name, f, ratio, params, mean, sd, top=math.inf):
    exact = [mpf(float(p)) for p in params]
    at = lambda x: f(x, *exact)
    step = ratio(*exact)
    ks = {0, 1, 2, 11} | {math.floor(mean + z * sd) for z in (-8, -2, -.5, 0, 1, 4, 12)}
    for k in sorted(k for k in ks if 0 <= k <= top):
        p = lower(at, step, k)
        if 1e-280 < p:
            rows.append({"dist": name, "params": [float(v) for v in params], "x": k, "cdf": float(p)})


for rate in (1e-8, 1e-3, .7, 9, 60, 1e3, 1e5, 1e8):
    add("Poisson", poisson, lambda eta: (lambda rate: lambda j: j / rate)(exp(eta)), [math.log(rate)], rate, math.sqrt(rate))

for n, l in ((3, 0), (30, -2.5), (1000, .1), (1000, 6), (10 ** 6, -9), (10 ** 6, 1.5), (10 ** 8, -.01), (10 ** 8, -18), (50, 700), (50, -700)):
    p = 1 / (1 + math.exp(-l))
    add("Binomial", binomial, lambda n, l: (lambda odds: lambda j: j / (n - j + 1) * odds)(exp(-l)), [n, l], n * p, math.sqrt(n * p * (1 - p)), n)

for mu, theta in ((1e-8, 1), (.5, 1e-8), (3, 1e-3), (3, 2), (3, 1e8), (200, .5), (1e4, 1e4), (1e4, 1e-2), (1e5, 1e8), (1e-8, 1e8)):
    add("NegativeBinomial", negative_binomial,
        lambda a, r: (lambda shape, rise: lambda j: j / (shape + j - 1) * rise)(exp(r), 1 + exp(r - a)),
        [math.log(mu), math.log(theta)], mu, min(math.sqrt(mu + mu * mu / theta), 3 * mu + 3))

print("[" + ",\n".join(json.dumps(r) for r in rows) + "]")
