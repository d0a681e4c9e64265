package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// euler is the constant of Euler and Mascheroni, −ψ(1).
const euler = .57721566490153286061

// Gumbel is the Gumbel distribution of maxima with location μ and scale s; with z = (x − μ)/s,
//
//	ln p(x) = −ln s − z − e^−z.
type Gumbel struct {
	Loc   *g.Node // μ
	Scale *g.Node // s, broadcast against Loc
}

// spread gives both parameters the shape of a draw.
func (d Gumbel) spread() Gumbel {
	n := together(d.Loc, d.Scale)
	return Gumbel{n[0], n[1]}
}

// LogProb implements [Distribution].
func (d Gumbel) LogProb(x *g.Node) *g.Node {
	align(x, &d.Loc, &d.Scale)
	z := g.Div(g.Sub(x, d.Loc), d.Scale)
	return g.Neg(g.Add(g.Add(z, g.Exp(g.Neg(z))), g.Log(d.Scale)))
}

// Mean returns μ + γs, γ = .577….
func (d Gumbel) Mean() *g.Node {
	d = d.spread()
	return g.Add(d.Loc, g.MulScalar(d.Scale, euler))
}

// Variance returns π²s²/6.
func (d Gumbel) Variance() *g.Node {
	return g.MulScalar(g.Square(d.spread().Scale), math.Pi*math.Pi/6)
}

// Entropy returns ln s + γ + 1.
func (d Gumbel) Entropy() *g.Node { return g.AddScalar(g.Log(d.spread().Scale), euler+1) }

// CDF returns exp(−e^−z).
func (d Gumbel) CDF(x *g.Node) *g.Node {
	align(x, &d.Loc, &d.Scale)
	return g.Exp(g.Neg(g.Exp(g.Neg(g.Div(g.Sub(x, d.Loc), d.Scale)))))
}

// Sample implements [Distribution].
func (d Gumbel) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns μ − s ln(−ln u) with u uniform, M×shape.
func (d Gumbel) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.spread()
	return g.Add(repeat(d.Loc, m), g.Mul(repeat(d.Scale, m), uniformSides(s, name, m, dims(d.Loc)).gumbel()))
}

// Support implements [Declared].
func (d Gumbel) Support() Support { return Support{Set: Real} }

// Parameters implements [Declared].
func (d Gumbel) Parameters() []Parameter {
	return []Parameter{{"Loc", d.Loc, Support{Set: Real}}, {"Scale", d.Scale, Support{Set: Positive}}}
}

// klGumbel is KL(G(μ₁, s₁) ‖ G(μ₂, s₂)) = ln s₂/s₁ + γ(r − 1) + δ + e^−δ Γ(1 + r) − 1 with r = s₁/s₂ and
// δ = (μ₁ − μ₂)/s₂, from E[e^−x/s₂] = e^−μ₁/s₂ Γ(1 + r).
func klGumbel(q, p Gumbel) *g.Node {
	n := together(q.Loc, q.Scale, p.Loc, p.Scale)
	r := g.Div(n[1], n[3])
	shift := g.Div(g.Sub(n[0], n[2]), n[3])
	tail := special.Expm1(g.Sub(special.Lgamma(g.AddScalar(r, 1)), shift))
	return g.Add(g.Add(g.Neg(g.Log(r)), g.MulScalar(g.AddScalar(r, -1), euler)), g.Add(shift, tail))
}

func init() { registerKL(klGumbel) }
