package special

import g "github.com/gomlx/gomlx/core/graph"

// The functions of this file exist in the graph library without gradients.

// Rsqrt returns 1/√x with its derivative −x^(−3/2)/2.
func Rsqrt(x *g.Node) *g.Node {
	return lazyGradient(x, g.Rsqrt(x), func() *g.Node { return g.MulScalar(g.Div(Rsqrt(x), x), -.5) })
}

// Clamp returns x limited to [low, high], with derivative 1 inside and at the ends, 0 outside.
func Clamp(x *g.Node, low, high float64) *g.Node {
	lo, hi := fill(x, low), fill(x, high)
	value := g.Min(g.Max(x, lo), hi)
	return lazyGradient(x, value, func() *g.Node { return g.ConvertDType(g.Equal(value, x), x.DType()) })
}

// Atan2 returns the angle of the point (x, y) in (−π, π], with derivatives x/r² in y and −y/r² in
// x, r² = x² + y², and 0 at the origin.
func Atan2(y, x *g.Node) *g.Node {
	yx := broadcast(y, x)
	y, x = yx[0], yx[1]
	inverse := func() *g.Node {
		r2 := g.Add(g.Square(x), g.Square(y))
		origin := g.Equal(r2, g.ZerosLike(r2))
		return g.Where(origin, g.ZerosLike(r2), g.Reciprocal(g.Where(origin, g.OnesLike(r2), r2)))
	}
	return g.Add(g.StopGradient(g.Atan2(y, x)), g.Add(
		attach(y, func() *g.Node { return g.Mul(x, inverse()) }),
		attach(x, func() *g.Node { return g.Neg(g.Mul(y, inverse())) })))
}

// Product returns the product over one axis by a tree of multiplications, whose gradient is right
// where factors are zero.
func Product(x *g.Node, axis int) *g.Node {
	axis = (axis + x.Rank()) % x.Rank()
	n := x.Shape().Dim(axis)
	if n == 1 {
		return g.Squeeze(x, axis)
	}
	part := func(from, to int) *g.Node {
		ranges := make([]g.SliceAxisSpec, x.Rank())
		for i := range ranges {
			ranges[i] = g.AxisRange()
		}
		ranges[axis] = g.AxisRange(from, to)
		return g.Slice(x, ranges...)
	}
	half := g.Mul(part(0, n/2), part(n/2, n/2*2))
	if n%2 == 1 {
		half = g.Concatenate([]*g.Node{half, part(n-1, n)}, axis)
	}
	return Product(half, axis)
}
