package bnn

import (
	"context"
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
)

// swagRank is the number of the last deviations that SWAG keeps, and swagModels the number of
// iterates it sees (Maddox et al. 2019, section 3.3 and appendix: 20 and up to 140).
const (
	swagRank   = 20
	swagModels = 60
)

// fitSWAG follows the mode with stochastic gradient descent of constant rate and describes its
// path by a normal distribution (Maddox et al. 2019, algorithm 1),
//
//	w = w̄ + Σ_diag^½ z₁/√2 + D z₂/√(2(K−1)),  z₁, z₂ ~ N(0, 1),
//
// where D holds the deviations of the last K iterates from the running mean. The rate is that of
// the configuration times the variance of a row, which the curvature of the loss is divided by.
// It is the choice of rows that moves the path: a batch of all of them would leave it at the mode.
func fitSWAG(ctx context.Context, r *trainer, n *Net) error {
	p := point{shape: n.shape, sd: r.c.Prior.SD}
	arrays, err := r.mode(ctx, n, p, "mode")
	if err != nil {
		return err
	}
	c := &collector{}
	err = r.run(ctx, phase{
		name: "swag", net: p, epochs: r.c.Epochs, update: descent(r.c.LR * r.variance(arrays)), path: &swagPath{c, r, n},
	})
	if err != nil {
		return err
	}
	if arrays, err = r.arrays(); err != nil {
		return err
	}
	n.mean = n.shape.unflat(c.mean)
	return n.draw(r, func(key rng.Key, _ int) weights { return n.shape.unflat(c.draw(key)) }, r.c.Draws, arrays)
}

// maxStep bounds the length of a step of descent: a row whose own σ is far below the others' pulls
// with 1/σ², and one such step would leave the mode for good.
const maxStep = .1

// descent is stochastic gradient descent of a constant rate, in steps of at most maxStep.
func descent(eta float64) update {
	return update{
		graph: func(s *model.Scope, loss, rate, _ *g.Node) {
			names, nodes := s.Trainable()
			grads := g.Gradient(loss, nodes...)
			for i, d := range optim.ClipByNorm(grads, optim.GlobalNorm(grads), maxStep/eta) {
				s.Update(names[i], g.Sub(nodes[i], g.Mul(rate, d)))
			}
		},
		scalars: func(int, int) (float64, float64) { return eta, 0 },
	}
}

// swagPath shows iterates at equal distances to a collector.
type swagPath struct {
	*collector
	r *trainer
	n *Net
}

// swagEvery is the distance of iterates in steps.
func swagEvery(steps int) int { return max(1, steps/swagModels) }

func (p *swagPath) after(t, steps int) error {
	if t%swagEvery(steps) != 0 {
		return nil
	}
	arrays, err := p.r.arrays()
	if err == nil {
		p.see(p.n.shape.point(arrays).flat())
	}
	return err
}

// rows are both moments and the deviations.
func (p *swagPath) rows() [][]float64 {
	if p.seen == 0 {
		return nil
	}
	return append([][]float64{p.mean, p.second}, p.deviations...)
}

func (p *swagPath) restore(rows [][]float64, t, steps int) error {
	p.seen = t / swagEvery(steps)
	if p.seen == 0 {
		return checkPath(rows, 0, 0)
	}
	if err := checkPath(rows, 2+min(p.seen, swagRank), p.n.Weights()); err != nil {
		return err
	}
	p.mean, p.second, p.deviations = rows[0], rows[1], rows[2:]
	return nil
}

// collector gathers the moments of iterates and their last deviations.
type collector struct {
	seen         int
	mean, second []float64
	deviations   [][]float64
}

// see takes one iterate.
func (c *collector) see(w []float64) {
	if c.seen == 0 {
		c.mean, c.second = make([]float64, len(w)), make([]float64, len(w))
	}
	n := float64(c.seen)
	c.seen++
	d := make([]float64, len(w))
	for i, v := range w {
		c.mean[i] = (n*c.mean[i] + v) / (n + 1)
		c.second[i] = (n*c.second[i] + v*v) / (n + 1)
		d[i] = v - c.mean[i]
	}
	if c.deviations = append(c.deviations, d); len(c.deviations) > swagRank {
		c.deviations = c.deviations[1:]
	}
}

// draw draws weights.
func (c *collector) draw(key rng.Key) []float64 {
	w := make([]float64, len(c.mean))
	key.Named("diagonal").NormalFloat64(w)
	for i, e := range w {
		w[i] = c.mean[i] + e*math.Sqrt(math.Max(0, c.second[i]-c.mean[i]*c.mean[i])/2)
	}
	k := len(c.deviations)
	if k < 2 {
		return w
	}
	z := make([]float64, k)
	key.Named("low-rank").NormalFloat64(z)
	for j, d := range c.deviations {
		for i, v := range d {
			w[i] += v * z[j] / math.Sqrt(2*float64(k-1))
		}
	}
	return w
}

// flat returns the weights as one slice, and unflat reverses it.
func (w weights) flat() (out []float64) {
	for _, l := range w {
		out = append(append(out, l.W...), l.B...)
	}
	return out
}

func (s shape) unflat(v []float64) (w weights) {
	for l := range s.layers() {
		n, m := s[l]*s[l+1], s[l+1]
		w = append(w, layer{v[:n], v[n : n+m]})
		v = v[n+m:]
	}
	return w
}
