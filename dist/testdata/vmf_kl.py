"""Writes vmf_kl.json: divergences of von Mises-Fisher distributions from the uniform sphere.

Each row is [n, kappa, KL, dKL/dkappa], from the entropy of scipy's vonmises_fisher and, for the
slope kappa (1 - A^2 - A (n - 1)/kappa), the ratio of scipy's exponentially scaled Bessel
functions. Run: python3 vmf_kl.py
"""
import json

import numpy as np
from scipy.special import gammaln, ive
from scipy.stats import vonmises_fisher

rows = []
for n in (2, 3, 5, 10, 20, 40):
    for kappa in (0.5, 3.0, 30.0, 300.0, 1e4):
        axis = np.zeros(n)
        axis[0] = 1
        area = np.log(2) + n / 2 * np.log(np.pi) - gammaln(n / 2)
        a = ive(n / 2, kappa) / ive(n / 2 - 1, kappa)
        rows.append([n, kappa, area - vonmises_fisher(axis, kappa).entropy(), kappa * (1 - a * a - a * (n - 1) / kappa)])
with open("vmf_kl.json", "w") as f:
    f.write("[\n" + ",\n".join(json.dumps([float(v) for v in r]) for r in rows) + "\n]\n")
