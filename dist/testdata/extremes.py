"""Writes extremes.csv: entropies and divergences of gamma, beta and Student distributions at
parameters of 1e-8 to 1e8, with mpmath in 60 digits.

Columns: family, number of parameters of q, parameters of q, parameters of p or nothing, the
divergence of q from p or the entropy of q.
"""
import csv
import mpmath as mp

mp.mp.dps = 60
lg, psi = mp.loggamma, mp.digamma


def gamma_entropy(a, b):
    return a - mp.log(b) + lg(a) + (1 - a) * psi(a)


def inverse_gamma_entropy(a, b):
    return a + mp.log(b) + lg(a) - (1 + a) * psi(a)


def beta_entropy(a, b):
    n = a + b
    return lg(a) + lg(b) - lg(n) - (a - 1) * psi(a) - (b - 1) * psi(b) + (n - 2) * psi(n)


def student_entropy(nu, m, s):
    h = mp.mpf(1) / 2
    return (nu + 1) / 2 * (psi((nu + 1) / 2) - psi(nu / 2)) + h * mp.log(nu) + lg(h) + lg(nu / 2) - lg(nu / 2 + h) + mp.log(s)


def gamma_kl(a, b, c, d):
    return (a - c) * psi(a) - lg(a) + lg(c) + c * mp.log(b / d) + a * (d - b) / b


def beta_kl(a, b, c, d):
    return lg(c) + lg(d) - lg(c + d) - lg(a) - lg(b) + lg(a + b) + (a - c) * psi(a) + (b - d) * psi(b) + (c + d - a - b) * psi(a + b)


rows = []


def add(name, f, q, p=()):
    value = f(*[mp.mpf(v) for v in q], *[mp.mpf(v) for v in p])
    rows.append([name, len(q), *map(float, q), *map(float, p), mp.nstr(value, 17)])


sizes = (1e-8, 1e-3, .7, 11.9, 12.1, 1e4, 1e8)
for a in sizes:
    add("Gamma", gamma_entropy, (a, 2))
    add("InverseGamma", inverse_gamma_entropy, (a, 2))
    add("StudentT", student_entropy, (a, 0, 2))
    for b in (1e-8, 1, 1e8):
        add("Beta", beta_entropy, (a, b))
    for c in sizes:
        add("Gamma", gamma_kl, (a, 2), (c, 3))
    for q in (1.001, 3):
        add("Gamma", gamma_kl, (a, 2), (q * a, q * 2))
        add("Beta", beta_kl, (a, 2 * a), (q * a, q * 2 * a))
        add("Beta", beta_kl, (a, 5), (q * a, 4))

with open("extremes.csv", "w", newline="") as out:
    csv.writer(out, lineterminator="\n").writerows(rows)
