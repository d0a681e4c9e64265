package crf

import (
	"sync"
	"sync/atomic"
)

// shards is into how many parts the sequences are dealt. It is fixed, and their sums are added in
// order, so that results do not depend on the number of threads.
const shards = 8

// loss is −Σ ln p(y|x) + (λ/2)‖w‖² over a corpus; its gradient is the features expected less those
// observed, plus λw.
type loss struct {
	*layout
	c           *corpus
	l2          float64
	independent bool // whether the transitions stay at 0
	workers     int
	observed    []float64
	parts       [shards]*part
}

// part is one shard's share, with memory of its own.
type part struct {
	from, to int // sequences
	value    float64
	grad     []float64
	u, node  []float64
	lattice  lattice
}

func newLoss(l *layout, c *corpus, cfg Config) *loss {
	o := &loss{layout: l, c: c, l2: cfg.L2, independent: cfg.Independent, workers: cfg.Workers}
	o.observed = make([]float64, l.size())
	for s := range c.sequences() {
		for t := c.first[s]; t < c.first[s+1]; t++ {
			y := c.label[t]
			for _, f := range c.feats[c.at[t]:c.at[t+1]] {
				for k := l.start[f]; k < l.start[f+1]; k++ {
					if l.label[k] == y {
						o.observed[k]++
					}
				}
			}
			if t > c.first[s] && !o.independent {
				o.observed[len(l.label)+int(c.label[t-1])*l.labels+int(y)]++
			}
		}
	}
	o.deal()
	return o
}

// deal parts the sequences so that each shard has about as many tokens.
func (o *loss) deal() {
	tokens, s := int(o.c.first[o.c.sequences()]), 0
	for i := range o.parts {
		p := &part{from: s, grad: make([]float64, o.size())}
		for s < o.c.sequences() && int(o.c.first[s])*shards < tokens*(i+1) {
			s++
		}
		p.to, o.parts[i] = s, p
	}
}

// together calls f(0), …, f(n−1) on the workers.
func together(workers, n int, f func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(workers, n) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}

// at is the loss at w, as the minimisers want it.
func (o *loss) at(w, grad []float64) (float64, error) {
	together(o.workers, shards, func(i int) { o.run(o.parts[i], w) })
	value := 0.
	for _, p := range o.parts {
		value += p.value
	}
	const block = 1 << 14
	blocks := (len(w) + block - 1) / block
	sums := make([]float64, blocks)
	together(o.workers, blocks, func(b int) { sums[b] = o.reduce(w, grad, b*block, min(len(w), (b+1)*block)) })
	for _, s := range sums {
		value += s
	}
	return value, nil
}

// reduce sets grad[from:to] and returns these weights' share of (λ/2)‖w‖² − Σ observed·w.
func (o *loss) reduce(w, grad []float64, from, to int) (value float64) {
	dst := grad[from:to]
	for i, x := range w[from:to] {
		n := o.observed[from+i]
		value += x * (.5*o.l2*x - n)
		dst[i] = o.l2*x - n
	}
	for _, p := range o.parts {
		for i, v := range p.grad[from:to] {
			dst[i] += v
		}
	}
	return value
}

// run sums ln Z and its gradient, the expected features, over a shard.
func (o *loss) run(p *part, w []float64) {
	clear(p.grad)
	p.value = 0
	n, edges := o.labels, len(o.label)
	p.lattice.transitions(n, w[edges:])
	for s := p.from; s < p.to; s++ {
		from, to := int(o.c.first[s]), int(o.c.first[s+1])
		p.u, p.node = grown(p.u, (to-from)*n), grown(p.node, (to-from)*n)
		o.unary(o.c, from, to, w, p.u)
		p.value += p.lattice.forward(p.u)
		p.lattice.backward(p.u, p.node)
		o.expect(o.c, from, to, p.node, p.grad)
		if !o.independent {
			p.lattice.addEdges(p.grad[edges:])
		}
	}
}

// unary sets u to the scores of the tokens from, …, to−1: u_t(y) = Σ_f w_fy over the features of t.
func (l *layout) unary(c *corpus, from, to int, w, u []float64) {
	clear(u)
	n := l.labels
	for t := from; t < to; t++ {
		row := u[(t-from)*n : (t-from+1)*n]
		for _, f := range c.feats[c.at[t]:c.at[t+1]] {
			labels := l.label[l.start[f]:l.start[f+1]]
			weights := w[l.start[f]:l.start[f+1]]
			weights = weights[:len(labels)]
			for k, y := range labels {
				row[y] += weights[k]
			}
		}
	}
}

// expect adds to grad, for each feature of a token, the probabilities of its labels there.
func (l *layout) expect(c *corpus, from, to int, node, grad []float64) {
	n := l.labels
	for t := from; t < to; t++ {
		row := node[(t-from)*n : (t-from+1)*n]
		for _, f := range c.feats[c.at[t]:c.at[t+1]] {
			labels := l.label[l.start[f]:l.start[f+1]]
			g := grad[l.start[f]:l.start[f+1]]
			g = g[:len(labels)]
			for k, y := range labels {
				g[k] += row[y]
			}
		}
	}
}
