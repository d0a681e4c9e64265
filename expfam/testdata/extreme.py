"""Normalisers and statistics at extreme parameters with 60 digits (mpmath): writes extreme.csv."""
from mpmath import mp, mpf, loggamma, digamma, log, nstr

mp.dps = 60


def row(*values):
    return ",".join(v if isinstance(v, str) else nstr(v, 20) for v in values)


rows = ["family,a,b,normaliser,statistic1,statistic2"]
for a in ("0.001", "0.5", "1", "30", "1e4", "1e9"):
    for b in ("1e-8", "1", "1e6"):
        x, y = mpf(float(a)), mpf(float(b))
        rows.append(row("gamma", a, b, loggamma(x) - x * log(y), digamma(x) - log(y), x / y))
        rows.append(row("beta", a, b, loggamma(x) + loggamma(y) - loggamma(x + y), digamma(x) - digamma(x + y), digamma(y) - digamma(x + y)))
open("extreme.csv", "w").write("\n".join(rows) + "\n")
