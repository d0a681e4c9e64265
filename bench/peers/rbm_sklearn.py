"""Seconds of processor time of a step of persistent contrastive divergence: scikit-learn's
BernoulliRBM, beside `go test ./pgm/field -run xxx -bench Epoch` (100 hidden units, batches of 100
of the first 2,000 training digits of binarized MNIST; elbo's µs/step is wall time).

    python bench/peers/rbm_sklearn.py ../shared/data
"""
import gzip
import os
import sys
import time

try:
    import numpy as np
    from sklearn.neural_network import BernoulliRBM
except ImportError as missing:
    print(f"rbm_sklearn: skipped: {missing}")
    sys.exit(0)

path = os.path.join(sys.argv[1], "binarized-mnist", "binarized_mnist_train-images-idx3-ubyte.gz")
with gzip.open(path) as f:
    rows = np.frombuffer(f.read(16 + 2000 * 784)[16:], np.uint8).reshape(2000, 784) > 0
rows = rows.astype(np.float64)
rbm = BernoulliRBM(n_components=100, batch_size=100, learning_rate=0.05, random_state=1)
rbm.partial_fit(rows[:100])
best_cpu, best_wall = float("inf"), float("inf")
for _ in range(10):
    cpu, wall = time.process_time(), time.perf_counter()
    for batch in np.split(rows, 20):
        rbm.partial_fit(batch)
    best_cpu = min(best_cpu, (time.process_time() - cpu) / 20)
    best_wall = min(best_wall, (time.perf_counter() - wall) / 20)
print(f"scikit-learn BernoulliRBM: {best_cpu * 1e6:.0f} µs of processor a step, {best_wall * 1e6:.0f} µs of wall time")
