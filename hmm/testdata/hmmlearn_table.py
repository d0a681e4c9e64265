"""Writes hmmlearn.json: what hmmlearn 0.3.3 says of small models of every kind.

    python hmmlearn_table.py > hmmlearn.json

Each case holds the parameters, two sequences, ln p(x), the smoothed marginals, the best path,
and the objective and the parameters after five sweeps of a fit without priors; the cases of
variational Bayes hold the lower bound of each of eight sweeps and the posterior after them.
"""
import json
import numpy as np
from hmmlearn import hmm, vhmm

rng = np.random.default_rng(20)
K, D = 3, 2
START = rng.dirichlet(np.ones(K))
TRANS = np.stack([rng.dirichlet(np.ones(K) + 3 * np.eye(K)[i]) for i in range(K)])
LENGTHS = [25, 15]
CENTRES = 2 * rng.normal(size=(K, D))


def spd(n):
    a = rng.normal(size=(n, D, D))
    return a @ np.swapaxes(a, 1, 2) + .5 * np.eye(D)


def flat(a):
    return [float(v) for v in np.asarray(a, float).ravel()]


def chain(m):
    m.startprob_, m.transmat_ = START.copy(), TRANS.copy()
    return m


def case(kind, m, x, params, fit=True):
    """What the model says of the rows, then five sweeps from it."""
    logp, post = m.score_samples(x, LENGTHS)
    best, path = m.decode(x, LENGTHS)
    out = dict(kind=kind, start=flat(START), trans=flat(TRANS), rows=flat(x), lengths=LENGTHS, before={k: flat(getattr(m, k)) for k in params},
               logLik=logp, smoothed=flat(post), best=best, path=[int(s) for s in path])
    if fit:
        m.fit(x, LENGTHS)
        out.update(bounds=list(m.monitor_.history), startAfter=flat(m.startprob_), transAfter=flat(m.transmat_),
                   after={k: flat(getattr(m, k)) for k in params})
    return out


FREE = dict(n_iter=5, tol=-np.inf, init_params="", random_state=0)
NO_PRIOR = dict(covars_prior=0, covars_weight=0)
N = sum(LENGTHS)
states = rng.integers(K, size=N)
real = CENTRES[states] + rng.normal(size=(N, D))
cases = []

m = chain(hmm.CategoricalHMM(K, **FREE))
m.emissionprob_ = np.stack([rng.dirichlet(np.ones(4)) for _ in range(K)])
m.n_features = 4
cases.append(case("discrete", m, rng.integers(4, size=(N, 1)), ["emissionprob_"]))

m = chain(hmm.PoissonHMM(K, lambdas_prior=0, lambdas_weight=0, **FREE))
m.lambdas_ = np.array([[.7], [3.], [9.]])
cases.append(case("poisson", m, rng.poisson(m.lambdas_[states]), ["lambdas_"]))

for kind, cov in [("full", spd(K)), ("diag", rng.gamma(3, .5, size=(K, D))), ("tied", spd(1)[0]), ("spherical", rng.gamma(3, .5, size=K))]:
    m = chain(hmm.GaussianHMM(K, covariance_type=kind, means_prior=0, means_weight=0, **NO_PRIOR, **FREE))
    m.means_, m.covars_ = CENTRES + .3 * rng.normal(size=(K, D)), cov
    cases.append(case(kind, m, real, ["means_", "_covars_"]))

m = chain(hmm.GMMHMM(K, n_mix=2, covariance_type="diag", **FREE))
m.weights_ = np.stack([rng.dirichlet(np.ones(2)) for _ in range(K)])
m.means_, m.covars_ = CENTRES[:, None] + rng.normal(size=(K, 2, D)), rng.gamma(3, .5, size=(K, 2, D))
cases.append(case("mixture", m, real, ["weights_", "means_", "covars_"], fit=False))

posteriors = []


def posterior(kind, m, x, **parts):
    """Eight sweeps of variational Bayes from the given posterior."""
    m.startprob_prior_, m.transmat_prior_ = np.full(K, .5), np.full((K, K), .4)
    parts.update(startprob=START + .5, transmat=TRANS * 5 + .4)
    for name, value in parts.items():
        setattr(m, name + "_posterior_", value.copy())
    m.fit(x, LENGTHS)
    posteriors.append(dict(kind=kind, rows=flat(x), lengths=LENGTHS, before={k: flat(v) for k, v in parts.items()},
                           bounds=list(m.monitor_.history), after={k: flat(getattr(m, k + "_posterior_")) for k in parts}))


SWEEPS = dict(FREE, n_iter=8)
m = vhmm.VariationalGaussianHMM(K, covariance_type="full", **SWEEPS)
m.means_prior_, m.beta_prior_, m.dof_prior_ = np.zeros((K, D)), np.full(K, .3), np.full(K, 3.)
m.scale_prior_ = np.stack([np.diag([1.5, .7])] * K)
m._covars_ = m.scale_prior_ * 4 / 7
posterior("full", m, real, means=CENTRES, beta=np.full(K, 4.), dof=np.full(K, 7.), scale=m.scale_prior_ * 4)

m = vhmm.VariationalCategoricalHMM(K, n_features=4, **SWEEPS)
m.emissionprob_prior_ = np.full((K, 4), .6)
posterior("discrete", m, rng.integers(4, size=(N, 1)), emissionprob=np.stack([.6 + 5 * rng.dirichlet(np.ones(4)) for _ in range(K)]))

print(json.dumps(dict(cases=cases, posteriors=posteriors)))
