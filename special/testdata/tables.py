"""Writes the reference values of package special as JSON, computed with 50 digits.

All arguments are float32 numbers, so that both types of the graph see them exactly.

    python tables.py
"""
import json
import sys

import mpmath as mp
import numpy as np

mp.mp.dps = 50


def f32(xs):
    return [float(np.float32(x)) for x in xs]


def num(v):
    return float(mp.re(v))


GAMMA = f32([1e-30, 1e-8, 3e-5, .001, .02, .1, .25, .5, .75, .9, .99, .99999, 1, 1.00001, 1.01, 1.3, 1.46, 1.4616321, 1.5, 1.9, 1.9999,
             2, 2.0001, 2.3, 2.75, 2.999999, 3, 3.000001, 3.7, 5, 7.5, 10, 13, 20, 51, 99.5, 1e3, 1e4, 1e5, 1e6, 1e8, 1e12])


def unary(f, slope, xs):
    return {"x": [[x] for x in xs], "y": [num(f(mp.mpf(x))) for x in xs], "d": [[num(slope(mp.mpf(x)))] for x in xs]}


def gamma_tables():
    psi = lambda n: (lambda x: mp.psi(n, x))
    pairs = [(a, b) for a in f32([1e-8, 1e-3, .3, 1, 2.5, 3, 4, 40, 1e3, 1e5]) for b in f32([1e-5, .2, 1, 2.9, 3.1, 17, 1e4, 1e7])]
    mp.mp.dps = 70
    logbeta = {
        "x": [list(p) for p in pairs],
        "y": [num(mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(mp.mpf(a) + b)) for a, b in pairs],
        "d": [[num(mp.digamma(a) - mp.digamma(mp.mpf(a) + b)), num(mp.digamma(b) - mp.digamma(mp.mpf(a) + b))] for a, b in pairs],
    }
    mp.mp.dps = 50
    return {
        "Lgamma": unary(mp.loggamma, psi(0), GAMMA),
        "Digamma": unary(psi(0), psi(1), GAMMA),
        "Trigamma": unary(psi(1), psi(2), GAMMA),
        "LogBeta": logbeta,
    }


def lower_gamma(a, x):
    """P(a, x) by its series, which has positive terms only."""
    a, x = mp.mpf(a), mp.mpf(x)
    term = x**a * mp.exp(-x) / mp.gamma(a + 1)
    total, n = mp.mpf(0), a
    while True:
        total += term
        n += 1
        term *= x / n
        if n > x and term < total * mp.mpf(10) ** -(mp.mp.dps - 5):
            return total


def step(f, a, rel=mp.mpf(10) ** -14):
    """Derivative of a positive argument by a central difference of fourth order."""
    a = mp.mpf(a)
    h = a * rel
    return (8 * (f(a + h) - f(a - h)) - (f(a + 2 * h) - f(a - 2 * h))) / (12 * h)


def gammainc_tables():
    points = []
    for a in f32([1e-3, 1e-2, .1, .7, 1, 2.5, 10, 64, 1e3, 1e4, 1e5]):
        sd = a**.5
        for x in ([1e-30] if a <= .1 else []) + [a * 1e-6, a * .01, a / 2, a - 3 * sd, a - sd, a, a + sd, a + 3 * sd, a + 8 * sd, .5, 1, 2, 3 * a + 20]:
            if x > 0 and abs(x - a) < 30 * sd + 60:
                points.append((a, f32([x])[0]))
    P, Q, Z = ({"x": [], "y": [], "d": []} for _ in range(3))
    for a, x in points:
        # 110 digits let Q = 1 - P and the differences keep 40.
        mp.mp.dps = 160
        p = lower_gamma(a, x) if x < 40 * a + 500 else 1 - mp.gammainc(a, x, regularized=True)
        with mp.workdps(160):
            slope = step(lambda t: lower_gamma(t, x), a, mp.mpf(10) ** -25)
            density = mp.mpf(x) ** (mp.mpf(a) - 1) * mp.exp(-mp.mpf(x)) / mp.gamma(a)
        for tab, y, d in ((P, p, [slope, density]), (Q, 1 - p, [-slope, -density]), (Z, x, [-slope / density, 0])):
            tab["x"].append([a, x])
            tab["y"].append(num(y))
            tab["d"].append([num(v) for v in d])
    mp.mp.dps = 50
    return {"GammaP": P, "GammaQ": Q, "ImplicitGamma": Z}


def normal_tables():
    xs = f32([-1e4, -200, -40, -38, -20, -8.5, -5, -3.0001, -3, -2.9999, -1.3, -.5, -1e-3, -1e-12, 0, 1e-6, .1, .674, 1, 2, 2.999, 3, 3.3, 5, 8, 12, 30])
    pdf = lambda x: mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)
    cdf = lambda x: mp.erfc(-x / mp.sqrt(2)) / 2
    mp.mp.dps = 60

    def quantile(p):
        y = -mp.sqrt(2 * mp.log(1 / p)) if p < mp.mpf(1) / 2 else mp.mpf(0)
        for _ in range(200):
            d = (mp.log(cdf(y)) - mp.log(p)) * cdf(y) / pdf(y)
            y -= d
            if abs(d) < mp.mpf(10) ** -40:
                return y
        raise ValueError(p)

    def ndtri(p):
        return quantile(p) if p < mp.mpf(1) / 2 else -quantile(1 - p) if p > mp.mpf(1) / 2 else mp.mpf(0)

    ps = f32([1e-37, 1e-20, 1e-12, 1e-6, 1e-3, .01, .0749, .0751, .2, .35, .4999, .5, .5001, .7, .9249, .9251, .99, .9999, 1 - 2**-24])
    deep = [1e-300, 1e-150, 1e-45, 1 - 1e-10, 1 - 1e-15, 1 - 2**-53]
    es = f32([-.999999, -.9, -.851, -.849, -.3, -1e-5, -1e-20, 0, 1e-30, 1e-3, .5, .8, .84, .86, .99, .99999])
    return {
        "Ndtr": unary(cdf, pdf, [x for x in xs if x > -38]),
        "LogNdtr": unary(lambda x: mp.log(cdf(x)) if x < 0 else mp.log1p(-cdf(-x)), lambda x: pdf(x) / cdf(x), xs),
        "Ndtri": unary(ndtri, lambda p: 1 / pdf(ndtri(p)), ps),
        "NdtriDeep": unary(ndtri, lambda p: 1 / pdf(ndtri(p)), deep),
        "Erfinv": unary(mp.erfinv, lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(mp.erfinv(x) ** 2), es),
    }


def lower_beta(a, b, x):
    """I_x(a, b) by x^a (1-x)^b / (a B) 2F1(a+b, 1; a+1; x), which has positive terms only."""
    a, b, x = mp.mpf(a), mp.mpf(b), mp.mpf(x)
    total, term, k = mp.mpf(0), mp.mpf(1), mp.mpf(0)
    while True:
        total += term
        ratio = x * (a + b + k) / (a + 1 + k)
        k += 1
        term *= ratio
        if ratio < 1 and term < total * (1 - ratio) * mp.mpf(10) ** -(mp.mp.dps - 5):
            break
    return total * mp.exp(a * mp.log(x) + b * mp.log1p(-x) - mp.log(a) - mp.loggamma(a) - mp.loggamma(b) + mp.loggamma(a + b))


def betainc_tables():
    mp.mp.dps = 75
    points = []
    for a, b in [(1e-3, 1e-3), (1e-3, 1), (1, 1e-3), (.01, 1e5), (1e5, .01), (.5, .5), (1, 1), (2, 5), (5, .3), (30, 3), (3, 3e3), (100, 200), (1e4, 50),
                 (1e4, 1e4), (1e5, 1e5), (1e5, 1e3), (1e3, 1e-3)]:
        mean, sd = a / (a + b), (a * b / (a + b) ** 2 / (a + b + 1)) ** .5
        for x in [1e-20, mean * 1e-3, mean / 3, mean - 8 * sd, mean - 2 * sd, mean, mean + 1e-3 * sd, mean + sd, mean + 5 * sd, .5, 1 - (1 - mean) / 10, 1 - 2**-20]:
            if 0 < x < 1 - 2**-24 and abs(x - mean) < 25 * sd + (.6 if min(a, b) < 10 else 0):
                points.append(tuple(f32([a, b, x])))
    tab = {"x": [], "y": [], "d": []}
    for a, b, x in points:
        # The smaller side, so that tails keep their digits, unless its series is slow.
        other = x > .9 or (x > .1 and x > a / (a + b))
        sign = -1 if other else 1

        def part(a, b):
            return lower_beta(b, a, 1 - mp.mpf(x)) if other else lower_beta(a, b, x)
        y = 1 - part(a, b) if other else part(a, b)
        density = mp.exp((a - 1) * mp.log(x) + (b - 1) * mp.log1p(-mp.mpf(x)) - mp.log(mp.beta(a, b)) if a + b < 1e3 else
                         (mp.mpf(a) - 1) * mp.log(x) + (mp.mpf(b) - 1) * mp.log1p(-mp.mpf(x)) - mp.loggamma(a) - mp.loggamma(b) + mp.loggamma(mp.mpf(a) + b))
        tab["x"].append([a, b, x])
        tab["y"].append(num(y))
        tab["d"].append([num(sign * step(lambda t: part(t, mp.mpf(b)), a, mp.mpf(10) ** -15)), num(sign * step(lambda t: part(mp.mpf(a), t), b, mp.mpf(10) ** -15)), num(density)])
    mp.mp.dps = 50
    return {"BetaInc": tab}


def bessel_tables():
    xs = f32([1e-20, 1e-6, .01, .5, 1.99, 2.01, 5, 12, 30, 100, 700, 1e4, 1e6])
    out = {}
    for nu in [0, .5, 1, 2.5, 7.9, 8, 24, 127.5, 1000]:
        def I(n, x):
            """The power series, or the asymptotic series where that is long."""
            mp.mp.dps = 60
            return mp.besseli(n, x)
        nu = mp.mpf(nu)
        logs, ratios = ({"x": [], "y": [], "d": []} for _ in range(2))
        for x in map(mp.mpf, xs):
            if x > 1e4 and nu > 130:
                continue
            r = I(nu + 1, x) / I(nu, x)
            logs["x"].append([float(x)]); logs["y"].append(num(mp.log(I(nu, x)))); logs["d"].append([num(r + nu / x)])
            ratios["x"].append([float(x)]); ratios["y"].append(num(r)); ratios["d"].append([num(1 - (2 * nu + 1) / x * r - r * r)])
        out[f"LogBesselI {float(nu):g}"] = logs
        out[f"BesselRatio {float(nu) + 1:g}"] = ratios
    return out


TABLES = {"gamma": gamma_tables, "gammainc": gammainc_tables, "normal": normal_tables, "betainc": betainc_tables, "bessel": bessel_tables}

if __name__ == "__main__":
    for name in sys.argv[1:] or TABLES:
        with open(name + ".json", "w") as out:
            table = TABLES[name]()
            out.write("{\n" + ",\n".join(f'"{k}": {json.dumps(v)}' for k, v in table.items()) + "\n}\n")
