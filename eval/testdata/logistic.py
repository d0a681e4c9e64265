"""Multinomial logistic regressions by scipy, for logistic_test.go.

The loss is -mean ln p(y|x) + (lambda/2)|W|^2 over standardised columns, biases free of lambda,
minimised by trust-exact with gradient and Hessian-free BFGS start to a gradient below 1e-11.
Run: python logistic.py > logistic.json
"""
import json
import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

rng = np.random.default_rng(5)
cases = []
for n, d, c, lam in [(40, 2, 2, 0.1), (60, 3, 4, 0.01), (25, 1, 3, 1.0), (50, 4, 3, 1e-3)]:
    x = np.round(rng.normal(size=(n, d)) * np.arange(1, d + 1) + 3, 3)
    y = (np.round(x[:, 0]).astype(int) + rng.integers(0, 2, n)) % c
    z = np.c_[(x - x.mean(0)) / x.std(0), np.ones(n)]

    def loss(w):
        w = w.reshape(c, d + 1)
        logit = z @ w.T
        p = np.exp(logit - logsumexp(logit, axis=1)[:, None])
        value = np.mean(logsumexp(logit, axis=1) - logit[np.arange(n), y]) + lam / 2 * np.sum(w[:, :d] ** 2)
        p[np.arange(n), y] -= 1
        grad = p.T @ z / n
        grad[:, :d] += lam * w[:, :d]
        return value, grad.ravel()

    r = minimize(loss, np.zeros(c * (d + 1)), jac=True, method="BFGS", options={"gtol": 1e-12, "maxiter": 10000})
    w = r.x.reshape(c, d + 1)
    logit = z @ w.T
    p = np.exp(logit - logsumexp(logit, axis=1)[:, None])
    cases.append({"x": x.tolist(), "y": y.tolist(), "classes": c, "lambda": lam, "loss": float(r.fun),
                  "weights": w[:, :d].tolist(), "probs": np.round(p[:5], 12).tolist()})
print(json.dumps(cases))
