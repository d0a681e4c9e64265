package vae

import (
	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// blend is the distribution of n codes that come from a mixture of K normal distributions with
// independent elements each,
//
//	ln p(z) = ln Σ_k π_k N(z; μ_k, diag σ_k²),  π = softmax(logits).
//
// Its log-density has one value a code: a mixture does not factorise over the elements.
type blend struct {
	logits *g.Node     // K
	of     dist.Normal // K×L
	rows   int         // n
}

// weights are ln π_k, K.
func (d blend) weights() *g.Node {
	return g.Sub(d.logits, g.ExpandAxes(special.LogSumExp(d.logits, -1), -1))
}

// LogProb implements [dist.Distribution] for codes …×L.
func (d blend) LogProb(z *g.Node) *g.Node {
	each := d.of
	w := d.weights()
	for range z.Rank() - 1 {
		each.Loc, each.LogScale, w = g.ExpandAxes(each.Loc, 0), g.ExpandAxes(each.LogScale, 0), g.ExpandAxes(w, 0)
	}
	return special.LogSumExp(g.Add(g.ReduceSum(each.LogProb(g.ExpandAxes(z, -2)), -1), w), -1)
}

// average is Σ_k π_k v_k for v of K×L, n×L.
func (d blend) average(v *g.Node) *g.Node {
	mean := g.ReduceSum(g.Mul(g.ExpandAxes(g.Exp(d.weights()), -1), v), 0)
	return g.BroadcastToDims(g.ExpandAxes(mean, 0), d.rows, v.Shape().Dim(-1))
}

// Mean is Σ_k π_k μ_k.
func (d blend) Mean() *g.Node { return d.average(d.of.Loc) }

// Variance is Σ_k π_k (σ_k² + μ_k²) less the square of the mean.
func (d blend) Variance() *g.Node {
	return g.Sub(d.average(g.Add(d.of.Variance(), g.Square(d.of.Loc))), g.Square(d.Mean()))
}

// Sample implements [dist.Distribution]: the component of a code is the one whose ln π_k with Gumbel
// noise is the largest (Gumbel 1954), and the code is drawn from it. Draws have no gradient.
func (d blend) Sample(s *model.Scope, name string, m int) *g.Node {
	s = s.In(name)
	k, l := d.of.Loc.Shape().Dim(0), d.of.Loc.Shape().Dim(1)
	u := g.ClipScalar(s.Uniform("component", m*d.rows, k), 0x1p-24, 1-0x1p-24)
	chosen := g.ArgMax(g.Sub(g.ExpandAxes(d.weights(), 0), g.Log(g.Neg(g.Log(u)))), -1, dtypes.Int32)
	pick := g.OneHot(chosen, k, s.DType())
	of := func(v *g.Node) *g.Node { return g.Dot(pick, v).Product() }
	eps := s.Normal("element", m*d.rows, l)
	z := g.Add(of(d.of.Loc), g.Mul(g.Exp(of(d.of.LogScale)), eps))
	return g.StopGradient(g.Reshape(z, m, d.rows, l))
}
