package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Logistic is the logistic distribution with location μ and scale s; with z = (x − μ)/s,
//
//	ln p(x) = −ln s − ln(1 + e^z) − ln(1 + e^−z).
type Logistic struct {
	Loc   *g.Node // μ
	Scale *g.Node // s, broadcast against Loc
}

// shape is that of a draw.
func (d Logistic) shape() []int { return joint(d.Loc, d.Scale) }

// LogProb implements [Distribution].
func (d Logistic) LogProb(x *g.Node) *g.Node {
	align(x, &d.Loc, &d.Scale)
	z := g.Div(g.Sub(x, d.Loc), d.Scale)
	return g.Neg(g.Add(g.Add(special.Softplus(z), special.Softplus(g.Neg(z))), g.Log(d.Scale)))
}

// Mean implements [Distribution].
func (d Logistic) Mean() *g.Node { return to(d.Loc, d.shape()) }

// Variance returns s²π²/3.
func (d Logistic) Variance() *g.Node {
	return to(g.MulScalar(g.Square(d.Scale), math.Pi*math.Pi/3), d.shape())
}

// Entropy returns 2 + ln s.
func (d Logistic) Entropy() *g.Node { return to(g.AddScalar(g.Log(d.Scale), 2), d.shape()) }

// CDF implements [Cumulative].
func (d Logistic) CDF(x *g.Node) *g.Node {
	align(x, &d.Loc, &d.Scale)
	return g.Logistic(g.Div(g.Sub(x, d.Loc), d.Scale))
}

// Sample implements [Distribution].
func (d Logistic) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns μ + s·ln(u/(1 − u)) with u uniform, M×shape.
func (d Logistic) Rsample(s *model.Scope, name string, m int) *g.Node {
	z := uniformSides(s, name, m, d.shape()).logit()
	return g.Add(repeat(d.Mean(), m), g.Mul(repeat(to(d.Scale, d.shape()), m), z))
}

// Support implements [Declared].
func (d Logistic) Support() Support { return Support{Set: Real} }

// Parameters implements [Declared].
func (d Logistic) Parameters() []Parameter {
	return []Parameter{{"Loc", d.Loc, Support{Set: Real}}, {"Scale", d.Scale, Support{Set: Positive}}}
}
