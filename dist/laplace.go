package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Laplace is the Laplace distribution with location μ and scale b = e^LogScale:
//
//	ln p(x) = −ln 2 − ln b − |x − μ| / b.
type Laplace struct {
	Loc      *g.Node // μ
	LogScale *g.Node // ln b, broadcast against Loc
}

// NewLaplace returns the Laplace distribution with location loc and scale b.
func NewLaplace(loc, scale *g.Node) Laplace { return Laplace{Loc: loc, LogScale: g.Log(scale)} }

// LogProb implements [Distribution].
func (d Laplace) LogProb(x *g.Node) *g.Node {
	d.Loc, d.LogScale = like(d.Loc, x), like(d.LogScale, x)
	z := g.Mul(g.Abs(g.Sub(x, d.Loc)), g.Exp(g.Neg(d.LogScale)))
	return g.Neg(g.Add(z, g.AddScalar(d.LogScale, math.Ln2)))
}

// Mean implements [Distribution].
func (d Laplace) Mean() *g.Node { return to(d.Loc, d.shape()) }

// shape is that of a draw.
func (d Laplace) shape() []int { return joint(d.Loc, d.LogScale) }

// Variance returns 2b².
func (d Laplace) Variance() *g.Node {
	v := g.MulScalar(g.Exp(g.MulScalar(d.LogScale, 2)), 2)
	return to(v, d.shape())
}

// Entropy returns 1 + ln 2b.
func (d Laplace) Entropy() *g.Node {
	return g.AddScalar(to(d.LogScale, d.shape()), 1+math.Ln2)
}

// Sample implements [Distribution].
func (d Laplace) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns μ − b·sgn(u)·ln(1 − 2|u|) with u uniform on [−½, ½), M×shape. The
// argument of the logarithm is kept at 2⁻²⁴ or above, the spacing of the uniform draws.
func (d Laplace) Rsample(s *model.Scope, name string, m int) *g.Node {
	loc := d.Mean()
	u := g.AddScalar(s.Uniform(name, drawn(m, loc)...), -.5)
	tail := g.MaxScalar(g.OneMinus(g.MulScalar(g.Abs(u), 2)), 0x1p-24)
	eps := g.StopGradient(g.Neg(g.Mul(g.Sign(u), g.Log(tail))))
	b := repeat(to(g.Exp(d.LogScale), d.shape()), m)
	return g.Add(repeat(loc, m), g.Mul(b, eps))
}

// Support implements [Declared].
func (d Laplace) Support() Support { return Support{Set: Real} }

// Parameters implements [Declared].
func (d Laplace) Parameters() []Parameter { return locScale(d.Loc, d.LogScale) }

// klLaplace is KL(L(μ₁, b₁) ‖ L(μ₂, b₂)) = ln(b₂/b₁) + (b₁ e^(−δ/b₁) + δ)/b₂ − 1, δ = |μ₁ − μ₂|.
func klLaplace(q, p Laplace) *g.Node {
	delta := g.Abs(g.Sub(q.Loc, p.Loc))
	inner := g.Exp(g.Neg(g.Mul(delta, g.Exp(g.Neg(q.LogScale)))))
	num := g.Add(g.Mul(g.Exp(g.Sub(q.LogScale, p.LogScale)), inner), g.Mul(delta, g.Exp(g.Neg(p.LogScale))))
	return g.AddScalar(g.Add(g.Sub(p.LogScale, q.LogScale), num), -1)
}

func init() { registerKL(klLaplace) }
