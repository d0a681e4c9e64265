"""A linear-chain CRF of CRFsuite on CoNLL-2000, to compare speed and F1 with elbo's on one machine.

How to run it: `go run ./bench/engines -suites crf -python venv/bin/python`, with an environment made by

    python3 -m venv venv && venv/bin/pip install python-crfsuite

The features are the 19 templates of elbo's crf.Chunking, with its marks for places beyond the ends of a
sentence; every transition has a weight. The time is that of making the features, handing them over and
training. The last line is JSON; the labels of the test file are written to a file, one a line. CRFsuite has
one thread. Without python-crfsuite or the data it says so and exits with 0.
"""

import argparse
import gzip
import json
import os
import sys
import time

# Cells (column, offset) of the templates.
TEMPLATES = (
    [[(0, i)] for i in (-2, -1, 0, 1, 2)] + [[(0, -1), (0, 0)], [(0, 0), (0, 1)]] + [[(1, i)] for i in (-2, -1, 0, 1, 2)]
    + [[(1, i), (1, i + 1)] for i in (-2, -1, 0, 1)] + [[(1, i), (1, i + 1), (1, i + 2)] for i in (-2, -1, 0)]
)


def read(path):
    out, rows = [], []
    with gzip.open(path, "rt") as f:
        for line in f:
            if line.strip():
                rows.append(line.split())
            elif rows:
                out.append(rows)
                rows = []
    return out + [rows] if rows else out


def cell(rows, column, at):
    if at < 0:
        return f"\x01{at}"
    if at >= len(rows):
        return f"\x01+{at - len(rows) + 1}"
    return rows[at][column]


def features(rows):
    return [[f"{k}\x02" + "\x02".join(cell(rows, c, t + o) for c, o in cells) for k, cells in enumerate(TEMPLATES)]
            for t in range(len(rows))]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--threads", type=int, default=1, help="CRFsuite has one")
    p.add_argument("--data", required=True, help="folder of train.txt.gz and test.txt.gz")
    p.add_argument("--out", required=True, help="folder of the labels")
    p.add_argument("--c2", type=float, default=1)
    p.add_argument("--against", default="")
    a = p.parse_args()
    try:
        import pycrfsuite
    except ImportError as e:
        print(json.dumps({"skipped": f"python-crfsuite is not installed ({e})"}))
        return
    if not os.path.exists(os.path.join(a.data, "train.txt.gz")):
        print(json.dumps({"skipped": f"no train.txt.gz in {a.data}"}))
        return
    train, test = (read(os.path.join(a.data, f"{name}.txt.gz")) for name in ("train", "test"))
    begin = time.perf_counter()
    trainer = pycrfsuite.Trainer(verbose=False)
    trainer.set_params({"c1": 0, "c2": a.c2, "feature.possible_transitions": True, "max_iterations": 1000})
    for rows in train:
        trainer.append(features(rows), [r[2] for r in rows])
    model = os.path.join(a.out, "crfsuite.model")
    trainer.train(model)
    seconds = time.perf_counter() - begin
    last = trainer.logparser.last_iteration
    tagger = pycrfsuite.Tagger()
    tagger.open(model)
    labels = os.path.join(a.out, "labels.txt")
    with open(labels, "w") as f:
        for rows in test:
            f.write("\n".join(tagger.tag(features(rows))) + "\n")
    note = f"loss {last['loss']:.1f}, {last['num']} iterations"
    print(json.dumps({"laps": [{"line": "CRFsuite, 1 thread", "against": a.against, "seconds": seconds, "file": labels, "note": note}]}))


if __name__ == "__main__":
    sys.exit(main())
