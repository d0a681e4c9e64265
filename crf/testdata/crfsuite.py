"""Trains CRFsuite (python-crfsuite 0.9.12) on small random sequences and writes crfsuite.json: the
sequences, the penalty, the loss at the minimum, the weights, and the marginals of the last sequence.

CRFsuite penalises c2 |w|^2, so that c2 = 1/2 lambda. Features: the word, and one that is always there.
"""
import io, json, os, random, re, sys, tempfile, contextlib
import pycrfsuite

random.seed(7)
words, labels, data = "abcd", "LMN", []
for _ in range(40):
    seq, y = [], random.choice(labels)
    for _ in range(random.randint(1, 8)):
        y = y if random.random() < .6 else random.choice(labels)
        w = words[labels.index(y)] if random.random() < .6 else random.choice(words)
        seq.append([w, y])
    data.append(seq)


class Quiet(pycrfsuite.Trainer):
    def message(self, text):
        self.lines = getattr(self, "lines", "") + text


c2 = .25
t = Quiet()
t.set_params({"c2": c2, "feature.possible_transitions": True, "feature.possible_states": True,
              "epsilon": 1e-12, "delta": 1e-14, "max_iterations": 2000})
features = lambda seq: [["w=" + w, "on"] for w, _ in seq]
for seq in data:
    t.append(features(seq), [y for _, y in seq])
with tempfile.TemporaryDirectory() as d:
    path = os.path.join(d, "m")
    t.train(path)
    g = pycrfsuite.Tagger()
    g.open(path)
    g.set(features(data[-1]))
    marginals = [[g.marginal(y, i) for y in labels] for i in range(len(data[-1]))]
    info = g.info()
loss = float(re.findall(r"Loss: ([0-9.]+)", t.lines)[-1])
json.dump({"source": "python-crfsuite 0.9.12", "lambda": 2 * c2, "loss": loss, "data": data, "marginals": marginals,
           "transition": {a + b: w for (a, b), w in info.transitions.items()},
           "state": {a + "/" + y: w for (a, y), w in info.state_features.items()}},
          open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "crfsuite.json"), "w"))
