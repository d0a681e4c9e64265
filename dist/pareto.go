package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Pareto is the Pareto distribution with tail index α from m on:
//
//	ln p(x) = ln α + α ln m − (α + 1) ln x,  x ≥ m.
type Pareto struct {
	Scale *g.Node // m, the least value
	Alpha *g.Node // α, broadcast against Scale
}

// spread gives both parameters the shape of a draw.
func (d Pareto) spread() Pareto {
	n := together(d.Scale, d.Alpha)
	return Pareto{n[0], n[1]}
}

// above returns ln x/m where x ≥ m, and whether it is.
func (d Pareto) above(x *g.Node) (logRatio, ok *g.Node) {
	n := together(x, d.Scale)
	ok = g.GreaterOrEqual(n[0], n[1])
	return g.Log(g.Div(g.Where(ok, n[0], n[1]), n[1])), ok
}

// LogProb implements [Distribution].
func (d Pareto) LogProb(x *g.Node) *g.Node {
	align(x, &d.Scale, &d.Alpha)
	y, ok := d.above(x)
	return supported(ok, g.Sub(g.Sub(g.Log(d.Alpha), g.Log(d.Scale)), g.Mul(g.AddScalar(d.Alpha, 1), y)))
}

// Mean returns αm/(α − 1), infinite for α ≤ 1.
func (d Pareto) Mean() *g.Node {
	d = d.spread()
	ok := g.GreaterThan(d.Alpha, g.OnesLike(d.Alpha))
	a := keep(ok, d.Alpha, 2)
	return keep(ok, g.Mul(d.Scale, g.Div(a, g.AddScalar(a, -1))), math.Inf(1))
}

// Variance returns αm²/((α − 1)²(α − 2)), infinite for α ≤ 2.
func (d Pareto) Variance() *g.Node {
	d = d.spread()
	ok := g.GreaterThan(d.Alpha, special.ScalarLike(d.Alpha, 2))
	a := keep(ok, d.Alpha, 3)
	v := g.Mul(g.Square(g.Div(d.Scale, g.AddScalar(a, -1))), g.Div(a, g.AddScalar(a, -2)))
	return keep(ok, v, math.Inf(1))
}

// Entropy returns ln(m/α) + 1/α + 1.
func (d Pareto) Entropy() *g.Node {
	d = d.spread()
	return g.AddScalar(g.Add(g.Sub(g.Log(d.Scale), g.Log(d.Alpha)), g.Reciprocal(d.Alpha)), 1)
}

// CDF returns 1 − (m/x)^α.
func (d Pareto) CDF(x *g.Node) *g.Node {
	align(x, &d.Scale, &d.Alpha)
	y, _ := d.above(x)
	return g.Neg(special.Expm1(g.Neg(g.Mul(d.Alpha, y))))
}

// Sample implements [Distribution].
func (d Pareto) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns m·u^(−1/α) with u uniform, M×shape.
func (d Pareto) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.spread()
	e := uniformSides(s, name, m, dims(d.Scale)).exponential()
	return g.Mul(repeat(d.Scale, m), expNormal(g.Div(e, repeat(d.Alpha, m))))
}

// Support implements [Declared].
func (d Pareto) Support() Support { return Support{Set: AtLeast, Low: d.Scale} }

// Parameters implements [Declared].
func (d Pareto) Parameters() []Parameter {
	return []Parameter{{"Scale", d.Scale, Support{Set: Positive}}, {"Alpha", d.Alpha, Support{Set: Positive}}}
}

// klPareto is KL(P(m₁, α₁) ‖ P(m₂, α₂)) = α₂ ln m₁/m₂ + α₂/α₁ − 1 − ln(α₂/α₁), infinite where m₁ < m₂.
func klPareto(q, p Pareto) *g.Node {
	n := together(q.Scale, q.Alpha, p.Scale, p.Alpha)
	ok := g.GreaterOrEqual(n[0], n[2])
	shift := g.Mul(n[3], g.Sub(g.Log(n[0]), g.Log(n[2])))
	return keep(ok, g.Add(shift, excessOfRatio(n[3], n[1])), math.Inf(1))
}

func init() { registerKL(klPareto) }
