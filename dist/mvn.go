package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// MultivariateNormal is the normal distribution of vectors with mean μ and covariance Σ = LLᵀ,
// L lower triangular with a positive diagonal:
//
//	ln p(x) = −½(n ln 2π + ln|Σ| + ‖L⁻¹(x − μ)‖²),  ln|Σ| = 2 Σᵢ ln Lᵢᵢ.
//
// What Tril holds above the diagonal does not count.
type MultivariateNormal struct {
	Loc  *g.Node // μ, …×n
	Tril *g.Node // L, …×n×n; without batch axes it is that of all
}

// check returns the distribution with a clean triangle.
func (d MultivariateNormal) check() MultivariateNormal {
	requireSquare("MultivariateNormal", "Tril", d.Loc, d.Tril)
	return MultivariateNormal{d.Loc, lower(d.Tril)}
}

// requireSquare checks that a is a matrix for vectors like loc.
func requireSquare(name, what string, loc, a *g.Node) {
	require(loc.Rank() > 0, name, "Loc", loc.Shape().Dimensions, "…×n")
	n := loc.Shape().Dim(-1)
	requireMatrix(name, what, a, n, n)
}

func (d MultivariateNormal) center() *g.Node  { return d.Loc }
func (d MultivariateNormal) scaleDims() []int { return batchOf(d.Tril, 2) }
func (d MultivariateNormal) root() *g.Node    { return lower(d.Tril) }
func (d MultivariateNormal) logDet() *g.Node  { return logDetTri(d.Tril) }
func (d MultivariateNormal) norms(b *g.Node) *g.Node {
	return squares(solveTri(lower(d.Tril), b, false))
}

// LogProb implements [Distribution].
func (d MultivariateNormal) LogProb(x *g.Node) *g.Node {
	return gaussianLogProb("MultivariateNormal", d.check(), x)
}

// Mean implements [Distribution].
func (d MultivariateNormal) Mean() *g.Node { return gaussianMean("MultivariateNormal", d.check()) }

// Variance returns the diagonal of Σ.
func (d MultivariateNormal) Variance() *g.Node {
	return gaussianVariance("MultivariateNormal", d.check())
}

// Covariance returns Σ.
func (d MultivariateNormal) Covariance() *g.Node {
	l := d.check().Tril
	return matMul(l, transposed(l))
}

// Entropy returns ½(n ln 2πe + ln|Σ|).
func (d MultivariateNormal) Entropy() *g.Node {
	return gaussianEntropy("MultivariateNormal", d.check())
}

// Sample implements [Distribution].
func (d MultivariateNormal) Sample(s *model.Scope, name string, m int) *g.Node {
	return d.Rsample(s, name, m)
}

// Rsample returns μ + Lε with ε ~ N(0, I), M×…×n.
func (d MultivariateNormal) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.check()
	mean := d.Mean()
	eps := s.Normal(name, drawn(m, mean)...)
	step := onColumns("MultivariateNormal", eps, d.scaleDims(), func(b *g.Node) *g.Node { return matMul(d.Tril, b) })
	return g.Add(repeat(mean, m), step)
}

// Support implements [Declared].
func (d MultivariateNormal) Support() Support { return Support{Set: Vector} }

// Parameters implements [Declared].
func (d MultivariateNormal) Parameters() []Parameter {
	return []Parameter{{"Loc", d.Loc, Support{Set: Vector}}, {"Tril", d.Tril, Support{Set: LowerCholesky}}}
}
