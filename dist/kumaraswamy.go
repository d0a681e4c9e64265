package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Kumaraswamy is the distribution on (0, 1) with P(X ≤ x) = 1 − (1 − xᵃ)ᵇ (Kumaraswamy 1980),
// close to the beta distribution but with an explicit quantile:
//
//	ln p(x) = ln a + ln b + (a − 1) ln x + (b − 1) ln(1 − xᵃ),  0 ≤ x ≤ 1,
//
// with limits at the ends: at 0 it is +∞ for a < 1, −∞ for a > 1, and ln b for a = 1.
type Kumaraswamy struct {
	A *g.Node // a
	B *g.Node // b, broadcast against A
}

// spread gives both parameters the shape of a draw.
func (d Kumaraswamy) spread() Kumaraswamy {
	n := together(d.A, d.B)
	return Kumaraswamy{n[0], n[1]}
}

// LogProb implements [Distribution].
func (d Kumaraswamy) LogProb(x *g.Node) *g.Node {
	align(x, &d.A, &d.B)
	ok := inUnit(x)
	logX := g.Log(keep(ok, x, .5))
	rest := special.Log1mExp(g.Neg(g.Mul(d.A, logX))) // ln(1 − xᵃ)
	y := g.Add(g.Mul(g.AddScalar(d.A, -1), logX), g.Mul(g.AddScalar(d.B, -1), rest))
	log := g.Add(g.Log(d.A), g.Log(d.B))
	// Near 0 with a = 1 ln p moves as (b − 1) ln(1 − x), near 1 with b = 1 as (a − 1) ln x.
	return unitEnds(x, supported(ok, g.Add(y, log)), d.A, d.B, log, g.AddScalar(d.B, -1), g.AddScalar(d.A, -1))
}

// moment returns E[xᵏ] = b·B(1 + k/a, b).
func (d Kumaraswamy) moment(k float64) *g.Node {
	first := g.AddScalar(g.MulScalar(g.Reciprocal(d.A), k), 1)
	return g.Exp(g.Add(g.Log(d.B), special.LogBeta(first, d.B)))
}

// Mean returns b·B(1 + 1/a, b).
func (d Kumaraswamy) Mean() *g.Node { return d.spread().moment(1) }

// Variance returns b·B(1 + 2/a, b) less the square of the mean.
func (d Kumaraswamy) Variance() *g.Node {
	d = d.spread()
	return g.Sub(d.moment(2), g.Square(d.moment(1)))
}

// harmonic returns H_b = ψ(b + 1) + γ, with E[ln(1 − xᵃ)] = −1/b and E[ln x] = −H_b/a.
func harmonic(b *g.Node) *g.Node {
	return g.AddScalar(special.Digamma(g.AddScalar(b, 1)), euler)
}

// Entropy returns 1 − 1/b + (1 − 1/a)H_b − ln ab.
func (d Kumaraswamy) Entropy() *g.Node {
	d = d.spread()
	h := g.Add(g.OneMinus(g.Reciprocal(d.B)), g.Mul(g.OneMinus(g.Reciprocal(d.A)), harmonic(d.B)))
	return g.Sub(h, g.Add(g.Log(d.A), g.Log(d.B)))
}

// CDF returns 1 − (1 − xᵃ)ᵇ.
func (d Kumaraswamy) CDF(x *g.Node) *g.Node {
	align(x, &d.A, &d.B)
	ok := inUnit(x)
	rest := special.Log1mExp(g.Neg(g.Mul(d.A, g.Log(keep(ok, x, .5)))))
	n := together(ok, g.Neg(special.Expm1(g.Mul(d.B, rest))), x)
	return g.Where(n[0], n[1], g.ClipScalar(n[2], 0, 1))
}

// Sample implements [Distribution].
func (d Kumaraswamy) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns (1 − u^(1/b))^(1/a) with u uniform, M×shape, in logarithms. Draws that round
// to 0 or 1 are moved to the next number inside.
func (d Kumaraswamy) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.spread()
	inner := g.Div(uniformSides(s, name, m, dims(d.A)).exponential(), repeat(d.B, m))
	return insideUnit(g.Exp(g.Div(special.Log1mExp(inner), repeat(d.A, m))))
}

// Support implements [Declared].
func (d Kumaraswamy) Support() Support { return Support{Set: Unit} }

// Parameters implements [Declared].
func (d Kumaraswamy) Parameters() []Parameter {
	return []Parameter{{"A", d.A, Support{Set: Positive}}, {"B", d.B, Support{Set: Positive}}}
}

// kumaraswamyNodes and kumaraswamyEnd are the number of nodes and the half-width of the trapezoid
// rule of [Kumaraswamy.meanLogRest].
const (
	kumaraswamyNodes = 120
	kumaraswamyEnd   = 4.5
)

// meanLogRest returns E[ln(1 − x)]. Nalisnick & Smyth 2017, eq. 11, expand it in powers of x,
//
//	−b Σ_{m≥1} B(m/a, b)/(m + ab),
//
// terms that fall like m^(−1−b): ten of them leave a tenth of the whole at b = 1, and a hundred
// a tenth at b = ½. Here −ln(1 − xᵃ) = t/b for t exponential, and the integral over t is done
// by the trapezoid rule after t = exp(v − e^−v), with which it converges exponentially.
func (d Kumaraswamy) meanLogRest() *g.Node {
	const h = 2 * kumaraswamyEnd / (kumaraswamyNodes - 1)
	t, w := make([]float64, kumaraswamyNodes), make([]float64, kumaraswamyNodes)
	for i := range t {
		v := -kumaraswamyEnd + h*float64(i)
		t[i] = math.Exp(v - math.Exp(-v))
		w[i] = h * t[i] * (1 + math.Exp(-v)) * math.Exp(-t[i])
	}
	a, b := g.ExpandAxes(d.A, -1), g.ExpandAxes(d.B, -1)
	// Beyond t/b = 60, where e^(−t/b) underflows in float32, ln(1 − x) is −t/b − ln a.
	inner := g.Div(lastAxis(d.A, t), b)
	far := g.GreaterThan(inner, special.ScalarLike(inner, 60))
	logX := g.Div(special.Log1mExp(keep(g.LogicalNot(far), inner, 1)), a)
	rest := g.Where(far, g.Neg(g.Add(inner, g.Log(a))), special.Log1mExp(g.Neg(logX)))
	return g.ReduceSum(g.Mul(rest, lastAxis(d.A, w)), -1)
}

// klKumaraswamyBeta is KL(K(a, b) ‖ B(α, β)) = (a − α)/a·(−H_b) + ln ab + ln B(α, β) − (b − 1)/b
// − (β − 1) E[ln(1 − x)] (Nalisnick & Smyth 2017, eq. 11).
func klKumaraswamyBeta(q Kumaraswamy, p Beta) *g.Node {
	n := together(q.A, q.B, p.Alpha, p.Beta)
	q, p = Kumaraswamy{n[0], n[1]}, Beta{n[2], n[3]}
	kl := g.Add(g.Neg(q.Entropy()), special.LogBeta(p.Alpha, p.Beta))
	kl = g.Add(kl, g.Mul(g.AddScalar(p.Alpha, -1), g.Div(harmonic(q.B), q.A)))
	return g.Sub(kl, g.Mul(g.AddScalar(p.Beta, -1), q.meanLogRest()))
}

func init() { registerKL(klKumaraswamyBeta) }
