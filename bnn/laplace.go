package bnn

import (
	"context"
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// fitLaplace approximates the posterior about its mode w* by N(w*, diag(1/h)),
//
//	h_j = 1/s_j² + Σ_i Σ_u (∂u_i/∂w_j)²,
//
// the prior's precision and the diagonal of the Fisher matrix of the rows (MacKay 1992; Ritter
// et al. 2018, section 2), u being the roots of the head.
func fitLaplace(ctx context.Context, r *trainer, n *Net) error {
	arrays, err := r.mode(ctx, n, point{shape: n.shape, sd: r.c.Prior.SD}, "laplace")
	if err != nil {
		return err
	}
	h, err := r.fisher(ctx, n.shape)
	if err != nil {
		return err
	}
	tau, rho, err := r.raiseEvidence(ctx, n, arrays)
	if err != nil {
		return err
	}
	sds := make(weights, len(h))
	for l := range h {
		prior := tau * math.Pow(r.c.Prior.SD*n.shape.scale(l), -2)
		for _, v := range h[l].W {
			sds[l].W = append(sds[l].W, 1/math.Sqrt(prior+rho*v))
		}
		for _, v := range h[l].B {
			sds[l].B = append(sds[l].B, 1/math.Sqrt(tau*math.Pow(r.c.Prior.SD, -2)+rho*v))
		}
	}
	return n.draw(r, func(key rng.Key, _ int) weights { return around(n.mean, sds, key) }, r.c.Draws, arrays)
}

// around draws weights N(mean, sd²).
func around(mean, sd weights, key rng.Key) weights {
	out := make(weights, len(mean))
	for l := range mean {
		out[l] = layer{
			W: jitter(mean[l].W, sd[l].W, key.Named(layerName(l)+"/weight")),
			B: jitter(mean[l].B, sd[l].B, key.Named(layerName(l)+"/bias")),
		}
	}
	return out
}

// jitter draws one array of them.
func jitter(mean, sd []float64, key rng.Key) []float64 {
	out := make([]float64, len(mean))
	key.NormalFloat64(out)
	for i, e := range out {
		out[i] = mean[i] + sd[i]*e
	}
	return out
}

// fisher returns the diagonal of the Fisher matrix of all rows at the current weights. A row's
// derivative by W of a layer with inputs a and outputs z is a ⊗ ∂u/∂z, so the squares of a batch
// sum to (a²)ᵀ(∂u/∂z)².
func (r *trainer) fisher(ctx context.Context, s shape) (weights, error) {
	prog := model.NewProgram(r.params, "fisher", func(scope *model.Scope, in []*g.Node) []*g.Node {
		pairs := s.pointWeights(scope)
		f, z, a := layersOf(in[0], pairs)
		sums := make([]*g.Node, 2*s.layers())
		for _, u := range r.head.roots(scope, f) {
			for l, d := range g.Gradient(g.ReduceAllSum(u), z...) {
				d2 := g.Square(d)
				w := g.Dot(g.Transpose(g.Square(a[l]), 0, 1), d2).Product()
				b := g.ReduceSum(d2, 0)
				if sums[2*l] != nil {
					w, b = g.Add(sums[2*l], w), g.Add(sums[2*l+1], b)
				}
				sums[2*l], sums[2*l+1] = w, b
			}
		}
		return sums
	})
	total := make(weights, s.layers())
	for l := range total {
		total[l] = layer{make([]float64, s[l]*s[l+1]), make([]float64, s[l+1])}
	}
	err := r.everyBatch(ctx, func(in [2]*model.Input) error {
		v, err := prog.Values(rng.Key{}, in[0].Tensor)
		for l := 0; err == nil && l < s.layers(); l++ {
			addTo(total[l].W, v[2*l])
			addTo(total[l].B, v[2*l+1])
		}
		return err
	})
	return total, err
}

// addTo adds src to dst.
func addTo(dst, src []float64) {
	for i, v := range src {
		dst[i] += v
	}
}

// everyBatch calls fn with each batch of the table in turn.
func (r *trainer) everyBatch(ctx context.Context, fn func(in [2]*model.Input) error) error {
	for first := 0; first < r.t.n; first += r.c.Batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		rows := make([]int, min(r.c.Batch, r.t.n-first))
		for i := range rows {
			rows[i] = first + i
		}
		in, err := r.batch(rows)
		if err != nil {
			return err
		}
		if err := fn(in); err != nil {
			return err
		}
	}
	return nil
}
