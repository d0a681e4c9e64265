"""Hidden Markov models beside hmmlearn: fit, score, smooth and decode in turns.

    python bench/peers/hmmlearn_speed.py [--rows 100000] [--rounds 15]

Five states, three values with a diagonal covariance, one simulated sequence. Each round runs
every task once here and once in hmmlearn, in both of its implementations ("scaling" and its
default, "log"), so that a busy machine slows all alike; the least of the rounds counts, and the
median of the rounds' ratios is printed beside it. Both begin at the same parameters and must
find the same numbers. A fit is ten sweeps without priors.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time


def skip(why):
    print(f"hmmlearn_speed: skipped: {why}")
    sys.exit(0)


try:
    import numpy as np
    from hmmlearn import hmm
except ImportError:
    skip("hmmlearn is not installed")

K, D = 5, 3


def simulate(n):
    rng = np.random.default_rng(0)
    means = 3 * rng.normal(size=(K, D))
    trans = np.full((K, K), .05) + .75 * np.eye(K)
    z = np.zeros(n, int)
    for t in range(1, n):
        z[t] = rng.choice(K, p=trans[z[t - 1]])
    return means[z] + rng.normal(size=(n, D)), means + .3, trans


def peer(x, means, trans, implementation):
    m = hmm.GaussianHMM(K, covariance_type="diag", n_iter=10, tol=-np.inf, implementation=implementation, init_params="",
                        covars_prior=0, covars_weight=0, means_prior=0, means_weight=0)
    m.startprob_, m.transmat_, m.means_, m.covars_ = np.full(K, 1 / K), trans.copy(), means.copy(), np.ones((K, D))
    return m


TASKS = {
    "fit": lambda m, x: m.fit(x).monitor_.history[-1],
    "score": lambda m, x: m.score(x),
    "smooth": lambda m, x: m.predict_proba(x)[0, 0],
    "decode": lambda m, x: m.decode(x)[0],
}


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--rows", type=int, default=100_000)
    args.add_argument("--rounds", type=int, default=15)
    args = args.parse_args()
    root = pathlib.Path(__file__).resolve().parents[2]
    x, means, trans = simulate(args.rows)
    with tempfile.TemporaryDirectory() as tmp:
        data, binary = os.path.join(tmp, "data"), os.path.join(tmp, "hmm.test")
        parts = [[K, D, len(x)], np.full(K, 1 / K), trans, means, np.ones((K, D)), x]
        with open(data, "wb") as f:
            for p in parts:
                f.write(np.asarray(p, "<f8").tobytes())
        subprocess.run(["go", "test", "-c", "-o", binary, "./hmm"], cwd=root, check=True)
        here = subprocess.Popen([binary, "-test.run", "TestAnswersThePeer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                cwd=root / "hmm", env=dict(os.environ, ELBO_HMM_PEER=data))

        def ask(task):
            here.stdin.write(task + "\n")
            here.stdin.flush()
            for line in here.stdout:
                if line.startswith("peer "):
                    _, seconds, value = line.split()
                    return float(seconds), float(value)
            raise RuntimeError("the other half has ended")

        for task, run in TASKS.items():
            times = {"here": [], "scaling": [], "log": []}
            for _ in range(args.rounds):
                seconds, value = ask(task)
                times["here"].append(seconds)
                for implementation in ("scaling", "log"):
                    m = peer(x, means, trans, implementation)
                    begin = time.perf_counter()
                    other = run(m, x)
                    times[implementation].append(time.perf_counter() - begin)
                    if abs(other - value) > 1e-9 * abs(value):
                        raise SystemExit(f"{task}: {value!r} here, {other!r} in hmmlearn")
            best = {name: min(v) for name, v in times.items()}
            text = f"{task:7s} here {1e3 * best['here']:8.2f} ms"
            for name in ("scaling", "log"):
                ratio = statistics.median(b / a for a, b in zip(times["here"], times[name]))
                text += f"   {name} {1e3 * best[name]:8.2f} ms ({best[name] / best['here']:.1f}x, median {ratio:.1f}x)"
            print(text, flush=True)
        here.stdin.close()
        here.wait()


if __name__ == "__main__":
    main()
