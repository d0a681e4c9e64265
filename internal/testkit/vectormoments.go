package testkit

import (
	"fmt"
	"math"
	"slices"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// MomentsLaw holds mean and variance to their formulas, and all first and second moments of
// 20,000 draws to both; right draws fail with probability 6e-7 a moment. Without a formula, mean
// and variance are to be NaN.
func (v Vectors) MomentsLaw(t testing.TB) {
	t.Helper()
	n := elements(v.Event)
	means := v.Values(t, 1, func(_ *model.Scope, d Distribution) *g.Node { return d.Mean() })
	variances := v.Values(t, 1, func(_ *model.Scope, d Distribution) *g.Node { return d.Variance() })
	if len(means) != n*len(v.Cases) || len(variances) != n*len(v.Cases) {
		t.Fatalf("%s: got %d means and %d variances, want %d", v.Name, len(means), len(variances), n*len(v.Cases))
	}
	if v.Mean == nil {
		if !math.IsNaN(means[0]) || !math.IsNaN(variances[0]) {
			t.Errorf("%s: got mean %v and variance %v, want none", v.Name, means[0], variances[0])
		}
		return
	}
	for c, xs := range v.Draws(t, 20000, 4) {
		p, name := v.Cases[c], fmt.Sprint(v.Name, ", case ", c)
		want := v.Mean(p)
		for i := range n {
			Close(t, name+", mean", means[c*n+i], want[i], 1e-12)
			Close(t, name+", variance", variances[c*n+i], v.Cov(p, i, i), 1e-12)
			for j := range i + 1 {
				products := make([]float64, len(xs))
				for k, x := range xs {
					products[k] = (x[i] - want[i]) * (x[j] - want[j])
				}
				MeanOrConstant(t, fmt.Sprint(name, ", covariance ", i, " ", j), products, v.Cov(p, i, j), 5)
			}
			element := make([]float64, len(xs))
			for k, x := range xs {
				element[k] = x[i]
			}
			MeanOrConstant(t, fmt.Sprint(name, ", mean ", i), element, want[i], 5)
		}
	}
}

// PathwiseLaw holds the derivatives of E[Σ aᵢxᵢ + bᵢxᵢ²], which are those of the moments, to the
// mean of those of 10,000 single draws; a right sampler fails with probability 6e-7 a derivative.
func (v Vectors) PathwiseLaw(t testing.TB) {
	t.Helper()
	const n = 10000
	if v.NoPath || v.Mean == nil || len(v.Params) == 0 {
		return
	}
	weigh := func(x *g.Node, power int) *g.Node {
		i := g.Iota(x.Graph(), x.Shape(), x.Rank()-1)
		return g.Mul(x, g.Sin(g.AddScalar(i, float64(power))))
	}
	for c, p := range v.Cases {
		slopes := func(rows int, fn func(s *model.Scope, d Distribution) *g.Node) [][]float64 {
			cases := slices.Repeat([][][]float64{p}, rows)
			return Graph(t, 6, func(s *model.Scope, _ []*g.Node) []*g.Node {
				nodes := v.Nodes(s, cases)
				return g.Gradient(g.ReduceAllSum(fn(s, v.Make(nodes))), nodes...)
			})
		}
		want := slopes(1, func(_ *model.Scope, d Distribution) *g.Node {
			m := d.Mean()
			return g.Add(weigh(m, 1), weigh(g.Add(d.Variance(), g.Square(m)), 2))
		})
		got := slopes(n, func(s *model.Scope, d Distribution) *g.Node {
			x := d.(Reparameterized).Rsample(s, "x", 1)
			return g.Add(weigh(x, 1), weigh(g.Square(x), 2))
		})
		for j, a := range v.Params {
			k := elements(a.Dims)
			for i := range k {
				column := make([]float64, n)
				for r := range n {
					column[r] = got[j][r*k+i]
				}
				MeanOrConstant(t, fmt.Sprint(v.Name, ", case ", c, ", ∂/∂", a.Name, i), column, want[j][i], 5)
			}
		}
	}
}
