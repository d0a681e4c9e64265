package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// RelaxedBernoulli is the binary concrete distribution on (0, 1) with log-odds l and
// temperature τ (Maddison et al. 2017, eq. 26): with y = ln x − ln(1 − x),
//
//	ln p(x) = ln τ + (l − τy) − 2 ln(1 + e^(l − τy)) − ln x − ln(1 − x).
//
// Its draws σ((l + L)/τ), L logistic, tend to those of [Bernoulli] as τ → 0. Values at 0 and 1
// count as the nearest numbers inside.
type RelaxedBernoulli struct {
	Logits      *g.Node // l
	Temperature *g.Node // τ > 0
}

// Bernoulli returns the distribution that is relaxed.
func (d RelaxedBernoulli) Bernoulli() Bernoulli { return Bernoulli{d.Logits} }

// LogProb implements [Distribution].
func (d RelaxedBernoulli) LogProb(x *g.Node) *g.Node {
	v := together(x, d.Logits, d.Temperature)
	x, tau := v[0], v[2]
	ok := g.LogicalAnd(g.GreaterOrEqual(x, g.ZerosLike(x)), g.LessOrEqual(x, g.OnesLike(x)))
	x = g.Where(ok, x, full(x, dims(x), .5))
	logX, logRest := logSides(x)
	z := g.Sub(v[1], g.Mul(tau, g.Sub(logX, logRest)))
	slope := g.Add(special.LogSigmoid(z), special.LogSigmoid(g.Neg(z)))
	return supported(ok, g.Add(g.Log(tau), g.Sub(slope, g.Add(logX, logRest))))
}

// logSides returns ln x and ln(1 − x), with x kept off 0 and 1.
func logSides(x *g.Node) (logX, logRest *g.Node) {
	return logAbove(x, tiny(x)), logAbove(g.OneMinus(x), unit(x))
}

// logAbove is ln x, and below least the logarithm of that without a derivative.
func logAbove(x *g.Node, least float64) *g.Node {
	ok := g.GreaterThan(x, full(x, dims(x), least))
	return keep(ok, g.Log(keep(ok, x, 1)), math.Log(least))
}

// unit is half the spacing of numbers below 1 in the type of x.
func unit(x *g.Node) float64 {
	if x.DType().Size() < 8 {
		return 0x1p-25
	}
	return 0x1p-54
}

// CDF returns σ(τy − l).
func (d RelaxedBernoulli) CDF(x *g.Node) *g.Node {
	v := together(x, d.Logits, d.Temperature)
	x = g.Min(g.Max(v[0], g.ZerosLike(v[0])), g.OnesLike(v[0]))
	logX, logRest := logSides(x)
	f := g.Logistic(g.Sub(g.Mul(v[2], g.Sub(logX, logRest)), v[1]))
	f = g.Where(g.Equal(x, g.OnesLike(x)), x, f)
	return g.Where(g.Equal(x, g.ZerosLike(x)), x, f)
}

// The means are integrals over the line against the logistic density, by the trapezoidal rule,
// which converges as e^(−2π²/h) for integrands without poles within π of the line.
const (
	relaxedStep  = .5 // h
	relaxedNodes = 80 // nodes on either side: the density at 40 is 4e-18
)

// nodes returns the nodes w and their weights in the logistic density, along a new last axis
// of x, and whether τ ≤ 1. For τ > 1 integrals go over the noise, E[σ((l + w)/τ)]; for τ ≤ 1
// over the logit of x, ∫ P(X > σ(w)) σ'(w) dw: either way the logistic function in the
// integrand is no steeper than that of w.
func (d RelaxedBernoulli) nodes() (level, w, weight, cold *g.Node) {
	v := together(d.Logits, d.Temperature)
	l, tau := along(v[0], 2*relaxedNodes+1), along(v[1], 2*relaxedNodes+1)
	w = g.MulScalar(g.AddScalar(classes(l), -relaxedNodes), relaxedStep)
	cold = g.LessOrEqual(tau, g.OnesLike(tau))
	argument := g.Where(cold, g.Sub(l, g.Mul(tau, w)), g.Div(g.Add(l, w), tau))
	weight = g.MulScalar(g.Mul(g.Logistic(w), g.Logistic(g.Neg(w))), relaxedStep)
	return g.Logistic(argument), w, weight, cold
}

// Mean returns E[x], by quadrature.
func (d RelaxedBernoulli) Mean() *g.Node {
	level, _, weight, _ := d.nodes()
	return g.ReduceSum(g.Mul(level, weight), -1)
}

// Variance returns E[x²] − E[x]², by quadrature; E[x²] = ∫ 2x P(X > x) dx.
func (d RelaxedBernoulli) Variance() *g.Node {
	d.Logits = g.Neg(g.Abs(d.Logits)) // by symmetry the mean at most ½: nothing cancels
	level, w, weight, cold := d.nodes()
	square := g.Where(cold, g.Mul(g.MulScalar(g.Logistic(w), 2), level), g.Square(level))
	mean := g.ReduceSum(g.Mul(level, weight), -1)
	return g.Sub(g.ReduceSum(g.Mul(square, weight), -1), g.Square(mean))
}

// Sample implements [Distribution].
func (d RelaxedBernoulli) Sample(s *model.Scope, name string, m int) *g.Node {
	return d.Rsample(s, name, m)
}

// Rsample returns σ((l + ln u − ln(1 − u))/τ), M×shape.
func (d RelaxedBernoulli) Rsample(s *model.Scope, name string, m int) *g.Node {
	v := together(d.Logits, d.Temperature)
	noise := uniformSides(s, name, m, dims(v[0])).logit()
	return g.Logistic(g.Div(g.Add(repeat(v[0], m), noise), repeat(v[1], m)))
}

// Support implements [Declared].
func (d RelaxedBernoulli) Support() Support { return Support{Set: Unit} }

// Parameters implements [Declared].
func (d RelaxedBernoulli) Parameters() []Parameter {
	return []Parameter{{"Logits", d.Logits, Support{Set: Real}}, {"Temperature", d.Temperature, Support{Set: Positive}}}
}
