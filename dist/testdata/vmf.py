"""Writes vmf.json: log-densities, mean lengths and entropies of von Mises-Fisher distributions.

Each row is [n, kappa, ln p at cosines -1, -0.3, 0.5 and 1, A, entropy], computed with mpmath's
Bessel functions to 50 digits. Run: python3 vmf.py
"""
import json
from mpmath import mp, mpf, besseli, log, pi

mp.dps = 50
rows = []
for n in (2, 3, 4, 9, 50, 300):
    for k in ("1e-6", "0.01", "0.0999", "0.1001", "1", "7.5", "100", "2000"):
        kappa, nu = mpf(float(k)), mpf(n) / 2 - 1
        bessel = besseli(nu, kappa)
        norm = nu * log(kappa) - (nu + 1) * log(2 * pi) - log(bessel)
        length = besseli(nu + 1, kappa) / bessel
        row = [n, float(k)]
        row += [float(norm + kappa * mpf(c)) for c in (-1.0, -0.3, 0.5, 1.0)]
        row += [float(length), float(-norm - kappa * length)]
        rows.append(row)
with open("vmf.json", "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
