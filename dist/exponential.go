package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Exponential is the exponential distribution with rate λ:
//
//	ln p(x) = ln λ − λx,  x ≥ 0.
type Exponential struct {
	Rate *g.Node // λ
}

// LogProb implements [Distribution].
func (d Exponential) LogProb(x *g.Node) *g.Node {
	align(x, &d.Rate)
	ok := nonNegative(x)
	return supported(ok, g.Sub(g.Log(d.Rate), g.Mul(keep(ok, x, 1), d.Rate)))
}

// Mean returns 1/λ.
func (d Exponential) Mean() *g.Node { return g.Reciprocal(d.Rate) }

// Variance returns 1/λ².
func (d Exponential) Variance() *g.Node { return g.Square(g.Reciprocal(d.Rate)) }

// Entropy returns 1 − ln λ.
func (d Exponential) Entropy() *g.Node { return g.OneMinus(g.Log(d.Rate)) }

// CDF implements [Cumulative].
func (d Exponential) CDF(x *g.Node) *g.Node {
	align(x, &d.Rate)
	return g.Neg(special.Expm1(g.Neg(g.Mul(g.MaxScalar(x, 0), d.Rate))))
}

// Sample implements [Distribution].
func (d Exponential) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns −ln(u)/λ with u uniform, M×shape.
func (d Exponential) Rsample(s *model.Scope, name string, m int) *g.Node {
	return g.Div(uniformSides(s, name, m, dims(d.Rate)).exponential(), repeat(d.Rate, m))
}

// Support implements [Declared].
func (d Exponential) Support() Support { return Support{Set: NonNegative} }

// Parameters implements [Declared].
func (d Exponential) Parameters() []Parameter {
	return []Parameter{{"Rate", d.Rate, Support{Set: Positive}}}
}

// klExponential is KL(E(λ₁) ‖ E(λ₂)) = λ₂/λ₁ − 1 − ln(λ₂/λ₁).
func klExponential(q, p Exponential) *g.Node { return excessOfRatio(p.Rate, q.Rate) }

func init() { registerKL(klExponential) }
