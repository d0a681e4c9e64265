// Package special holds scalar functions of graph nodes that the graph library lacks or
// whose gradients lose digits. Each is finite wherever its value is, in float32 and
// float64, and so is its gradient. Gradients are themselves made of differentiable nodes: a graph may be
// differentiated twice, and oftener where no doc comment sets a limit.
package special

import g "github.com/gomlx/gomlx/core/graph"

// withGradient returns value, whose derivative with respect to x is slope. The term
// u − x is exactly zero; only its gradient counts.
func withGradient(x, value, slope *g.Node) *g.Node {
	u := g.IdentityWithCustomGradient(x, func(_, v *g.Node) *g.Node { return g.Mul(v, slope) })
	return g.Add(g.StopGradient(value), g.Sub(u, g.StopGradient(x)))
}

// Expm1 returns eˣ − 1 with its derivative eˣ, which the graph library's own lacks.
func Expm1(x *g.Node) *g.Node { return withGradient(x, g.Expm1(x), g.Exp(x)) }

// ScalarLike returns the constant v in the type of x.
func ScalarLike(x *g.Node, v float64) *g.Node { return g.Scalar(x.Graph(), x.DType(), v) }

// SumDims sums over all axes but the first: B×… to B.
func SumDims(x *g.Node) *g.Node {
	axes := make([]int, 0, x.Rank()-1)
	for i := 1; i < x.Rank(); i++ {
		axes = append(axes, i)
	}
	if len(axes) == 0 {
		return x
	}
	return g.ReduceSum(x, axes...)
}
