"""Variational Gaussian mixtures of scikit-learn, to compare speed and bound with elbo's on one machine.

How to run it: `go run ./bench/engines -suites mixture -python venv/bin/python`, with an environment made by

    python3 -m venv venv && venv/bin/pip install scikit-learn

The last line is JSON: for each shape of the covariance the seconds of a sweep (of the difference of two
fits from the same start, one of them with a single sweep, so that k-means and set-up do not count) and
a file with the posterior in elbo's format, of which elbo computes the bound by its own formula. Without
scikit-learn it says so and exits with 0.
"""

import argparse
import json
import os
import sys
import time
import warnings


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--rows", required=True, help="file of float64 in little endian order")
    p.add_argument("--columns", type=int, required=True)
    p.add_argument("--components", type=int, required=True)
    p.add_argument("--sweeps", type=int, default=20)
    p.add_argument("--out", required=True, help="folder of the posteriors")
    return p.parse_args()


def posterior(m, shape, x):
    """The fitted posterior in elbo's format; scales are inverse scale matrices, whole."""
    import numpy as np

    d = x.shape[1]
    whole = (lambda c: c) if shape == "full" else np.diag
    components = []
    for k in range(m.n_components):
        nu = m.degrees_of_freedom_[k]
        components.append({
            "weight": float(m.weights_[k]), "count": float(m.weight_concentration_[k] - m.weight_concentration_prior_),
            "mean": m.means_[k].tolist(), "beta": float(m.mean_precision_[k]), "nu": float(nu),
            "scale": (whole(m.covariances_[k]) * nu).ravel().tolist(), "a": float(m.weight_concentration_[k]), "b": 0,
        })
    name = {"full": "full", "diag": "diag"}[shape]
    prior = m.covariance_prior_ if shape == "full" else np.diag(m.covariance_prior_)
    return {
        "format": "mixture", "version": 1, "covariance": name, "weights": "dirichlet", "columns": d,
        "prior": {"alpha": float(m.weight_concentration_prior_), "beta": float(m.mean_precision_prior_),
                  "nu": float(m.degrees_of_freedom_prior_), "mean": m.mean_prior_.tolist(), "scale": prior.ravel().tolist()},
        "components": components, "bound": 0, "history": [], "converged": False,
    }


def main():
    a = arguments()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(a.threads)
    try:
        import numpy as np
        from sklearn.mixture import BayesianGaussianMixture
    except ImportError as e:
        print(json.dumps({"skipped": f"scikit-learn is not installed ({e})"}))
        return
    warnings.filterwarnings("ignore")
    x = np.fromfile(a.rows, dtype="<f8").reshape(-1, a.columns)
    scatter = np.cov(x.T, bias=True)
    laps = []
    for shape in ("full", "diag"):
        def fit(sweeps):
            m = BayesianGaussianMixture(
                n_components=a.components, covariance_type=shape, tol=0, reg_covar=0, max_iter=sweeps, init_params="kmeans", random_state=1,
                weight_concentration_prior_type="dirichlet_distribution", weight_concentration_prior=1 / a.components,
                mean_precision_prior=1, degrees_of_freedom_prior=a.columns,
                covariance_prior=scatter if shape == "full" else np.diag(scatter))
            start = time.perf_counter()
            m.fit(x)
            return m, time.perf_counter() - start

        _, short = fit(1)
        m, long = fit(a.sweeps)
        file = os.path.join(a.out, shape + ".json")
        with open(file, "w") as f:
            json.dump(posterior(m, shape, x), f)
        laps.append({"line": f"scikit-learn, {shape}", "against": f"elbo, {shape}", "seconds": (long - short) / (a.sweeps - 1), "file": file})
    print(json.dumps({"laps": laps}))


if __name__ == "__main__":
    sys.exit(main())
