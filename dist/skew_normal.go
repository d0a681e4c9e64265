package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// SkewNormal is the skew normal distribution (Azzalini 1985) with location ξ, scale ω and shape α;
// with z = (x − ξ)/ω,
//
//	ln p(x) = ln 2 − ln ω + ln φ(z) + ln Φ(αz).
//
// α = 0 is the normal distribution, α → ±∞ the half normal to either side.
type SkewNormal struct {
	Loc   *g.Node // ξ
	Scale *g.Node // ω
	Skew  *g.Node // α; all broadcast against each other
}

// spread gives the parameters the shape of a draw.
func (d SkewNormal) spread() SkewNormal {
	n := together(d.Loc, d.Scale, d.Skew)
	return SkewNormal{n[0], n[1], n[2]}
}

// LogProb implements [Distribution].
func (d SkewNormal) LogProb(x *g.Node) *g.Node {
	align(x, &d.Loc, &d.Scale, &d.Skew)
	z := g.Div(g.Sub(x, d.Loc), d.Scale)
	normal := g.AddScalar(g.MulScalar(g.Square(z), -.5), math.Ln2-.5*math.Log(2*math.Pi))
	return g.Add(g.Sub(normal, g.Log(d.Scale)), special.LogNdtr(g.Mul(d.Skew, z)))
}

// delta returns δ = α/√(1 + α²) and √(1 − δ²) = 1/√(1 + α²).
func (d SkewNormal) delta() (delta, rest *g.Node) {
	rest = g.Reciprocal(g.Sqrt(g.AddScalar(g.Square(d.Skew), 1)))
	return g.Mul(d.Skew, rest), rest
}

// Mean returns ξ + ωδ√(2/π), δ = α/√(1 + α²).
func (d SkewNormal) Mean() *g.Node {
	d = d.spread()
	delta, _ := d.delta()
	return g.Add(d.Loc, g.MulScalar(g.Mul(d.Scale, delta), math.Sqrt(2/math.Pi)))
}

// Variance returns ω²(1 − 2δ²/π).
func (d SkewNormal) Variance() *g.Node {
	d = d.spread()
	delta, _ := d.delta()
	return g.Mul(g.Square(d.Scale), g.OneMinus(g.MulScalar(g.Square(delta), 2/math.Pi)))
}

// Sample implements [Distribution].
func (d SkewNormal) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns ξ + ω(δ|ε₀| + √(1 − δ²) ε₁) with ε normal, M×shape (Azzalini 1985, proposition 2).
func (d SkewNormal) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.spread()
	s = s.In(name)
	side, even := g.Abs(s.Normal("side", drawn(m, d.Loc)...)), s.Normal("even", drawn(m, d.Loc)...)
	delta, rest := d.delta()
	z := g.Add(g.Mul(repeat(delta, m), side), g.Mul(repeat(rest, m), even))
	return g.Add(repeat(d.Loc, m), g.Mul(repeat(d.Scale, m), z))
}

// Support implements [Declared].
func (d SkewNormal) Support() Support { return Support{Set: Real} }

// Parameters implements [Declared].
func (d SkewNormal) Parameters() []Parameter {
	return []Parameter{
		{"Loc", d.Loc, Support{Set: Real}},
		{"Scale", d.Scale, Support{Set: Positive}},
		{"Skew", d.Skew, Support{Set: Real}},
	}
}
