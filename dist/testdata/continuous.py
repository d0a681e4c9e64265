"""Writes continuous.csv: log-densities, distribution functions and implicit derivatives of
continuous distributions, with mpmath in 60 digits at exactly the float64 arguments listed.

Columns: family, number of parameters, parameters, x, ln p(x), P(X <= x) or nan, and for families
whose quantile has no closed form the derivative of x by the first parameter that is not a scale
at a fixed value of the distribution function, -(dF/da)/f, or nan.
"""
import csv
import itertools
import mpmath as mp

mp.mp.dps = 60
nan = mp.nan


def gamma(p, x):
    a, b = p
    t = b * x
    lp = a * mp.log(b) - mp.loggamma(a) + (a - 1) * mp.log(x) - t
    return lp, gamma_p(a, t), gamma_slope(a, t) / b


def gamma_p(a, t):
    if a > 1e5:
        return nan
    return mp.gammainc(a, 0, t, regularized=True)


def gamma_slope(a, t):
    """dt/da of a gamma variable: ln P = a ln t - lnGamma(a+1) + ln 1F1(1; a+1; t) - t."""
    if a > 1e3:
        return nan
    h = mp.mpf(10) ** -25 * a
    if t > a:  # the tail that keeps its digits
        cdf = lambda v: -mp.gammainc(v, t, mp.inf, regularized=True)
    else:
        cdf = lambda v: mp.gammainc(v, 0, t, regularized=True)
    dens = mp.exp((a - 1) * mp.log(t) - t - mp.loggamma(a))
    return -(cdf(a + h) - cdf(a - h)) / (2 * h) / dens


def inverse_gamma(p, x):
    a, b = p
    lp = a * mp.log(b) - mp.loggamma(a) - (a + 1) * mp.log(x) - b / x
    cdf = nan if a > 1e5 else mp.gammainc(a, b / x, mp.inf, regularized=True)
    return lp, cdf, -x * x / b * gamma_slope(a, b / x)


def beta(p, x):
    a, b = p
    lp = (a - 1) * mp.log(x) + (b - 1) * mp.log1p(-x) - (mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b))
    cdf = mp.betainc(a, b, 0, x, regularized=True) if max(a, b) < 1e4 else nan
    return lp, cdf, nan


def student(p, x):
    nu, m, s = p
    z = (x - m) / s
    lp = mp.loggamma((nu + 1) / 2) - mp.loggamma(nu / 2) - mp.log(nu * mp.pi) / 2 - mp.log(s) \
        - (nu + 1) / 2 * mp.log1p(z * z / nu)
    if nu > 1e4 or nu < 1e-3:
        return lp, nan, nan
    tail = mp.betainc(nu / 2, mp.mpf(1) / 2, 0, nu / (nu + z * z), regularized=True) / 2
    return lp, (tail if z < 0 else 1 - tail), nan


def kumaraswamy(p, x):
    a, b = p
    rest = mp.log1p(-x ** a)
    return mp.log(a) + mp.log(b) + (a - 1) * mp.log(x) + (b - 1) * rest, -mp.expm1(b * rest), nan


def von_mises(p, x):
    m, k = p
    lp = k * (mp.cos(x - m) - 1) - mp.log(2 * mp.pi * mp.besseli(0, k) * mp.exp(-k))
    if m != 0 or k > 2e4 or k == 0:
        return lp, nan, nan
    a = mp.besseli(1, k) / mp.besseli(0, k)
    z = abs(x)
    width = 1 / mp.sqrt(k + 1)
    cuts = [z] + [z + c * width for c in (1, 2, 4, 8, 16, 24) if z + c * width < mp.pi] + [mp.pi]
    slope = mp.quad(lambda t: (mp.cos(t) - a) * mp.exp(k * (mp.cos(t) - mp.cos(z))), cuts)
    tail = mp.exp(lp) * mp.quad(lambda t: mp.exp(k * (mp.cos(t) - mp.cos(z))), cuts)
    return lp, tail if x < 0 else 1 - tail, mp.sign(x) * slope


def gumbel(p, x):
    z = (x - p[0]) / p[1]
    return -mp.log(p[1]) - z - mp.exp(-z), mp.exp(-mp.exp(-z)), nan


def weibull(p, x):
    k, s = p
    y = (x / s) ** k
    return mp.log(k / s) + (k - 1) * mp.log(x / s) - y, -mp.expm1(-y), nan


def pareto(p, x):
    m, a = p
    return mp.log(a) + a * mp.log(m) - (a + 1) * mp.log(x), -mp.expm1(-a * mp.log(x / m)), nan


def skew_normal(p, x):
    m, s, a = p
    z = (x - m) / s
    lp = mp.log(2) - mp.log(s) - z * z / 2 - mp.log(2 * mp.pi) / 2 + mp.log(mp.erfc(-a * z / mp.sqrt(2)) / 2)
    return lp, nan, nan


def log_normal(p, x):
    m, ls = p
    z = (mp.log(x) - m) / mp.exp(ls)
    return -z * z / 2 - ls - mp.log(2 * mp.pi) / 2 - mp.log(x), mp.ncdf(z), nan


def half_normal(p, x):
    return mp.log(2 / mp.pi) / 2 - mp.log(p[0]) - (x / p[0]) ** 2 / 2, mp.erf(x / p[0] / mp.sqrt(2)), nan


def half_cauchy(p, x):
    z = x / p[0]
    return mp.log(2 / mp.pi) - mp.log(p[0]) - mp.log1p(z * z), 2 * mp.atan(z) / mp.pi, nan


def cauchy(p, x):
    z = (x - p[0]) / p[1]
    return -mp.log(mp.pi) - mp.log(p[1]) - mp.log1p(z * z), mp.atan2(1, -z) / mp.pi, nan


def logistic(p, x):
    z = (x - p[0]) / p[1]
    return -z - mp.log(p[1]) - 2 * mp.log1p(mp.exp(-z)), 1 / (1 + mp.exp(-z)), nan


def exponential(p, x):
    return mp.log(p[0]) - p[0] * x, -mp.expm1(-p[0] * x), nan


def uniform(p, x):
    return -mp.log(p[1] - p[0]), (x - p[0]) / (p[1] - p[0]), nan


def truncated_normal(p, x):
    m, s, lo, hi = p
    z = (x - m) / s
    a, b = (lo - m) / s, (hi - m) / s
    if a > 0:
        mass = lambda u, v: mp.ncdf(-u) - mp.ncdf(-v)
    else:
        mass = lambda u, v: mp.ncdf(v) - mp.ncdf(u)
    with mp.workdps(900):
        total, part = mass(a, b), mass(a, z)
        return -z * z / 2 - mp.log(2 * mp.pi) / 2 - mp.log(s) - mp.log(total), part / total, nan


def around(mean, sd, low=0.0, high=float("inf")):
    return [v for v in (mean + z * sd for z in (-40, -8, -1, 0, 0.5, 3, 40)) if low < v < high]


rows = []


def add(name, f, params, xs):
    for x in xs:
        p = [mp.mpf(v) for v in params]
        rows.append([name, len(params), *[repr(float(v)) for v in params], repr(float(x)),
                     *[mp.nstr(v, 17) for v in f(p, mp.mpf(float(x)))]])


for a, b in [(1, 1), (0.3, 2), (2.5, 1e-8), (30, 1e8), (1e-3, 1), (1e-8, 1), (150, 3), (1e4, 1), (1e8, 1), (1e8, 1e8)]:
    xs = around(a / b, a ** .5 / b)
    if len(xs) < 5:
        xs += [1e-200 / b, 1e-12 * a / b, .01 * a / b]
    add("Gamma", gamma, (a, b), xs)
    add("InverseGamma", inverse_gamma, (a, b), [1 / v for v in xs])
for a, b in [(1, 1), (.3, 2), (2.5, .4), (30, 70), (1e-8, 1e-8), (1e-8, 3), (500, 20), (1e8, 1e8), (1e8, 3), (2e4, 1e8)]:
    n = a + b
    xs = around(a / n, (a * b / n ** 3) ** .5, 0, 1)
    add("Beta", beta, (a, b), xs + [1e-200, 1e-9, 1 - 1e-9])
for nu, m, s in [(1, 0, 1), (.3, 1, .5), (4, -2, 3), (30, 0, 1e-8), (150, 0, 1e8), (1e-8, 0, 1), (1e8, 0, 1), (1e4, 2, 1)]:
    add("StudentT", student, (nu, m, s), [m + z * s for z in (-1e6, -40, -3, -1e-9, 0, .5, 8)])
for a, b in [(1, 1), (.3, 2), (2.5, .4), (30, 70), (1e-3, 1e-3), (1e-8, 3), (1e3, 1e-3)]:
    add("Kumaraswamy", kumaraswamy, (a, b), [1e-200, 1e-9, .1, .5, .97, 1 - 1e-9])
for m, k in [(0, 1e-8), (0, .3), (0, 1), (0, 12), (0, 99.5), (0, 100.5), (0, 1e4), (1, 1e8), (0, 0)]:
    sd = min(1, 1 / k ** .5 if k else 1)
    add("VonMises", von_mises, (m, k), [m + v for v in (-3 * sd, -sd, -1e-3 * sd, 0.4 * sd, 1.5 * sd)] + [3.1, -2])
for m, ls in [(0, 0), (1.3, -.7), (-2, 1.5), (.1, -8), (0, 3)]:
    sd = mp.exp(ls)
    add("LogNormal", log_normal, (m, ls), [float(mp.exp(m + z * sd)) for z in (-12, -3, -.1, 0, 1, 9)])
for s in (1, .3, 1e-8, 1e8):
    for name, f in (("HalfNormal", half_normal), ("HalfCauchy", half_cauchy)):
        add(name, f, (s,), [0, 1e-12 * s, .3 * s, s, 3 * s, 40 * s])
    add("Exponential", exponential, (s,), [0, 1e-12 / s, .3 / s, 1 / s, 8 / s, 40 / s])
for m, s in [(0, 1), (1.3, .5), (-2, 1e-8), (.1, 1e8)]:
    for name, f in (("Cauchy", cauchy), ("Logistic", logistic)):
        add(name, f, (m, s), [m + z * s for z in (-1e6 if name == "Cauchy" else -400, -40, -2, 0, 1e-9, 3, 40)])
    add("Uniform", uniform, (m, m + s), [m + u * s for u in (.125, .5, .75, .9, .0625)])
for m, s, lo, hi in [(0, 1, -1, 2), (0, 1, 5, 6), (0, 1, -40, -38), (2, .5, -100, 100), (0, 1, 30, 1e3), (0, 1e8, 0, 1),
                     (1, 1e-3, 0, 5), (0, 1, -1e-6, 1e-6), (3, 2, 2.5, 2.75)]:
    xs = [lo + u * (hi - lo) for u in (.03125, .25, .5, .75)]
    if hi - lo > 50 * s:
        near = max(lo, min(m, hi))
        xs = [min(max(near + z * s, lo + .01 * s), hi - .01 * s) for z in (-3, .1, 1, 8)]
    if lo == 30:
        xs = [30.001, 30.05, 30.5, 40]
    add("TruncatedNormal", truncated_normal, (m, s, lo, hi), xs)

for m, s in [(0, 1), (1.3, .5), (-2, 1e-8), (.1, 1e8)]:
    add("Gumbel", gumbel, (m, s), [m + z * s for z in (-6, -2, 0, 1e-9, 3, 40, 600)])
for k, s in [(1, 1), (.4, 2.5), (9, 1e-8), (1.5, 1e8), (.05, 1), (1e4, 2)]:
    add("Weibull", weibull, (k, s), [s * float(mp.mpf(e) ** (1 / mp.mpf(k))) for e in (1e-12, .03, .7, 1, 4, 40)])
for m, a in [(1, 1), (.3, 2.5), (1e-8, 3), (1e8, .2), (2, 1e-8), (2, 1e8)]:
    add("Pareto", pareto, (m, a), [m, m * (1 + 2 ** -40), m * 1.5, m * 40, m * 1e9])
for m, s, a in [(0, 1, 0), (1, 2, 3), (-2, 1e-8, -4), (.1, 1e8, .7), (0, 1, 1e8), (0, 1, -1e-8)]:
    add("SkewNormal", skew_normal, (m, s, a), [m + z * s for z in (-40, -3, -.1, .4, 2, 40)] if abs(a) < 1e3 else [-1e-9, 1e-9, .5, 3])

with open("continuous.csv", "w", newline="") as out:
    csv.writer(out, lineterminator="\n").writerows(rows)
