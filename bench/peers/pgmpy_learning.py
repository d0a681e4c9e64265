"""Structure and tables of Bayesian networks: elbo beside pgmpy on the same samples.

    go build -o /tmp/elbo ./cmd/elbo
    python bench/peers/pgmpy_learning.py /tmp/elbo FOLDER_OF_BIF_FILES [rows] [name,...]

Rows are drawn from each network by numpy with seed 1 and given to both as a CSV file. pgmpy is
timed inside its calls, elbo as a whole process, start and reading of the file included; the
least of three runs of elbo, one run of pgmpy (the least of three where it is below 10 s). Both
climb from no edges with one start; scores of both results are counted by pgmpy.
"""
import gzip
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings

warnings.filterwarnings("ignore")
try:
    import numpy as np
    import pandas as pd
    from pgmpy.estimators import PC, HillClimbSearch
    from pgmpy.models import DiscreteBayesianNetwork
    from pgmpy.readwrite import BIFReader
    from pgmpy.structure_score import BIC
except ImportError as e:
    sys.exit("pgmpy_learning: skipped: %s" % e)


def draw(model, rows, seed):
    """Rows of words, each variable after its parents."""
    r, out = np.random.default_rng(seed), {}
    import networkx as nx

    for v in nx.topological_sort(model):
        cpd = model.get_cpds(v)
        names = cpd.state_names
        table = cpd.get_values()  # states × configurations, the last parent fastest
        at = np.zeros(rows, int)
        for p in cpd.variables[1:]:
            at = at * len(names[p]) + out[p]
        upto = np.cumsum(table, 0)[:, at]
        out[v] = np.minimum((r.random(rows) * upto[-1] >= upto).sum(0), len(names[v]) - 1)
    return pd.DataFrame({v: np.array(model.get_cpds(v).state_names[v])[s] for v, s in out.items()}), out


def skeleton(edges):
    return {frozenset(e) for e in edges}


def compare(edges, truth):
    a, b = skeleton(edges), skeleton(truth)
    return "%d lacking, %d extra" % (len(b - a), len(a - b))


def timed(f, slow=10.0):
    """The least of three runs, or one where it is slow."""
    best, value = float("inf"), None
    for _ in range(3):
        t = time.perf_counter()
        value = f()
        best = min(best, time.perf_counter() - t)
        if best > slow:
            break
    return best, value


def ours(elbo, folder, *flags):
    out = os.path.join(folder, "out.bif")

    def run():
        return json.loads(subprocess.run([elbo, "learn", "--data", os.path.join(folder, "rows.csv"), "--out", out, "--json", *flags],
                                         check=True, capture_output=True).stdout)

    seconds, got = timed(run)
    return seconds, got["seconds"], [(e["from"], e["to"]) for e in got["edges"]], got


def line(what, who, seconds, inside, edges, truth, score):
    print("%-8s %-22s %9.3f s  (inside %8.3f s)  %-22s bic %.2f" % (what, who, seconds, inside, compare(edges, truth), score), flush=True)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    elbo, folder = sys.argv[1], sys.argv[2]
    rows = int(sys.argv[3]) if len(sys.argv) > 3 else 20000
    for name in (sys.argv[4] if len(sys.argv) > 4 else "asia,alarm").split(","):
        with gzip.open(os.path.join(folder, name + ".bif.gz"), "rt") as f:
            model = BIFReader(string=f.read()).get_model()
        frame, _ = draw(model, rows, 1)
        truth = list(model.edges())
        score = BIC(frame)

        def total(edges):
            parents = {v: tuple(sorted(u for u, w in edges if w == v)) for v in frame.columns}
            return sum(score.local_score(v, p) for v, p in parents.items())

        with tempfile.TemporaryDirectory() as d:
            frame.to_csv(os.path.join(d, "rows.csv"), index=False)
            print("%s, %d rows: bic of the truth %.2f" % (name, rows, total(truth)))
            for flags, who in [(["--structure", "hc", "--score", "bic", "--tabu", "0", "--restarts", "0"], "elbo hc"),
                               (["--structure", "hc", "--score", "bic"], "elbo hc, tabu, 5 more"),
                               (["--structure", "pc"], "elbo pc"), (["--structure", "pc+hc", "--score", "bic"], "elbo pc+hc")]:
                seconds, inside, edges, _ = ours(elbo, d, *flags)
                line(name, who, seconds, inside, edges, truth, total(edges))
            whole, t = frame.astype("category"), time.perf_counter()
            seconds, dag = timed(lambda: HillClimbSearch(whole).estimate(scoring_method="bic-d", show_progress=False))
            line(name, "pgmpy hc", seconds, seconds, list(dag.edges()), truth, total(list(dag.edges())))
            net = DiscreteBayesianNetwork(truth)
            seconds, _ = timed(lambda: net.fit(whole))
            with open(os.path.join(d, "truth.bif"), "w") as f, gzip.open(os.path.join(folder, name + ".bif.gz"), "rt") as g:
                f.write(g.read())
            wall, inside, _, _ = ours(elbo, d, "--structure", os.path.join(d, "truth.bif"), "--worth", "0")
            print("%-8s tables of the truth: elbo %.3f s (inside %.4f s), pgmpy %.3f s" % (name, wall, inside, seconds), flush=True)
            try:
                seconds, pdag = timed(lambda: PC(whole).estimate(variant="stable", ci_test="g_sq", significance_level=0.01,
                                                                 max_cond_vars=len(frame.columns), n_jobs=1, show_progress=False))
                edges = list(pdag.edges())
                print("%-8s %-22s %9.3f s  %s" % (name, "pgmpy pc", seconds, compare(edges, truth)), flush=True)
            except Exception as e:  # the peer's own failure is a finding too
                print("%-8s pgmpy pc failed: %r" % (name, e), flush=True)


main()
