package bij

import g "github.com/gomlx/gomlx/core/graph"

// Ordered maps vectors onto those with increasing elements,
//
//	y_1 = x_1,  y_k = y_{k−1} + e^{x_k},  ln|det| = Σ_{k>1} x_k.
type Ordered struct{}

// Forward implements [Bijector].
func (Ordered) Forward(x *g.Node) (y, logDet *g.Node) {
	n := width("ordered", x)
	if n == 1 {
		return x, zeros(x, 1)
	}
	first, rest := cut(x, 0, 1), cut(x, 1, n)
	steps := g.Concatenate([]*g.Node{first, g.Exp(rest)}, -1)
	y = right(steps, table(x, n, n, func(j, k int) float64 { return indicator(j <= k) }))
	return y, g.ReduceSum(rest, -1)
}

// Inverse implements [Bijector].
func (Ordered) Inverse(y *g.Node) (x, logDet *g.Node) {
	n := width("ordered", y)
	if n == 1 {
		return y, zeros(y, 1)
	}
	rest := g.Log(g.Sub(cut(y, 1, n), cut(y, 0, n-1)))
	return g.Concatenate([]*g.Node{cut(y, 0, 1), rest}, -1), g.Neg(g.ReduceSum(rest, -1))
}

// Event implements [Bijector]: vectors.
func (Ordered) Event() Event { return vectors(0) }
