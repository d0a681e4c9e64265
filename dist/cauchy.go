package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Cauchy is the Cauchy distribution with location μ and scale s; with z = (x − μ)/s,
//
//	ln p(x) = −ln π − ln s − ln(1 + z²).
//
// It has neither mean nor variance.
type Cauchy struct {
	Loc   *g.Node // μ
	Scale *g.Node // s, broadcast against Loc
}

// shape is that of a draw.
func (d Cauchy) shape() []int { return joint(d.Loc, d.Scale) }

// LogProb implements [Distribution].
func (d Cauchy) LogProb(x *g.Node) *g.Node {
	align(x, &d.Loc, &d.Scale)
	z := g.Div(g.Sub(x, d.Loc), d.Scale)
	return g.Neg(g.Add(log1pSquare(z), g.AddScalar(g.Log(d.Scale), math.Log(math.Pi))))
}

// Mean returns NaN.
func (d Cauchy) Mean() *g.Node { return full(d.Loc, d.shape(), math.NaN()) }

// Variance returns NaN.
func (d Cauchy) Variance() *g.Node { return full(d.Loc, d.shape(), math.NaN()) }

// Entropy returns ln 4πs.
func (d Cauchy) Entropy() *g.Node {
	return to(g.AddScalar(g.Log(d.Scale), math.Log(4*math.Pi)), d.shape())
}

// CDF implements [Cumulative].
func (d Cauchy) CDF(x *g.Node) *g.Node {
	align(x, &d.Loc, &d.Scale)
	return cauchyCDF(g.Div(g.Sub(x, d.Loc), d.Scale))
}

// cauchyCDF returns ½ + arctan(z)/π, as the angle of the point (−z, 1), which keeps the digits of
// the lower tail.
func cauchyCDF(z *g.Node) *g.Node {
	value := g.MulScalar(g.Atan2(g.OnesLike(z), g.Neg(z)), 1/math.Pi)
	return sloped(value, z, g.MulScalar(g.Exp(g.Neg(log1pSquare(z))), 1/math.Pi))
}

// Sample implements [Distribution].
func (d Cauchy) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns μ + s·tan(π(u − ½)) with u uniform, M×shape.
func (d Cauchy) Rsample(s *model.Scope, name string, m int) *g.Node {
	x := uniformSides(s, name, m, d.shape())
	cot := func(u *g.Node) *g.Node {
		v := g.MulScalar(u, math.Pi)
		return g.Div(g.Cos(v), g.Sin(v))
	}
	z := g.StopGradient(g.Where(x.lower(), g.Neg(cot(x.u)), cot(x.v)))
	return g.Add(repeat(to(d.Loc, d.shape()), m), g.Mul(repeat(to(d.Scale, d.shape()), m), z))
}

// Support implements [Declared].
func (d Cauchy) Support() Support { return Support{Set: Real} }

// Parameters implements [Declared].
func (d Cauchy) Parameters() []Parameter {
	return []Parameter{{"Loc", d.Loc, Support{Set: Real}}, {"Scale", d.Scale, Support{Set: Positive}}}
}

// klCauchy is KL(C(μ₁, s₁) ‖ C(μ₂, s₂)) = ln(((s₁+s₂)² + (μ₁−μ₂)²)/(4s₁s₂)) (Chyzak & Nielsen
// 2019, eq. 1), with the 1 taken out of the ratio for near distributions.
func klCauchy(q, p Cauchy) *g.Node {
	level(&q.Loc, &q.Scale, &p.Loc, &p.Scale)
	gap := g.Add(g.Square(g.Sub(q.Scale, p.Scale)), g.Square(g.Sub(q.Loc, p.Loc)))
	return g.Log1p(g.Div(gap, g.MulScalar(g.Mul(q.Scale, p.Scale), 4)))
}

func init() { registerKL(klCauchy) }
