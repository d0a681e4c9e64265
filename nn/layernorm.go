package nn

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// normEpsilon is ε of the norms, PyTorch's value.
const normEpsilon = 1e-5

// LayerNorm returns
//
//	y = γ·(x − μ)/√(σ² + ε) + β,  ε = 1e-5,
//
// with mean μ and variance σ² over the last axis of x, …×C (Ba et al. 2016). Its parameters
// are "gain", γ, all 1 at the start, and "bias", β, all 0, of C values each.
func LayerNorm(s *model.Scope, x *g.Node) *g.Node {
	return gained(s, normalized(x, -1))
}

// normalized returns (x − μ)/√(σ² + ε) with the moments over the given axes.
func normalized(x *g.Node, axes ...int) *g.Node {
	centered := g.Sub(x, g.ReduceAndKeep(x, g.ReduceMean, axes...))
	variance := g.ReduceAndKeep(g.Square(centered), g.ReduceMean, axes...)
	return g.Div(centered, g.Sqrt(g.AddScalar(variance, normEpsilon)))
}

// gained scales and shifts the channels, the last axis.
func gained(s *model.Scope, x *g.Node) *g.Node {
	channels := x.Shape().Dim(-1)
	gain, bias := s.Param("gain", model.Constant(1), channels), s.Param("bias", model.Constant(0), channels)
	return g.Add(g.Mul(x, g.ExpandLeftToRank(gain, x.Rank())), g.ExpandLeftToRank(bias, x.Rank()))
}
