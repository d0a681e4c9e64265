package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Normal is the diagonal normal distribution with mean μ and standard deviation σ = e^LogScale:
//
//	ln p(x) = −½ ln 2π − ln σ − (x − μ)² / 2σ².
type Normal struct {
	Loc      *g.Node // μ
	LogScale *g.Node // ln σ, broadcast against Loc
	Scale    *g.Node // σ as it was given, nil where LogScale was; LogScale is what counts
}

// NewNormal returns the normal distribution with mean loc and standard deviation scale.
func NewNormal(loc, scale *g.Node) Normal {
	return Normal{Loc: loc, LogScale: g.Log(scale), Scale: scale}
}

// StandardNormal returns N(0, 1) in the shape of x.
func StandardNormal(x *g.Node) Normal {
	return Normal{Loc: g.ZerosLike(x), LogScale: g.ZerosLike(x)}
}

// LogProb implements [Distribution].
func (d Normal) LogProb(x *g.Node) *g.Node {
	d.Loc, d.LogScale = like(d.Loc, x), like(d.LogScale, x)
	z := g.Mul(g.Sub(x, d.Loc), g.Exp(g.Neg(d.LogScale)))
	return g.Sub(g.MulScalar(g.Square(z), -.5), g.AddScalar(d.LogScale, .5*math.Log(2*math.Pi)))
}

// Mean implements [Distribution].
func (d Normal) Mean() *g.Node { return to(d.Loc, d.shape()) }

// shape is that of a draw.
func (d Normal) shape() []int { return joint(d.Loc, d.LogScale) }

// Variance implements [Distribution].
func (d Normal) Variance() *g.Node {
	return to(g.Exp(g.MulScalar(d.LogScale, 2)), d.shape())
}

// Entropy returns ½ ln 2πe + ln σ.
func (d Normal) Entropy() *g.Node {
	return g.AddScalar(to(d.LogScale, d.shape()), .5*math.Log(2*math.Pi*math.E))
}

// Sample implements [Distribution].
func (d Normal) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns μ + σ·ε with ε ~ N(0, I), M×shape.
func (d Normal) Rsample(s *model.Scope, name string, m int) *g.Node {
	loc := d.Mean()
	eps := s.Normal(name, drawn(m, loc)...)
	return g.Add(repeat(loc, m), g.Mul(repeat(g.Exp(to(d.LogScale, d.shape())), m), eps))
}

// CDF implements [Cumulative].
func (d Normal) CDF(x *g.Node) *g.Node {
	d.Loc, d.LogScale = like(d.Loc, x), like(d.LogScale, x)
	return special.Ndtr(g.Mul(g.Sub(x, d.Loc), g.Exp(g.Neg(d.LogScale))))
}

// Support implements [Declared].
func (d Normal) Support() Support { return Support{Set: Real} }

// Parameters implements [Declared].
func (d Normal) Parameters() []Parameter { return locScale(d.Loc, d.LogScale, d.Scale) }

// klNormal is KL(N(μ₁, σ₁²) ‖ N(μ₂, σ₂²)) = ½(r² + ((μ₁ − μ₂)/σ₂)² − 1) − ln r, r = σ₁/σ₂.
// The ratio is formed in the logarithm, so that σ = 1e±20 stays finite.
func klNormal(q, p Normal) *g.Node {
	level(&q.Loc, &q.LogScale, &p.Loc, &p.LogScale)
	logRatio := g.Sub(q.LogScale, p.LogScale)
	shift := g.Mul(g.Sub(q.Loc, p.Loc), g.Exp(g.Neg(p.LogScale)))
	quad := g.Add(g.Exp(g.MulScalar(logRatio, 2)), g.Square(shift))
	return g.Sub(g.MulScalar(g.AddScalar(quad, -1), .5), logRatio)
}

func init() { registerKL(klNormal) }
