package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// MultivariateNormalPrecision is the normal distribution of vectors with mean μ and precision
// Σ⁻¹ = LLᵀ, L lower triangular with a positive diagonal:
//
//	ln p(x) = −½(n ln 2π − 2 Σᵢ ln Lᵢᵢ + ‖Lᵀ(x − μ)‖²).
type MultivariateNormalPrecision struct {
	Loc           *g.Node // μ, …×n
	PrecisionTril *g.Node // L, …×n×n; without batch axes it is that of all
}

// check returns the distribution with a clean triangle.
func (d MultivariateNormalPrecision) check() MultivariateNormalPrecision {
	requireSquare("MultivariateNormalPrecision", "PrecisionTril", d.Loc, d.PrecisionTril)
	return MultivariateNormalPrecision{d.Loc, lower(d.PrecisionTril)}
}

func (d MultivariateNormalPrecision) center() *g.Node  { return d.Loc }
func (d MultivariateNormalPrecision) scaleDims() []int { return batchOf(d.PrecisionTril, 2) }
func (d MultivariateNormalPrecision) logDet() *g.Node  { return g.Neg(logDetTri(d.PrecisionTril)) }
func (d MultivariateNormalPrecision) root() *g.Node {
	return solveTri(lower(d.PrecisionTril), identityLike(d.PrecisionTril), true)
}
func (d MultivariateNormalPrecision) norms(b *g.Node) *g.Node {
	return squares(matMul(transposed(lower(d.PrecisionTril)), b))
}

// LogProb implements [Distribution].
func (d MultivariateNormalPrecision) LogProb(x *g.Node) *g.Node {
	return gaussianLogProb("MultivariateNormalPrecision", d.check(), x)
}

// Mean implements [Distribution].
func (d MultivariateNormalPrecision) Mean() *g.Node {
	return gaussianMean("MultivariateNormalPrecision", d.check())
}

// Variance returns the diagonal of Σ.
func (d MultivariateNormalPrecision) Variance() *g.Node {
	return gaussianVariance("MultivariateNormalPrecision", d.check())
}

// Covariance returns Σ.
func (d MultivariateNormalPrecision) Covariance() *g.Node {
	r := d.check().root()
	return matMul(r, transposed(r))
}

// Entropy returns ½(n ln 2πe + ln|Σ|).
func (d MultivariateNormalPrecision) Entropy() *g.Node {
	return gaussianEntropy("MultivariateNormalPrecision", d.check())
}

// Sample implements [Distribution].
func (d MultivariateNormalPrecision) Sample(s *model.Scope, name string, m int) *g.Node {
	return d.Rsample(s, name, m)
}

// Rsample returns μ + L⁻ᵀε with ε ~ N(0, I), M×…×n.
func (d MultivariateNormalPrecision) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.check()
	mean := d.Mean()
	eps := s.Normal(name, drawn(m, mean)...)
	step := onColumns("MultivariateNormalPrecision", eps, d.scaleDims(), func(b *g.Node) *g.Node {
		return solveTri(d.PrecisionTril, b, true)
	})
	return g.Add(repeat(mean, m), step)
}

// Support implements [Declared].
func (d MultivariateNormalPrecision) Support() Support { return Support{Set: Vector} }

// Parameters implements [Declared].
func (d MultivariateNormalPrecision) Parameters() []Parameter {
	return []Parameter{{"Loc", d.Loc, Support{Set: Vector}}, {"PrecisionTril", d.PrecisionTril, Support{Set: LowerCholesky}}}
}
