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
	Scale    *g.Node // b as it was given, nil where LogScale was; LogScale is what counts
}

// NewLaplace returns the Laplace distribution with location loc and scale b.
func NewLaplace(loc, scale *g.Node) Laplace {
	return Laplace{Loc: loc, LogScale: g.Log(scale), Scale: scale}
}

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

// Rsample returns μ + b ln 2u for a uniform u below ½ and μ − b ln 2(1 − u) above, M×shape.
func (d Laplace) Rsample(s *model.Scope, name string, m int) *g.Node {
	loc := d.Mean()
	x := uniformSides(s, name, m, d.shape())
	double := func(u *g.Node) *g.Node { return g.Log(g.MulScalar(u, 2)) }
	eps := g.StopGradient(g.Where(x.lower(), double(x.u), g.Neg(double(x.v))))
	b := repeat(to(g.Exp(d.LogScale), d.shape()), m)
	return g.Add(repeat(loc, m), g.Mul(b, eps))
}

// CDF returns ½ e^z below the location and 1 − ½ e^−z above, z = (x − μ)/b.
func (d Laplace) CDF(x *g.Node) *g.Node {
	d.Loc, d.LogScale = like(d.Loc, x), like(d.LogScale, x)
	z := g.Mul(g.Sub(x, d.Loc), g.Exp(g.Neg(d.LogScale)))
	tail := g.MulScalar(g.Exp(g.Neg(g.Abs(z))), .5)
	return g.Where(g.LessThan(z, g.ZerosLike(z)), tail, g.OneMinus(tail))
}

// Support implements [Declared].
func (d Laplace) Support() Support { return Support{Set: Real} }

// Parameters implements [Declared].
func (d Laplace) Parameters() []Parameter { return locScale(d.Loc, d.LogScale, d.Scale) }

// klLaplace is KL(L(μ₁, b₁) ‖ L(μ₂, b₂)) = ln(b₂/b₁) + (b₁ e^(−δ/b₁) + δ)/b₂ − 1, δ = |μ₁ − μ₂|.
func klLaplace(q, p Laplace) *g.Node {
	level(&q.Loc, &q.LogScale, &p.Loc, &p.LogScale)
	delta := g.Abs(g.Sub(q.Loc, p.Loc))
	inner := g.Exp(g.Neg(g.Mul(delta, g.Exp(g.Neg(q.LogScale)))))
	num := g.Add(g.Mul(g.Exp(g.Sub(q.LogScale, p.LogScale)), inner), g.Mul(delta, g.Exp(g.Neg(p.LogScale))))
	return g.AddScalar(g.Add(g.Sub(p.LogScale, q.LogScale), num), -1)
}

// klNormalLaplace is KL(N(μ₁, σ²) ‖ L(μ₂, b)) = ln 2b − H + E|x − μ₂|/b, where with δ = μ₁ − μ₂ the
// mean is σ√(2/π) exp(−δ²/2σ²) + δ erf(δ/σ√2).
func klNormalLaplace(q Normal, p Laplace) *g.Node {
	level(&q.Loc, &q.LogScale, &p.Loc, &p.LogScale)
	delta := g.Sub(q.Loc, p.Loc)
	z := g.Mul(delta, g.Exp(g.Neg(q.LogScale)))
	peak := g.Mul(g.Exp(q.LogScale), g.MulScalar(g.Exp(g.MulScalar(g.Square(z), -.5)), math.Sqrt(2/math.Pi)))
	mean := g.Add(peak, g.Mul(delta, g.Erf(g.MulScalar(z, math.Sqrt2/2))))
	cross := g.Add(g.AddScalar(p.LogScale, math.Ln2), g.Mul(mean, g.Exp(g.Neg(p.LogScale))))
	return g.Sub(cross, q.Entropy())
}

// klLaplaceNormal is KL(L(μ₁, b) ‖ N(μ₂, σ²)) = ½ ln 2π + ln σ − H + (2b² + (μ₁ − μ₂)²)/2σ².
func klLaplaceNormal(q Laplace, p Normal) *g.Node {
	level(&q.Loc, &q.LogScale, &p.Loc, &p.LogScale)
	square := g.Add(q.Variance(), g.Square(g.Sub(q.Loc, p.Loc)))
	cross := g.MulScalar(g.Mul(square, g.Exp(g.MulScalar(p.LogScale, -2))), .5)
	return g.Sub(g.Add(cross, g.AddScalar(p.LogScale, .5*math.Log(2*math.Pi))), q.Entropy())
}

func init() {
	registerKL(klLaplace)
	registerKL(klNormalLaplace)
	registerKL(klLaplaceNormal)
}
