package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Uniform is the uniform distribution on [Low, High]:
//
//	ln p(x) = −ln(High − Low),  Low ≤ x ≤ High.
type Uniform struct {
	Low  *g.Node // lower end
	High *g.Node // upper end, above Low; broadcast against it
}

// spread gives both parameters the shape of a draw.
func (d Uniform) spread() Uniform {
	n := together(d.Low, d.High)
	return Uniform{n[0], n[1]}
}

// width is High − Low.
func (d Uniform) width() *g.Node { return g.Sub(d.High, d.Low) }

// LogProb implements [Distribution].
func (d Uniform) LogProb(x *g.Node) *g.Node {
	align(x, &d.Low, &d.High)
	n := together(x, d.Low, d.High)
	ok := g.And(g.GreaterOrEqual(n[0], n[1]), g.LessOrEqual(n[0], n[2]))
	return supported(ok, g.Neg(g.Log(d.width())))
}

// Mean returns the middle.
func (d Uniform) Mean() *g.Node {
	d = d.spread()
	return g.MulScalar(g.Add(d.Low, d.High), .5)
}

// Variance returns (High − Low)²/12.
func (d Uniform) Variance() *g.Node { return g.MulScalar(g.Square(d.spread().width()), 1./12) }

// Entropy returns ln(High − Low).
func (d Uniform) Entropy() *g.Node { return g.Log(d.spread().width()) }

// CDF implements [Cumulative].
func (d Uniform) CDF(x *g.Node) *g.Node {
	align(x, &d.Low, &d.High)
	return g.ClipScalar(g.Div(g.Sub(x, d.Low), d.width()), 0, 1)
}

// Sample implements [Distribution].
func (d Uniform) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns Low + (High − Low)·u with u uniform on [0, 1), M×shape.
func (d Uniform) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.spread()
	return g.Add(repeat(d.Low, m), g.Mul(repeat(d.width(), m), s.Uniform(name, drawn(m, d.Low)...)))
}

// Support implements [Declared].
func (d Uniform) Support() Support { return Support{Set: Interval, Low: d.Low, High: d.High} }

// Parameters implements [Declared].
func (d Uniform) Parameters() []Parameter {
	return []Parameter{{"Low", d.Low, Support{Set: Real}}, {"High", d.High, Support{Set: AtLeast, Low: d.Low}}}
}

// klUniform is the logarithm of the ratio of the widths where p's interval holds that of q, and
// infinite elsewhere.
func klUniform(q, p Uniform) *g.Node {
	n := together(q.Low, q.High, p.Low, p.High)
	q, p = Uniform{n[0], n[1]}, Uniform{n[2], n[3]}
	inside := g.And(g.GreaterOrEqual(n[0], n[2]), g.LessOrEqual(n[1], n[3]))
	return keep(inside, g.Sub(g.Log(p.width()), g.Log(q.width())), math.Inf(1))
}

func init() { registerKL(klUniform) }
