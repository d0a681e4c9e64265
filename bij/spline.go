package bij

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Spline is a monotone rational-quadratic spline on [−B, B], K bins, with y = x outside
// (Durkan et al. 2019, eq. 4–8). In the bin of width w, height h, s = h/w, with slopes d and d′
// at its ends and lower corner (x_k, y_k), ξ = (x − x_k)/w,
//
//	y = y_k + h(sξ² + dξ(1 − ξ)) / (s + (d + d′ − 2s)ξ(1 − ξ)),
//	dy/dx = s²(d′ξ² + 2sξ(1 − ξ) + d(1 − ξ)²) / (s + (d + d′ − 2s)ξ(1 − ξ))².
//
// Widths and heights are shares of 2B, softmax with a floor of 1e-3; slopes are
// 1e-3 + ln(1 + eᵃ), shifted so that all-zero parameters are the identity. The outer slopes
// are 1, unless they are given as the others are: for maps of [−B, B] onto itself.
type Spline struct {
	Widths, Heights *g.Node // …×K
	Slopes          *g.Node // …×(K − 1), at the inner knots, or …×(K + 1), at all of them
	Bound           float64 // B
}

// splineFloor is the least share of a bin and the least slope (Durkan et al. 2019, appendix).
const splineFloor = 1e-3

// NewSpline returns a spline of its own for every element of an array of the dims, the identity
// at the start.
func NewSpline(s *model.Scope, law SplineLaw, dims ...int) Spline {
	p := s.Param("knots", model.Constant(0), append(append([]int{}, dims...), law.Params())...)
	return law.Map(p).(Spline)
}

// bin holds the quantities of the bin of every number.
type bin struct {
	x, y, w, h, d, next *g.Node // x_k, y_k, w, h, d, d′
}

// shares returns the widths or heights of bins, …×K, with sum 2B.
func (f Spline) shares(a *g.Node) *g.Node {
	k := a.Shape().Dim(-1)
	e := g.Exp(g.Sub(a, g.StopGradient(g.ReduceAndKeep(a, g.ReduceMax, -1))))
	share := g.Div(e, g.ReduceAndKeep(e, g.ReduceSum, -1))
	return g.MulScalar(g.AddScalar(g.MulScalar(share, 1-splineFloor*float64(k)), splineFloor), 2*f.Bound)
}

// find looks up the bins of v, numbers within the bounds, among the widths or (inverse) the
// heights. Sums over indicators take the place of gathers.
func (f Spline) find(v *g.Node, inverse bool) bin {
	w, h := f.shares(f.Widths), f.shares(f.Heights)
	k, slopes := w.Shape().Dim(-1), f.Slopes.Shape().Dim(-1)
	mustBe(k >= 2 && (slopes == k-1 || slopes == k+1) && h.Shape().Dim(-1) == k,
		"spline: got widths %v, heights %v and slopes %v, want K, K and K − 1 or K + 1 of them, K 2 or more", dims(w), dims(h), dims(f.Slopes))
	d := g.AddScalar(special.Softplus(g.AddScalar(f.Slopes, math.Log(math.Expm1(1-splineFloor)))), splineFloor)
	if slopes < k {
		one := g.OnesLike(cut(w, 0, 1))
		d = g.Concatenate([]*g.Node{one, d, one}, -1)
	}
	by := w
	if inverse {
		by = h
	}
	// Knots 1, …, K−1; a number is past the knots below it.
	ends := g.AddScalar(right(g.StopGradient(cut(by, 0, k-1)), table(w, k-1, k-1, func(i, j int) float64 { return indicator(i <= j) })), -f.Bound)
	v = g.ExpandAxes(v, -1)
	past := g.ConvertDType(g.GreaterOrEqual(v, like(ends, v)), v.DType())
	first := g.OnesLike(v)
	in := g.Sub(g.Concatenate([]*g.Node{first, past}, -1), g.Concatenate([]*g.Node{past, g.ZerosLike(v)}, -1))
	at := func(a *g.Node) *g.Node { return dot(in, a) }
	upTo := func(a *g.Node) *g.Node { return g.AddScalar(dot(past, cut(a, 0, k-1)), -f.Bound) }
	return bin{
		x: upTo(w), y: upTo(h), w: at(w), h: at(h),
		d: at(cut(d, 0, k)), next: at(cut(d, 1, k+1)),
	}
}

// inside returns where |v| < B, and v there, 0 elsewhere.
func (f Spline) inside(v *g.Node) (ok, within *g.Node) {
	ok = g.LessThan(g.Abs(v), special.ScalarLike(v, f.Bound))
	return ok, g.Where(ok, v, g.ZerosLike(v))
}

// logSlope returns ln dy/dx at ξ in a bin, and the denominator of y.
func (b bin) logSlope(xi *g.Node) (logSlope, down *g.Node) {
	s := g.Div(b.h, b.w)
	rest := g.OneMinus(xi)
	both := g.Mul(xi, rest)
	down = g.Add(s, g.Mul(g.Sub(g.Add(b.d, b.next), g.MulScalar(s, 2)), both))
	up := g.Add(g.Add(g.Mul(b.next, g.Square(xi)), g.MulScalar(g.Mul(s, both), 2)), g.Mul(b.d, g.Square(rest)))
	return g.Add(g.Log(up), g.MulScalar(g.Log(g.Div(s, down)), 2)), down
}

// Forward implements [Bijector].
func (f Spline) Forward(x *g.Node) (y, logDet *g.Node) {
	ok, v := f.inside(x)
	b := f.find(v, false)
	xi := g.Div(g.Sub(v, b.x), b.w)
	l, down := b.logSlope(xi)
	s := g.Div(b.h, b.w)
	up := g.Mul(xi, g.Add(g.Mul(s, xi), g.Mul(b.d, g.OneMinus(xi))))
	y = g.Add(b.y, g.Div(g.Mul(b.h, up), down))
	return g.Where(ok, y, x), g.Where(ok, l, g.ZerosLike(l))
}

// Inverse solves the quadratic equation for ξ in the form without cancellation,
// ξ = 2c/(−b − √(b² − 4ac)) (Durkan et al. 2019, eq. 6–8).
func (f Spline) Inverse(y *g.Node) (x, logDet *g.Node) {
	ok, v := f.inside(y)
	k := f.find(v, true)
	s := g.Div(k.h, k.w)
	t := g.Sub(v, k.y)
	bend := g.Mul(t, g.Sub(g.Add(k.d, k.next), g.MulScalar(s, 2)))
	a := g.Add(g.Mul(k.h, g.Sub(s, k.d)), bend)
	b := g.Sub(g.Mul(k.h, k.d), bend)
	c := g.Neg(g.Mul(s, t))
	root := g.Sqrt(g.Sub(g.Square(b), g.MulScalar(g.Mul(a, c), 4)))
	xi := g.Neg(g.Div(g.MulScalar(c, 2), g.Add(b, root)))
	l, _ := k.logSlope(xi)
	x = g.Add(k.x, g.Mul(xi, k.w))
	return g.Where(ok, x, y), g.Where(ok, g.Neg(l), g.ZerosLike(l))
}

// Event implements [Bijector]: a map of numbers.
func (Spline) Event() Event { return Event{} }
