"""A causal language model in PyTorch, to compare the time of a training step with elbo's.

How to run it, beside `go test ./nn -run xxx -bench Transformer`, which is the same model:

    python3 -m venv venv && venv/bin/pip install torch
    venv/bin/python torch_transformer.py --threads 2

Model: 256 tokens, learned positions, 4 pre-norm blocks of width 256 with 8 heads and GELU
layers of 1024; 3,356,416 parameters. Cross-entropy of the next token, mean over 8 sequences
of 256 tokens; Adam, 1e-4; float32 on the CPU, eager mode. Attention is the library's fused
operation where it has one, else its matrix products and softmax.

One line: milliseconds a training step, the best and the median. Without PyTorch it says so
and exits with 0.
"""

import argparse
import json
import statistics
import sys
import time


def skip(why):
    print(f"torch_transformer: skipped: {why}")
    sys.exit(0)


try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError:
    skip("PyTorch is not installed")

VOCABULARY, WIDTH, LAYERS, LENGTH, BATCH = 256, 256, 4, 256, 8


class Attention(nn.Module):
    def __init__(self, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.value, self.out = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        """Attention of every position of x (B×T×C) to those up to itself, B×T×C."""
        q, k, v = (f(x).unflatten(2, (self.heads, -1)).transpose(1, 2) for f in (self.query, self.key, self.value))
        if hasattr(F, "scaled_dot_product_attention"):
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = q @ k.transpose(2, 3) / q.shape[3] ** 0.5
            later = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
            y = scores.masked_fill(later, float("-inf")).softmax(3) @ v
        return self.out(y.transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self, heads):
        super().__init__()
        self.norm0, self.norm1 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention = Attention(heads)
        self.wide, self.narrow = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        x = x + self.attention(self.norm0(x))
        return x + self.narrow(F.gelu(self.wide(self.norm1(x))))


class Transformer(nn.Module):
    def __init__(self, heads):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Parameter(torch.randn(LENGTH, WIDTH))
        self.blocks = nn.Sequential(*(Block(heads) for _ in range(LAYERS)))
        self.norm, self.out = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, VOCABULARY)

    def loss(self, ids, following):
        """Minus the log-probability of the following tokens, averaged, in nats."""
        logits = self.out(self.norm(self.blocks(self.tokens(ids) + self.positions)))
        return F.cross_entropy(logits.flatten(0, 1), following.flatten())


def main():
    ap = argparse.ArgumentParser(description="a causal language model in PyTorch")
    ap.add_argument("--heads", type=int, default=8)
    ap.add_argument("--steps", type=int, default=20)
    ap.add_argument("--threads", type=int, default=0, help="CPU threads; 0 is PyTorch's own choice")
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    if args.heads < 1 or WIDTH % args.heads or args.steps < 1 or args.threads < 0:
        ap.error(f"heads must divide {WIDTH}, steps must be at least 1, and threads at least 0")
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)

    model = Transformer(args.heads)
    adam = torch.optim.Adam(model.parameters(), lr=1e-4)
    size = sum(p.numel() for p in model.parameters())
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {size} parameters, {args.heads} heads, seed {args.seed}", flush=True)
    row = torch.randint(VOCABULARY, (BATCH, 1)) + torch.arange(LENGTH + 1)
    ids, following = row[:, :-1] % VOCABULARY, row[:, 1:] % VOCABULARY
    times, first = [], None
    for _ in range(args.steps + 1):
        began = time.perf_counter()
        loss = model.loss(ids, following)
        adam.zero_grad()
        loss.backward()
        adam.step()
        times.append(1000 * (time.perf_counter() - began))
        first = first or loss.item()
    del times[0]
    print(f"ms/step best {min(times):.1f} median {statistics.median(times):.1f}, loss {first:.2f} at first, {loss.item():.2f} at last", flush=True)
    print(json.dumps({"seconds": [t / 1000 for t in times]}))


if __name__ == "__main__":
    main()
