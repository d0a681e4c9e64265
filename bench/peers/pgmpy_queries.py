"""Marginals of Bayesian and Markov networks: elbo beside pgmpy, in turn on one machine.

    go build -o /tmp/elbo ./cmd/elbo
    python bench/peers/pgmpy_queries.py /tmp/elbo FOLDER_OF_BIF FOLDER_OF_UAI [seconds [name,...]]

Of each network all marginals given the evidence of every stored query (*.exact.txt.gz): pgmpy by
variable elimination and by belief propagation on its junction tree, one query for each variable
(all at once it wants 65 GiB for alarm), models read beforehand, elbo by `elbo query`, which times its answer without the reading of the file, too; the
least of three turns of each; belief propagation has 20 s a query. Of each instance of UAI all marginals: `elbo solve` as a whole process,
pgmpy's calibrated junction tree in a process of its own with 4 GiB of address space and so many
seconds (60 by default), the reading of the file not counted. Errors are against the stored values.
"""
import glob
import gzip
import json
import math
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import time
import warnings

warnings.filterwarnings("ignore")
try:
    import numpy as np
    from pgmpy.factors.discrete import DiscreteFactor
    from pgmpy.inference import BeliefPropagation, VariableElimination
    from pgmpy.models import DiscreteMarkovNetwork
    from pgmpy.readwrite import BIFReader
except ImportError as e:
    sys.exit("pgmpy_queries: skipped: %s" % e)


def text(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt") as f:
        return f.read()


def stored(path):
    """Queries as (evidence, {(variable, state): probability})."""
    out = []
    for line in text(path).splitlines():
        w = line.split()
        if w and w[0] == "query":
            out.append(({}, {}))
        elif w and w[0] == "evidence":
            out[-1][0][w[1]] = w[2]
        elif w and w[0] == "marginal":
            out[-1][1][w[1], w[2]] = float(w[3])
    return out


def by_pgmpy(engine, model, evidence):
    free = [v for v in model.nodes() if v not in evidence]
    start = time.perf_counter()
    e = engine(model)
    answer = {v: e.query([v], evidence=evidence, joint=False, show_progress=False)[v] for v in free}
    took = time.perf_counter() - start
    return took, {(v, s): p for v, f in answer.items() for s, p in zip(f.state_names[v], f.values)}


def by_elbo(elbo, path, evidence):
    line = [elbo, "query", path, "--json"]
    for v, s in evidence.items():
        line += ["--evidence", "%s=%s" % (v, s)]
    start = time.perf_counter()
    answer = json.loads(subprocess.run(line, capture_output=True, check=True).stdout)
    whole = time.perf_counter() - start
    return answer["seconds"], whole, {(m["variable"], s): p for m in answer["marginals"] for s, p in m["p"].items()}


def worst(got, want):
    return max((abs(got[k] - p) if not math.isnan(got[k]) else math.inf for k, p in want.items() if k in got), default=math.nan)


def too_long(*_):
    raise TimeoutError("beyond 20 s")


def networks(elbo, folder):
    signal.signal(signal.SIGALRM, too_long)
    print("%-12s %8s %12s %12s %12s %12s %9s %9s %9s" % ("network", "queries", "elbo", "process", "pgmpy VE", "pgmpy BP", "error", "error VE", "error BP"))
    for path in sorted(glob.glob(os.path.join(folder, "*.bif.gz")), key=os.path.getsize):
        model, queries = BIFReader(string=text(path)).get_model(), stored(path.replace(".bif", ".exact.txt"))
        best, errors, patient = [0.0] * 4, [0.0] * 3, True
        for evidence, want in queries:
            times = [math.inf] * 4
            for turn in range(3):
                inner, whole, got = by_elbo(elbo, path, evidence)
                times = [min(a, b) for a, b in zip(times, [inner, whole, math.inf, math.inf])]
                if turn and max(times[2:]) > 5:  # one turn of what takes so long
                    continue
                ve, of_ve = by_pgmpy(VariableElimination, model, evidence)
                times[2] = min(times[2], ve)
                of_bp = {}
                try:
                    if patient:
                        signal.alarm(20)
                        bp, of_bp = by_pgmpy(BeliefPropagation, model, evidence)
                        times[3] = min(times[3], bp)
                except Exception as e:  # of its own, or its time is over
                    patient = False
                    print("  pgmpy BP on %s: %s" % (os.path.basename(path), repr(e)[:100]))
                finally:
                    signal.alarm(0)
            best = [a + b for a, b in zip(best, times)]
            errors = [max(a, worst(b, want)) for a, b in zip(errors, [got, of_ve, of_bp])]
        print("%-12s %8d %11.5fs %11.4fs %11.4fs %11.4fs %9.1e %9.1e %9.1e   VE/elbo %.0f" % (
            os.path.basename(path)[:-7], len(queries), *best, *errors, best[2] / best[0]), flush=True)


def markov(path, evidence):
    """The factors of a UAI file, evidence put in; pgmpy's own reader takes a minute for small files."""
    words = iter(text(path).split())
    next(words)
    card = [int(next(words)) for _ in range(int(next(words)))]
    scopes = [[int(next(words)) for _ in range(int(next(words)))] for _ in range(int(next(words)))]
    model, factors = DiscreteMarkovNetwork(), []
    for scope in scopes:
        table = np.array([float(next(words)) for _ in range(int(next(words)))]).reshape([card[v] for v in scope])
        table = table[tuple(evidence.get(v, slice(None)) for v in scope)]
        free = [v for v in scope if v not in evidence]
        if free:
            factors.append(DiscreteFactor([str(v) for v in free], [card[v] for v in free], table))
            model.add_nodes_from(factors[-1].variables)
            model.add_edges_from((a, b) for i, a in enumerate(factors[-1].variables) for b in factors[-1].variables[:i])
    model.add_factors(*factors)
    return model, card


def calibrate(path, evidence, out):
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    try:
        model, card = markov(path, evidence)
        start = time.perf_counter()
        out.put(("start", None, None))
        e = BeliefPropagation(model)
        e.calibrate()
        marginals = {}
        for clique, belief in e.get_clique_beliefs().items():
            for v in clique:
                if v not in marginals:
                    p = belief.marginalize([u for u in clique if u != v], inplace=False) if len(clique) > 1 else belief
                    marginals[v] = (p.values / p.values.sum()).tolist()
        out.put(("done", time.perf_counter() - start, marginals))
    except MemoryError:
        out.put(("beyond 4 GiB", None, None))
    except Exception as e:  # of its own
        out.put((repr(e)[:60], None, None))


def pgmpy_marginals(path, evidence, seconds):
    out = multiprocessing.Queue()
    p = multiprocessing.Process(target=calibrate, args=(path, evidence, out))
    p.start()
    answer = ("beyond %g s" % seconds, None, None)
    try:
        answer = out.get(timeout=120)
        if answer[0] == "start":
            answer = ("beyond %g s" % seconds, None, None)
            answer = out.get(timeout=seconds)
    except Exception:  # the queue stayed empty
        pass
    p.kill()
    p.join()
    return answer


def instances(elbo, folder, seconds, names):
    print("\n%-20s %10s %9s   %s" % ("instance", "elbo", "error", "pgmpy"))
    total = 0.0
    for path in sorted(glob.glob(os.path.join(folder, "*.uai.gz"))):
        name = os.path.basename(path)[:-7]
        if names and name not in names:
            continue
        words = [int(w) for w in text(path[:-3] + ".evid").split()]
        words = words[1:] if len(words) % 2 == 0 else words
        evidence = dict(zip(words[1::2], words[2::2]))
        want = {}
        for line in text(path.replace(".uai.gz", ".exact.txt.gz")).splitlines():
            w = line.split()
            if w and w[0] != "lnZ" and not w[0].startswith("#"):
                want.update({(int(w[0]), i): float(x) for i, x in enumerate(w[1:])})
        best = math.inf
        for _ in range(3):
            start = time.perf_counter()
            line = [elbo, "solve", path, "--evid", path[:-3] + ".evid", "--task", "MAR"]
            out = subprocess.run(line, capture_output=True, check=True).stdout
            best = min(best, time.perf_counter() - start)
        words = out.split()
        got, at = {}, 2
        for v in range(int(words[1])):
            k = int(words[at])
            got.update({(v, s): float(words[at + 1 + s]) for s in range(k)})
            at += k + 1
        total += best
        state, took, marginals = pgmpy_marginals(path, evidence, seconds)
        peer = state
        if took:
            peer = "%.3f s, error %.1e, pgmpy/elbo %.0f" % (
                took, worst({(int(v), s): x for v, m in marginals.items() for s, x in enumerate(m)}, want), took / best)
        print("%-20s %9.3fs %9.1e   %s" % (name, best, worst(got, want), peer), flush=True)
    print("%-20s %9.3fs" % ("sum", total))


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    networks(sys.argv[1], sys.argv[2])
    instances(sys.argv[1], sys.argv[3], float(sys.argv[4]) if len(sys.argv) > 4 else 60, sys.argv[5].split(",") if len(sys.argv) > 5 else None)
