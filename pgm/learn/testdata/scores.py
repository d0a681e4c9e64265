"""Scores and tests of independence of small tables by pgmpy and scipy: the table scores.json.

    python scores.py > scores.json
"""
import json

import numpy as np
import pandas as pd
from pgmpy.structure_score import AIC, BIC, K2, BDeu
from scipy.stats import power_divergence

CARD = [2, 3, 2, 4]
FAMILIES = [(0, []), (1, [0]), (2, [0, 1]), (3, [1, 2]), (3, [0, 1, 2])]
TRIPLES = [(0, 1, []), (0, 3, [2]), (1, 3, [0]), (1, 2, [0, 3])]


def rows(seed, n):
    """n rows of four variables, each depending on those before it."""
    r = np.random.default_rng(seed)
    a = r.integers(0, 2, n)
    b = (a + (r.random(n) < 0.4) * r.integers(0, 3, n)) % 3
    c = ((b > 0) ^ (r.random(n) < 0.3)).astype(int)
    d = (b + c + (r.random(n) < 0.5) * r.integers(0, 4, n)) % 4
    return np.stack([a, b, c, d], 1)


def statistic(x, i, j, given, power):
    """The statistic and its degrees of freedom, over the layers and states that are there."""
    stat, freedom = 0.0, 0
    layers = {}
    for row in x:
        layers.setdefault(tuple(row[k] for k in given), []).append((row[i], row[j]))
    for pairs in layers.values():
        t = np.zeros((CARD[i], CARD[j]))
        for p, q in pairs:
            t[p, q] += 1
        t = t[t.sum(1) > 0][:, t.sum(0) > 0]
        e = t.sum(1, keepdims=True) * t.sum(0, keepdims=True) / t.sum()
        stat += power_divergence(t.ravel(), e.ravel(), lambda_=power).statistic
        freedom += (t.shape[0] - 1) * (t.shape[1] - 1)
    return [float(stat), freedom]


def main():
    out = []
    for seed, n in [(1, 12), (2, 40), (3, 200)]:
        x = rows(seed, n)
        names = ["v%d" % i for i in range(4)]
        frame = pd.DataFrame(x, columns=names).astype("category")
        states = {names[i]: list(range(CARD[i])) for i in range(4)}
        scores = {"bic": BIC(frame, state_names=states), "aic": AIC(frame, state_names=states),
                  "k2": K2(frame, state_names=states), "bdeu": BDeu(frame, equivalent_sample_size=5, state_names=states)}
        entry = {"rows": x.tolist(), "families": [], "tests": []}
        for v, parents in FAMILIES:
            entry["families"].append({"v": v, "parents": parents, "scores": {
                k: float(s.local_score(names[v], tuple(names[p] for p in parents))) for k, s in scores.items()}})
        for i, j, given in TRIPLES:
            entry["tests"].append({"x": i, "y": j, "given": given, "g2": statistic(x, i, j, given, "log-likelihood"),
                                   "chi2": statistic(x, i, j, given, "pearson")})
        out.append(entry)
    print(json.dumps({"card": CARD, "worth": 5, "tables": out}))


main()
