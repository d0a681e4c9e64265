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

// Entropy returns ln((e^l − 1)/l) − l·E[x], at −|l|, where no large terms cancel.
func (d ContinuousBernoulli) Entropy() *g.Node {
	d.Logits = g.Neg(g.Abs(d.Logits))
	return g.Sub(special.LogExprel(d.Logits), g.Mul(d.Logits, d.Mean()))
}

// CDF returns (e^(lx) − 1)/(e^l − 1) on [0, 1].
func (d ContinuousBernoulli) CDF(x *g.Node) *g.Node {
	n := together(x, d.Logits)
	x, d.Logits = g.ClipScalar(n[0], 0, 1), n[1]
	density := g.Exp(d.LogProb(x))
	return sloped(d.rise(x, 1), x, density, d.Logits, g.Neg(g.Mul(density, d.slope(x))))
}

// rise returns (e^(tx) − 1)/(e^t − 1) with t = l·sign, by Bernoulli polynomials near 0.
func (d ContinuousBernoulli) rise(x *g.Node, sign float64) *g.Node {
	l, near := d.split()
	t, a := g.MulScalar(l, sign), g.Abs(l)
	up := g.GreaterThan(t, g.ZerosLike(t))
	part := func(x *g.Node) *g.Node { return g.Neg(special.Expm1(g.Neg(g.Mul(a, x)))) } // 1 − e^(−|t|x)
	closed := g.Div(g.Where(up, g.Mul(part(x), g.Exp(g.Mul(a, g.AddScalar(x, -1)))), part(x)), part(g.OnesLike(x)))
	t = g.MulScalar(keep(near, d.Logits, 0), sign)
	return g.Where(near, g.Add(x, g.Mul(t, cbSeriesRest(t, x))), closed)
}

// cbSeriesRest returns ((e^(tx) − 1)/(e^t − 1) − x)/t = Σ_{n≥2} (B_n(x) − B_n) tⁿ⁻²/n!, with the Bernoulli
// polynomials B_n (Abramowitz & Stegun 1964, 23.1.1).
func cbSeriesRest(t, x *g.Node) *g.Node {
	return horner2(t,
		horner(x, 0, -1./2, 1./2),
		horner(x, 0, 1./12, -1./4, 1./6),
		horner(x, 0, 0, 1./24, -1./12, 1./24),
		horner(x, 0, -1./720, 0, 1./72, -1./48, 1./120),
		horner(x, 0, 0, -1./1440, 0, 1./288, -1./240, 1./720))
}

// horner2 evaluates c₀ + c₁t + c₂t² + … for coefficients that are nodes.
func horner2(t *g.Node, c ...*g.Node) *g.Node {
	sum := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		sum = g.Add(g.Mul(sum, t), c[i])
	}
	return sum
}

// slope returns dx/dl at a fixed value of the distribution function, −(∂F/∂l)/f, which is
// ((1 − e^(−lx))/(1 − e^−l) − x)/l.
func (d ContinuousBernoulli) slope(x *g.Node) *g.Node {
	l, near := d.split()
	closed := g.Div(g.Sub(d.rise(x, -1), x), l)
	return g.Where(near, g.Neg(cbSeriesRest(g.Neg(keep(near, d.Logits, 0)), x)), closed)
}

// Sample implements [Distribution].
func (d ContinuousBernoulli) Sample(s *model.Scope, name string, m int) *g.Node {
	return d.Rsample(s, name, m)
}

// Rsample inverts the distribution function, M×shape: x = ln(1 + u(e^l − 1))/l. For l > 0 the
// mirror image 1 − x at −l is used, so that e^l does not overflow.
func (d ContinuousBernoulli) Rsample(s *model.Scope, name string, m int) *g.Node {
	noise := uniformSides(s, name, m, dims(d.Logits))
	d.Logits = repeat(d.Logits, m)
	up := g.GreaterThan(d.Logits, g.ZerosLike(d.Logits))
	u := g.Where(up, noise.v, noise.u)
	// From |l| = 1e-4 on the closed form has lost no digits to speak of; below, it is
	// u + lu(1 − u)/2 but for terms of order l².
	near := g.LessThan(g.Abs(d.Logits), special.ScalarLike(u, 1e-4))
	a := g.Abs(keep(g.LogicalNot(near), d.Logits, 1))
	low := g.Neg(g.Div(g.Log1p(g.Mul(u, g.Expm1(g.Neg(a)))), a)) // a draw at −|l|
	flat := g.Sub(u, g.MulScalar(g.Mul(g.Abs(d.Logits), g.Mul(u, g.OneMinus(u))), .5))
	low = g.Where(near, flat, low)
	x := g.ClipScalar(g.Where(up, g.OneMinus(low), low), 0, 1)
	return follow(x, d.Logits, d.slope)
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
