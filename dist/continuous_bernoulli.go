package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// ContinuousBernoulli is the exponential family on [0, 1] with natural parameter l
// (Loaiza-Ganem & Cunningham 2019), the normalised likelihood for grey pixels:
//
//	ln p(x) = x·l − ln((e^l − 1)/l).
type ContinuousBernoulli struct {
	Logits *g.Node // l
}

// LogProb implements [Distribution].
func (d ContinuousBernoulli) LogProb(x *g.Node) *g.Node {
	d.Logits = like(d.Logits, x)
	return g.Sub(g.Mul(x, d.Logits), special.LogExprel(d.Logits))
}

// cbSeries is the |l| below which moments and quantiles use their Taylor series.
const cbSeries = .05

// Mean returns 1/(1 − e^−l) − 1/l, which is ½ + l/12 − l³/720 near 0.
func (d ContinuousBernoulli) Mean() *g.Node {
	l, near := d.split()
	a := g.Abs(l)
	e := g.Neg(special.Expm1(g.Neg(a)))
	above := g.Sub(g.Reciprocal(e), g.Reciprocal(a)) // mean at |l|
	closed := g.Where(g.GreaterThan(l, g.ZerosLike(l)), above, g.OneMinus(above))
	x := d.Logits
	series := g.AddScalar(g.Sub(g.MulScalar(x, 1./12), g.MulScalar(g.Mul(x, g.Square(x)), 1./720)), .5)
	return g.Where(near, series, closed)
}

// Variance returns 1/l² − 1/(4 sinh²(l/2)), which is 1/12 − l²/240 near 0.
func (d ContinuousBernoulli) Variance() *g.Node {
	l, near := d.split()
	a := g.Abs(l)
	e := g.Neg(special.Expm1(g.Neg(a)))
	closed := g.Sub(g.Reciprocal(g.Square(a)), g.Div(g.Exp(g.Neg(a)), g.Square(e)))
	series := g.AddScalar(g.MulScalar(g.Square(d.Logits), -1./240), 1./12)
	return g.Where(near, series, closed)
}

// Sample inverts the distribution function: x = ln(1 + u(e^l − 1))/l. For l > 0 the mirror
// image 1 − x at −l is used, so that e^l does not overflow.
func (d ContinuousBernoulli) Sample(s *model.Scope, name string, m int) *g.Node {
	d.Logits = repeat(d.Logits, m)
	u := s.Uniform(name, dims(d.Logits)...)
	l, near := d.split()
	a := g.Abs(l)
	low := g.Neg(g.Div(g.Log1p(g.Mul(u, special.Expm1(g.Neg(a)))), a)) // a draw at −|l|
	x := g.Where(g.GreaterThan(l, g.ZerosLike(l)), g.OneMinus(low), low)
	// Near 0 the quantile is u + l·u(1 − u)/2 up to terms in l².
	flat := g.Add(u, g.MulScalar(g.Mul(d.Logits, g.Mul(u, g.OneMinus(u))), .5))
	return g.StopGradient(g.ClipScalar(g.Where(near, flat, x), 0, 1))
}

// Support implements [Declared].
func (d ContinuousBernoulli) Support() Support { return Support{Set: Unit} }

// Parameters implements [Declared].
func (d ContinuousBernoulli) Parameters() []Parameter {
	return []Parameter{{"Logits", d.Logits, Support{Set: Real}}}
}

// split returns logits moved away from 0, where the closed forms divide 0 by 0, and the
// mask of those that were moved.
func (d ContinuousBernoulli) split() (l, near *g.Node) {
	near = g.LessThan(g.Abs(d.Logits), special.ScalarLike(d.Logits, cbSeries))
	return g.Where(near, g.OnesLike(d.Logits), d.Logits), near
}
