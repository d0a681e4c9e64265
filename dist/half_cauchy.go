package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// HalfCauchy is the distribution of |x| for x Cauchy about 0 with scale s:
//
//	ln p(x) = ln 2 − ln π − ln s − ln(1 + (x/s)²),  x ≥ 0.
//
// Its mean and variance are infinite.
type HalfCauchy struct {
	Scale *g.Node // s
}

// LogProb implements [Distribution].
func (d HalfCauchy) LogProb(x *g.Node) *g.Node {
	align(x, &d.Scale)
	ok := nonNegative(x)
	z := g.Div(keep(ok, x, 1), d.Scale)
	return supported(ok, g.Neg(g.Add(log1pSquare(z), g.AddScalar(g.Log(d.Scale), math.Log(math.Pi/2)))))
}

// Mean returns +∞.
func (d HalfCauchy) Mean() *g.Node { return full(d.Scale, dims(d.Scale), math.Inf(1)) }

// Variance returns +∞.
func (d HalfCauchy) Variance() *g.Node { return d.Mean() }

// Entropy returns ln 2πs.
func (d HalfCauchy) Entropy() *g.Node { return g.AddScalar(g.Log(d.Scale), math.Log(2*math.Pi)) }

// CDF implements [Cumulative].
func (d HalfCauchy) CDF(x *g.Node) *g.Node {
	align(x, &d.Scale)
	z := g.Div(g.MaxScalar(x, 0), d.Scale)
	value := g.MulScalar(g.Atan2(z, g.OnesLike(z)), 2/math.Pi)
	slope := g.MulScalar(g.Exp(g.Neg(log1pSquare(z))), 2/math.Pi)
	return sloped(value, z, slope)
}

// Sample implements [Distribution].
func (d HalfCauchy) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns s·tan(πu/2) with u uniform, M×shape.
func (d HalfCauchy) Rsample(s *model.Scope, name string, m int) *g.Node {
	x := uniformSides(s, name, m, dims(d.Scale))
	tan := func(u *g.Node) *g.Node {
		v := g.MulScalar(u, math.Pi/2)
		return g.Div(g.Sin(v), g.Cos(v))
	}
	return g.Mul(repeat(d.Scale, m), g.StopGradient(g.Where(x.lower(), tan(x.u), g.Reciprocal(tan(x.v)))))
}

// Support implements [Declared].
func (d HalfCauchy) Support() Support { return Support{Set: NonNegative} }

// Parameters implements [Declared].
func (d HalfCauchy) Parameters() []Parameter {
	return []Parameter{{"Scale", d.Scale, Support{Set: Positive}}}
}

// klHalfCauchy is that of the Cauchy distributions about 0, whose ratio is even.
func klHalfCauchy(q, p HalfCauchy) *g.Node {
	return klCauchy(Cauchy{g.ZerosLike(q.Scale), q.Scale}, Cauchy{g.ZerosLike(p.Scale), p.Scale})
}

func init() { registerKL(klHalfCauchy) }
