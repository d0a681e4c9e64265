"""Skills of 200 players by 10,000 games: elbo's package rank beside two packages for Python.

How to run it, from the root of the tree:

    python3 -m pip install trueskill trueskillthroughtime
    python3 bench/peers/rank_trueskill.py [--players 200] [--games 10000] [--rounds 3]

Skills are N(25, (25/3)^2), performances have the deviation 25/6, nobody draws. The same games go to
all in each round; times are the best of the rounds. trueskill takes one pass through the games, which
is what the package is for; trueskillthroughtime sweeps back and forth until skills move by less than
.001; elbo until its sites stand still to 1e-6, with all correlations. For each it prints the seconds,
the rank correlation with the true skills and the share of them inside the intervals of 95 %. What is
not installed is left out, politely. The last line is JSON.
"""

import argparse
import json
import os
import random
import re
import subprocess
import tempfile
import time


def simulate(players, games, seed):
    r = random.Random(seed)
    skill = {str(i): r.gauss(25, 25 / 3) for i in range(players)}
    out = []
    for _ in range(games):
        a, b = r.sample(list(skill), 2)
        if skill[a] - skill[b] + r.gauss(0, 25 / 6) - r.gauss(0, 25 / 6) < 0:
            a, b = b, a
        out.append((a, b))
    return skill, out


def judge(beliefs, skill):
    """Rank correlation, and the share of the true skills within 1.96 deviations."""
    names = sorted(beliefs)
    place = lambda values: {n: k for k, n in enumerate(sorted(names, key=values.get))}
    a, b = place({n: beliefs[n][0] for n in names}), place(skill)
    n = len(names)
    rho = 1 - 6 * sum((a[x] - b[x]) ** 2 for x in names) / (n * (n * n - 1))
    inside = sum(abs(skill[x] - beliefs[x][0]) <= 1.96 * beliefs[x][1] for x in names) / n
    return rho, inside


def one_pass(skill, games):
    import trueskill

    env = trueskill.TrueSkill(tau=0, draw_probability=0)
    at = {n: env.create_rating() for n in skill}
    begin = time.perf_counter()
    for a, b in games:
        at[a], at[b] = env.rate_1vs1(at[a], at[b])
    return time.perf_counter() - begin, {n: (r.mu, r.sigma) for n, r in at.items()}


def through_time(skill, games):
    import trueskillthroughtime as ttt

    begin = time.perf_counter()
    h = ttt.History([[[a], [b]] for a, b in games], mu=25, sigma=25 / 3, beta=25 / 6, gamma=0)
    h.convergence(epsilon=1e-3, iterations=100, verbose=False)
    took = time.perf_counter() - begin
    return took, {n: (c[-1][1].mu, c[-1][1].sigma) for n, c in h.learning_curves().items()}


def ours(skill, games):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        json.dump({"games": games, "skill": skill}, f)
        f.flush()
        out = subprocess.run(["go", "test", "./rank", "-count=1", "-v", "-run", "TestGamesOfAFile"], env={**os.environ, "ELBO_GAMES": f.name}, capture_output=True, text=True, check=True).stdout
    return tuple(map(float, re.search(r"elbo: ([\d.]+) s, (\d+) sweeps, Spearman ([\d.]+), covered ([\d.]+)", out).groups()))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--players", type=int, default=200)
    p.add_argument("--games", type=int, default=10000)
    p.add_argument("--rounds", type=int, default=3)
    a = p.parse_args()
    result = {}
    for k in range(a.rounds):
        skill, games = simulate(a.players, a.games, k)
        for name, run in {"trueskill, one pass": one_pass, "trueskillthroughtime": through_time}.items():
            try:
                took, beliefs = run(skill, games)
            except ImportError as e:
                print(f"{name}: left out: {e}")
                continue
            result.setdefault(name, []).append((took, *judge(beliefs, skill)))
        took, _, rho, inside = ours(skill, games)
        result.setdefault("elbo", []).append((took, rho, inside))
    for name, rows in result.items():
        print(f"{name:24s} {min(r[0] for r in rows):8.2f} s   Spearman {min(r[1] for r in rows):.4f}   covered {sum(r[2] for r in rows) / len(rows):.3f}")
    print(json.dumps({n: min(r[0] for r in rows) for n, rows in result.items()}))


main()
