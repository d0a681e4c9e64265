package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// StudentT is Student's distribution with ν degrees of freedom, location μ and scale s; with
// z = (x − μ)/s,
//
//	ln p(x) = −½(ν + 1) ln(1 + z²/ν) − ½ ln ν − ln B(½, ν/2) − ln s.
type StudentT struct {
	DF    *g.Node // ν
	Loc   *g.Node // μ
	Scale *g.Node // s; all broadcast against each other
}

// spread gives the parameters the shape of a draw.
func (d StudentT) spread() StudentT {
	n := together(d.DF, d.Loc, d.Scale)
	return StudentT{n[0], n[1], n[2]}
}

// LogProb implements [Distribution].
func (d StudentT) LogProb(x *g.Node) *g.Node {
	align(x, &d.DF, &d.Loc, &d.Scale)
	z := g.Div(g.Div(g.Sub(x, d.Loc), d.Scale), g.Sqrt(d.DF))
	tail := g.Mul(g.MulScalar(g.AddScalar(d.DF, 1), .5), log1pSquare(z))
	return g.Neg(g.Add(tail, g.Add(d.logNorm(), g.Log(d.Scale))))
}

// logNorm returns ½ ln ν + ln B(½, ν/2).
func (d StudentT) logNorm() *g.Node {
	half := g.MulScalar(d.DF, .5)
	return g.Add(g.MulScalar(g.Log(d.DF), .5), special.LogBeta(g.MulScalar(g.OnesLike(half), .5), half))
}

// Mean returns μ, NaN for ν ≤ 1.
func (d StudentT) Mean() *g.Node {
	d = d.spread()
	return keep(g.GreaterThan(d.DF, g.OnesLike(d.DF)), d.Loc, math.NaN())
}

// Variance returns s²ν/(ν − 2), infinite for 1 < ν ≤ 2 and NaN for ν ≤ 1.
func (d StudentT) Variance() *g.Node {
	d = d.spread()
	finite := g.GreaterThan(d.DF, special.ScalarLike(d.DF, 2))
	df := keep(finite, d.DF, 3)
	v := keep(finite, g.Mul(g.Square(d.Scale), g.Div(df, g.AddScalar(df, -2))), math.Inf(1))
	return keep(g.GreaterThan(d.DF, g.OnesLike(d.DF)), v, math.NaN())
}

// Entropy returns ½(ν + 1)(ψ(½(ν + 1)) − ψ(ν/2)) + ½ ln ν + ln B(½, ν/2) + ln s, whose
// difference of digamma functions is ln(1 + 1/ν) + 1/ν − 1/(ν + 1) + δ'(½(ν + 1)) − δ'(ν/2).
func (d StudentT) Entropy() *g.Node {
	d = d.spread()
	next, inverse := g.AddScalar(d.DF, 1), g.Reciprocal(d.DF)
	step := g.Sub(g.Add(g.Log1p(inverse), inverse), g.Reciprocal(next))
	step = g.Add(step, g.Sub(stirlingSlope(g.MulScalar(next, .5)), stirlingSlope(g.MulScalar(d.DF, .5))))
	return g.Add(g.Add(g.Mul(g.MulScalar(next, .5), step), d.logNorm()), g.Log(d.Scale))
}

// CDF returns ½ I_w(ν/2, ½) with w = ν/(ν + z²) for z ≤ 0, and the rest of 1 above; for z² < ν
// it is ½ ± ½ I_v(½, ν/2) with v = 1 − w. The slope in z is the density, for that of I_v is
// infinite at z = 0.
func (d StudentT) CDF(x *g.Node) *g.Node {
	align(x, &d.DF, &d.Loc, &d.Scale)
	n := together(d.DF, g.Div(g.Sub(x, d.Loc), d.Scale))
	df, live := n[0], n[1]
	z := g.StopGradient(live)                              // the derivative by z is the density
	ratio := g.Div(g.MaxScalar(g.Square(z), 0x1p-120), df) // z²/ν, above 0
	small := g.LessThan(ratio, g.OnesLike(ratio))
	a, half := g.MulScalar(df, .5), full(df, dims(df), .5)
	w, v := g.Reciprocal(g.AddScalar(keep(g.LogicalNot(small), ratio, 1), 1)), keep(small, ratio, 1)
	tail := g.MulScalar(special.BetaInc(a, half, w), .5)
	middle := g.MulScalar(special.BetaInc(half, a, g.Div(v, g.AddScalar(v, 1))), .5)
	lower := g.Where(small, g.Neg(g.AddScalar(middle, -.5)), tail)
	value := g.Where(g.GreaterThan(z, g.ZerosLike(z)), g.OneMinus(lower), lower)
	density := g.Exp(StudentT{df, g.ZerosLike(df), g.OnesLike(df)}.LogProb(live))
	by := func(y *g.Node) *g.Node { return g.Gradient(g.ReduceAllSum(y), df)[0] }
	// The slope in ν at fixed z moves with z as that of the density.
	slope := g.Add(by(value), sloped(g.ZerosLike(live), live, by(density)))
	return sloped(value, live, density, df, slope)
}

// Sample implements [Distribution].
func (d StudentT) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns μ + sε√(ν/2y), M×shape, with ε normal and y a gamma variable of concentration
// ν/2 with the implicit derivative.
func (d StudentT) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.spread()
	eps := s.In(name).Normal("numerator", drawn(m, d.Loc)...)
	half := g.MulScalar(d.DF, .5)
	logY := drawLogGamma(s.In(name), "denominator", m, half)
	ratio := expNormal(g.MulScalar(g.Sub(repeat(g.Log(half), m), logY), .5))
	return g.Add(repeat(d.Loc, m), g.Mul(repeat(d.Scale, m), g.Mul(eps, ratio)))
}

// Support implements [Declared].
func (d StudentT) Support() Support { return Support{Set: Real} }

// Parameters implements [Declared].
func (d StudentT) Parameters() []Parameter {
	return []Parameter{
		{"DF", d.DF, Support{Set: Positive}},
		{"Loc", d.Loc, Support{Set: Real}},
		{"Scale", d.Scale, Support{Set: Positive}},
	}
}
