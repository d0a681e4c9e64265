"""Topics by scikit-learn and gensim on the AP corpus: the peer of bench/topics, which runs it.

    python topic_speed.py --data FOLDER --engine split|sklearn-batch|sklearn-online|gensim|gensim-256
                          [--threads 2] [--seed 0]

FOLDER holds ap-lda/ap.dat.gz. The 224 documents at the front of RandomState(0).permutation are held
out; of each the entries of even place in the file's order (from 0) are given and those of odd place
are scored under the means of the proportions and of the words, K = 50, α = η = 1/K. Timed is the
fit alone.

split           the numbers of the documents held out
sklearn-batch   LatentDirichletAllocation, 20 sweeps
sklearn-online  the same by 5 passes, batches of 128
gensim          LdaModel, 5 passes with its own chunks of 2,000
gensim-256      the same with chunks of 256, from which it learns far more

The last line is JSON. Where a peer is absent the script says so and ends with success.
"""

import argparse
import gzip
import json
import pathlib
import sys
import time

p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
p.add_argument("--data", required=True)
p.add_argument("--engine", required=True)
p.add_argument("--threads", type=int, default=2)
p.add_argument("--seed", type=int, default=0)
args = p.parse_args()

try:
    import numpy as np
except ImportError:
    print("topic_speed: skipped: NumPy is not installed")
    sys.exit(0)

WORDS, TOPICS, HELD = 10473, 50, 224


def press():
    with gzip.open(pathlib.Path(args.data) / "ap-lda" / "ap.dat.gz", "rt") as lines:
        return [[tuple(map(int, pair.split(":"))) for pair in line.split()[1:]] for line in lines]


def matrix(docs):
    import scipy.sparse

    rows = [d for d, doc in enumerate(docs) for _ in doc]
    terms = [v for doc in docs for v, _ in doc]
    counts = np.array([n for doc in docs for _, n in doc], float)
    return scipy.sparse.csr_matrix((counts, (rows, terms)), shape=(len(docs), WORDS))


def perplexity(theta, beta, docs):
    total = tokens = 0
    for d, doc in enumerate(docs):
        terms, counts = (np.array(x) for x in zip(*doc))
        total += counts @ np.log(theta[d] @ beta[:, terms])
        tokens += counts.sum()
    return float(np.exp(-total / tokens))


def sklearn(train, given, asked):
    from sklearn.decomposition import LatentDirichletAllocation

    batch = args.engine == "sklearn-batch"
    m = LatentDirichletAllocation(
        TOPICS, learning_method="batch" if batch else "online", max_iter=20 if batch else 5,
        random_state=args.seed, n_jobs=args.threads)
    x = matrix(train)
    start = time.perf_counter()
    m.fit(x)
    seconds = time.perf_counter() - start
    beta = m.components_ / m.components_.sum(1, keepdims=True)
    return seconds, perplexity(m.transform(matrix(given)), beta, asked)


def gensim(train, given, asked):
    from gensim.models import LdaModel

    words = {v: str(v) for v in range(WORDS)}
    chunk = 256 if args.engine == "gensim-256" else 2000
    start = time.perf_counter()
    m = LdaModel(train, num_topics=TOPICS, passes=5, chunksize=chunk, id2word=words,
                 eval_every=None, random_state=args.seed)
    seconds = time.perf_counter() - start
    gamma, _ = m.inference(given)
    return seconds, perplexity(gamma / gamma.sum(1, keepdims=True), m.get_topics(), asked)


docs = press()
order = np.random.RandomState(0).permutation(len(docs))
if args.engine == "split":
    print(json.dumps(sorted(int(d) for d in order[:HELD])))
    sys.exit(0)
held = [docs[d] for d in order[:HELD]]
train = [docs[d] for d in order[HELD:]]
try:
    fit = gensim if args.engine.startswith("gensim") else sklearn
    seconds, score = fit(train, [d[0::2] for d in held], [d[1::2] for d in held])
except ImportError as e:
    print(f"topic_speed: skipped: {e.name} is not installed")
    sys.exit(0)
print(json.dumps({"seconds": seconds, "perplexity": score}))
