package special

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"
)

// Ndtri returns Φ⁻¹(p) for 0 < p < 1; it is ∓∞ at 0 and 1. Its derivative is 1/φ(Φ⁻¹(p)).
//
// For |p − ½| ≤ .425 it is p − ½ times a rational function of (p − ½)², in the tails a rational
// function of √(−ln min(p, 1−p)), as Wichura (1988) divides the range.
func Ndtri(p *g.Node) *g.Node {
	q := g.AddScalar(p, -.5)
	value := quantile(q, g.Min(p, g.OneMinus(p)))
	var y *g.Node // the value with its gradient
	y = lazyGradient(p, value, func() *g.Node { return g.Reciprocal(density(y)) })
	return y
}

// Erfinv returns the inverse of the error function on (−1, 1), Φ⁻¹((1+x)/2)/√2, with full
// relative precision near 0. Its derivative is √π/2 e^(y²).
func Erfinv(x *g.Node) *g.Node {
	value := g.MulScalar(quantile(g.MulScalar(x, .5), g.MulScalar(g.OneMinus(g.Abs(x)), .5)), math.Sqrt2/2)
	var y *g.Node // the value with its gradient
	y = lazyGradient(x, value, func() *g.Node {
		return g.MulScalar(g.Exp(g.Square(y)), math.Sqrt(math.Pi)/2)
	})
	return y
}

// quantile returns Φ⁻¹(½ + q), where tail is ½ − |q|.
func quantile(q, tail *g.Node) *g.Node {
	const middle = .425
	outer := g.GreaterThan(g.Abs(q), fill(q, middle))
	inner := g.Where(outer, g.ZerosLike(q), q)
	centre := g.Mul(inner, quantileCentre.at(g.Sub(fill(q, middle*middle), g.Square(inner))))
	r := g.Sqrt(g.Neg(g.Log(g.Where(outer, tail, fill(tail, .075)))))
	five := fill(r, 5)
	far := g.GreaterThan(r, five)
	// Beyond r = 28, which no float64 but 0 reaches, the fraction is replaced by √2 r.
	end := g.Where(g.GreaterThan(r, fill(r, 28)), g.MulScalar(r, math.Sqrt2),
		quantileFarTail.at(g.AddScalar(g.Max(g.Min(r, fill(r, 28)), five), -5)))
	outside := g.Where(far, end, quantileTail.at(g.AddScalar(g.Min(r, five), -1.6)))
	return g.Where(outer, g.Where(negative(q), g.Neg(outside), outside), centre)
}
