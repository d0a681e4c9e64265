package bnn

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// The hyper-prior s² ~ InvGamma(a, b) of a weight's variance relative to the square of its scale,
// with the figures of Wu et al. 2019, section 4.2. It has to hold s² up: where it is vague, groups
// of weights that have little to do shrink and take s² down with them, until nothing is left.
const (
	hyperA = 4.4798
	hyperB = 10.
)

// hierarchicalPrior is p(w|s²) = N(0, s²), p(s²) = InvGamma(a, b), with s² of a group of n
// weights at the maximum of the bound (Wu et al. 2019, eq. 14),
//
//	s² = (Σ(μ² + σ²) + 2b) / (n + 2a + 2).
//
// A group is a layer's weights, or those of one input: automatic relevance determination (Neal
// 1996, section 4.1), which lets an input that explains nothing be switched off. At the maximum
// the derivative by s² is 0, so the gradient may hold s² fixed.
type hierarchicalPrior struct{ byInput bool }

func (p hierarchicalPrior) kl(_ *model.Scope, q normal, scale float64) *g.Node {
	var axes []int
	n := float64(q.M.Shape().Size())
	if p.byInput && q.M.Rank() == 2 {
		axes = []int{1}
		n = float64(q.M.Shape().Dim(1))
	}
	b := hyperB * scale * scale
	second := g.Add(g.Square(q.M), g.Square(q.S))
	sum := g.ReduceSum(second, axes...)
	if axes == nil {
		sum = g.ReduceAllSum(second)
	}
	v := g.StopGradient(g.DivScalar(g.AddScalar(sum, 2*b), n+2*hyperA+2))
	// KL of the group, then −ln p(s²).
	kl := g.Sub(g.Add(g.Div(sum, g.MulScalar(v, 2)), g.MulScalar(g.Log(v), n/2)), g.Scalar(v.Graph(), v.DType(), n/2))
	lgamma, _ := math.Lgamma(hyperA)
	hyper := g.AddScalar(g.Add(g.MulScalar(g.Log(v), hyperA+1), g.Div(g.Scalar(v.Graph(), v.DType(), b), v)), lgamma-hyperA*math.Log(b))
	return g.Sub(g.ReduceAllSum(g.Add(kl, hyper)), g.ReduceAllSum(g.Log(q.S)))
}
