"""Writes reference values of Pareto-smoothed importance sampling by arviz-stats.

The log-ratios are functions of i = 0 ... S-1, which the test repeats, so that only results are kept.

    python psis.py > psis.json
"""
import json

import numpy as np
from arviz_stats.base import array_stats


def ratios(kind, s):
    p = (np.arange(s) + .5) / s
    return {
        "pareto .3": -.3 * np.log1p(-p),
        "pareto .9": -.9 * np.log1p(-p),
        "uniform": np.log(p),
        "logistic": 2 * np.log(p / (1 - p)),
        "shifted logistic": 300 + .4 * np.log(p / (1 - p)),
    }[kind]


out = []
for kind in ["pareto .3", "pareto .9", "uniform", "logistic", "shifted logistic"]:
    for s in [100, 1000, 4000]:
        lw, k = array_stats.psislw(-ratios(kind, s))  # takes log-likelihoods, minus the log-ratios
        lw = np.asarray(lw)
        lw = lw - np.logaddexp.reduce(lw)
        out.append({"kind": kind, "s": s, "k": float(k), "largest": [float(v) for v in lw[-3:]], "smallest": float(lw[0])})
print(json.dumps(out, indent=1))
