package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// HalfNormal is the distribution of |x| for x normal about 0 with standard deviation σ:
//
//	ln p(x) = ½ ln(2/π) − ln σ − x²/2σ²,  x ≥ 0.
type HalfNormal struct {
	Scale *g.Node // σ
}

// LogProb implements [Distribution].
func (d HalfNormal) LogProb(x *g.Node) *g.Node {
	align(x, &d.Scale)
	ok := nonNegative(x)
	z := g.Div(keep(ok, x, 1), d.Scale)
	return supported(ok, g.Sub(g.MulScalar(g.Square(z), -.5), g.AddScalar(g.Log(d.Scale), .5*math.Log(math.Pi/2))))
}

// Mean returns σ√(2/π).
func (d HalfNormal) Mean() *g.Node { return g.MulScalar(d.Scale, math.Sqrt(2/math.Pi)) }

// Variance returns σ²(1 − 2/π).
func (d HalfNormal) Variance() *g.Node { return g.MulScalar(g.Square(d.Scale), 1-2/math.Pi) }

// Entropy returns ½ ln(πe/2) + ln σ.
func (d HalfNormal) Entropy() *g.Node {
	return g.AddScalar(g.Log(d.Scale), .5*math.Log(math.Pi*math.E/2))
}

// CDF returns erf(x/σ√2).
func (d HalfNormal) CDF(x *g.Node) *g.Node {
	align(x, &d.Scale)
	return g.Erf(g.MulScalar(g.Div(g.MaxScalar(x, 0), d.Scale), math.Sqrt2/2))
}

// Sample implements [Distribution].
func (d HalfNormal) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns σ|ε| with ε ~ N(0, I), M×shape.
func (d HalfNormal) Rsample(s *model.Scope, name string, m int) *g.Node {
	eps := g.StopGradient(g.Abs(s.Normal(name, drawn(m, d.Scale)...)))
	return g.Mul(repeat(d.Scale, m), eps)
}

// Support implements [Declared].
func (d HalfNormal) Support() Support { return Support{Set: NonNegative} }

// Parameters implements [Declared].
func (d HalfNormal) Parameters() []Parameter {
	return []Parameter{{"Scale", d.Scale, Support{Set: Positive}}}
}

// klHalfNormal is that of the normal distributions about 0, whose ratio is even:
// ½(r² − 1) − ln r with r = σ₁/σ₂, half the excess of r².
func klHalfNormal(q, p HalfNormal) *g.Node {
	return g.MulScalar(excessOfRatio(g.Square(q.Scale), g.Square(p.Scale)), .5)
}

func init() { registerKL(klHalfNormal) }
