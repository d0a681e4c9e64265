package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// TruncatedNormal is the normal distribution with mean μ and standard deviation σ before it is
// conditioned on [Low, High]; with z = (x − μ)/σ and a, b that of the ends,
//
//	ln p(x) = −z²/2 − ln σ − ln ∫ e^(−t²/2) dt over [a, b],  Low ≤ x ≤ High.
type TruncatedNormal struct {
	Loc   *g.Node // μ
	Scale *g.Node // σ
	Low   *g.Node // lower end, finite
	High  *g.Node // upper end, finite and above Low; all broadcast against each other
}

// spread gives the parameters the shape of a draw.
func (d TruncatedNormal) spread() TruncatedNormal {
	n := together(d.Loc, d.Scale, d.Low, d.High)
	return TruncatedNormal{n[0], n[1], n[2], n[3]}
}

// ends are those of z.
func (d TruncatedNormal) ends() (a, b *g.Node) {
	return g.Div(g.Sub(d.Low, d.Loc), d.Scale), g.Div(g.Sub(d.High, d.Loc), d.Scale)
}

// normalPart are integrals of the standard normal density between two ends. It is taken relative
// to that at mode, the point of the interval that is nearest to 0, so that neither the
// tails underflow nor short intervals cancel.
type normalPart struct {
	mode   *g.Node // without a derivative, which cancels in all results
	logSum *g.Node // ln ∫ e^(−(t² − mode²)/2) dt
	mean   *g.Node // E[t]
	spread *g.Node // Var[t]
}

// normalNodes is the number of nodes of the Gauss–Legendre rule: over the 18 standard deviations
// in which a normal density exceeds e^−40 it is right to 1e-15.
const normalNodes = 64

// integrateNormal integrates over [a, b], or so much of it that e^−40 of the maximum is left out.
func integrateNormal(a, b *g.Node) normalPart {
	const depth = 80 // twice the fall of the logarithm
	mode := g.StopGradient(g.Max(a, g.Min(b, g.ZerosLike(a))))
	far := g.Abs(mode)
	reach := g.Div(special.ScalarLike(far, depth), g.Add(far, g.Sqrt(g.AddScalar(g.Square(far), depth))))
	lo, hi := g.Max(a, g.Sub(mode, reach)), g.Min(b, g.Add(mode, reach))

	at, w := legendre(normalNodes, lo)
	low, width := g.ExpandAxes(g.Sub(lo, mode), -1), g.ExpandAxes(g.Sub(hi, lo), -1)
	step := g.Add(low, g.Mul(width, at)) // t − mode
	fall := g.Mul(step, g.Add(g.ExpandAxes(mode, -1), g.MulScalar(step, .5)))
	mass := g.Mul(g.Exp(g.Neg(fall)), w)
	total := g.ReduceAndKeep(mass, g.ReduceSum, -1)
	share := g.Div(mass, total)
	mean := g.ReduceAndKeep(g.Mul(share, step), g.ReduceSum, -1)
	last := func(x *g.Node) *g.Node { return g.Squeeze(x, -1) }
	return normalPart{
		mode:   mode,
		logSum: g.Add(g.Log(last(total)), g.Log(g.Sub(hi, lo))),
		mean:   g.Add(mode, last(mean)),
		spread: g.ReduceSum(g.Mul(share, g.Square(g.Sub(step, mean))), -1),
	}
}

// LogProb implements [Distribution].
func (d TruncatedNormal) LogProb(x *g.Node) *g.Node {
	align(x, &d.Loc, &d.Scale, &d.Low, &d.High)
	n := together(x, d.Low, d.High)
	ok := g.And(g.GreaterOrEqual(n[0], n[1]), g.LessOrEqual(n[0], n[2]))
	d = d.spread()
	part := integrateNormal(d.ends())
	z := g.Sub(g.Div(g.Sub(x, d.Loc), d.Scale), part.mode)
	z = keep(ok, z, 0)
	fall := g.Mul(z, g.Add(part.mode, g.MulScalar(z, .5)))
	return supported(ok, g.Neg(g.Add(fall, g.Add(part.logSum, g.Log(d.Scale)))))
}

// Mean returns μ + σE[z].
func (d TruncatedNormal) Mean() *g.Node {
	d = d.spread()
	return g.Add(d.Loc, g.Mul(d.Scale, integrateNormal(d.ends()).mean))
}

// Variance returns σ²Var[z].
func (d TruncatedNormal) Variance() *g.Node {
	d = d.spread()
	return g.Mul(g.Square(d.Scale), integrateNormal(d.ends()).spread)
}

// Entropy returns ½E[z²] + ln σ + ln ∫ e^(−t²/2) dt.
func (d TruncatedNormal) Entropy() *g.Node {
	d = d.spread()
	part := integrateNormal(d.ends())
	shift := g.Mul(g.Sub(part.mean, part.mode), g.Add(part.mean, part.mode))
	return g.Add(g.MulScalar(g.Add(shift, part.spread), .5), g.Add(g.Log(d.Scale), part.logSum))
}

// CDF returns the ratio of the integrals up to x and up to High.
func (d TruncatedNormal) CDF(x *g.Node) *g.Node {
	align(x, &d.Loc, &d.Scale, &d.Low, &d.High)
	n := together(x, d.Loc, d.Scale, d.Low, d.High)
	d = TruncatedNormal{n[1], n[2], n[3], n[4]}
	inside := g.And(g.GreaterThan(n[0], d.Low), g.LessThan(n[0], d.High))
	a, b := d.ends()
	z := g.Div(g.Sub(g.Where(inside, n[0], g.MulScalar(g.Add(d.Low, d.High), .5)), d.Loc), d.Scale)
	below, all := integrateNormal(a, z), integrateNormal(a, b)
	gap := g.MulScalar(g.Mul(g.Sub(below.mode, all.mode), g.Add(below.mode, all.mode)), .5)
	value := g.Exp(g.Sub(g.Sub(below.logSum, all.logSum), gap))
	outside := g.ConvertDType(g.GreaterOrEqual(n[0], d.High), x.DType())
	return g.Where(inside, value, outside)
}

// Sample implements [Distribution].
func (d TruncatedNormal) Sample(s *model.Scope, name string, m int) *g.Node {
	return d.Rsample(s, name, m)
}

// Rsample inverts the distribution function, M×shape: with Q = 1 − Φ, z solves
// Q(z) = (1 − u)Q(a) + uQ(b), u uniform, from which dz = (1 − u)φ(a)/φ(z) da + uφ(b)/φ(z) db.
func (d TruncatedNormal) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.spread()
	u := uniformSides(s, name, m, dims(d.Loc))
	a, b := d.ends()
	a, b = repeat(a, m), repeat(b, m)
	z := g.StopGradient(truncatedQuantile(u, g.StopGradient(a), g.StopGradient(b)))
	ratio := func(end *g.Node) *g.Node { // φ(end)/φ(z)
		return g.Exp(g.MulScalar(g.Mul(g.Sub(z, end), g.Add(z, end)), .5))
	}
	z = sloped(z, a, g.Mul(u.v, ratio(a)), b, g.Mul(u.u, ratio(b)))
	x := g.Add(repeat(d.Loc, m), g.Mul(repeat(d.Scale, m), z))
	return g.Max(repeat(d.Low, m), g.Min(x, repeat(d.High, m)))
}

// truncatedQuantile solves Q(z) = (1 − u)Q(a) + uQ(b) in logarithms. Where the interval lies
// below 0 it is reflected, so that Q is that of the nearer tail.
func truncatedQuantile(u sides, a, b *g.Node) *g.Node {
	flip := g.LessThan(g.Add(a, b), g.ZerosLike(a))
	p, q := g.Where(flip, g.Neg(b), a), g.Where(flip, g.Neg(a), b)
	v := g.Where(flip, u.v, u.u)
	logQ := func(z *g.Node) *g.Node { return special.LogNdtr(g.Neg(z)) }
	drop := g.Neg(special.Expm1(g.Sub(logQ(q), logQ(p)))) // 1 − Q(q)/Q(p)
	y := g.Add(logQ(p), g.Log1p(g.Neg(g.Mul(v, drop))))

	// The start is the quantile for Q above e^−5, below it z²/2 = −y − ln z√2π; four steps of
	// Newton's method on the concave ln Q reach the rounding error.
	deep := g.LessThan(y, special.ScalarLike(y, -5))
	w := g.MulScalar(keep(deep, y, -5), -2)
	tail := g.Sqrt(g.Sub(w, g.Log(g.MulScalar(w, 2*math.Pi))))
	z := g.Where(deep, tail, g.Neg(special.Ndtri(g.Exp(keep(g.LogicalNot(deep), y, -1)))))
	for range 4 {
		value := logQ(z)
		hazard := g.Exp(g.Neg(g.Add(value, g.AddScalar(g.MulScalar(g.Square(z), .5), .5*math.Log(2*math.Pi)))))
		z = g.Where(deep, g.Add(z, g.Div(g.Sub(value, y), hazard)), z)
	}
	z = g.Max(p, g.Min(z, q))
	return g.Where(flip, g.Neg(z), z)
}

// Support implements [Declared].
func (d TruncatedNormal) Support() Support {
	return Support{Set: Interval, Low: d.Low, High: d.High}
}

// Parameters implements [Declared].
func (d TruncatedNormal) Parameters() []Parameter {
	return []Parameter{
		{"Loc", d.Loc, Support{Set: Real}},
		{"Scale", d.Scale, Support{Set: Positive}},
		{"Low", d.Low, Support{Set: Real}},
		{"High", d.High, Support{Set: AtLeast, Low: d.Low}},
	}
}
