package guide

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vi"
)

// LowRank returns the family of the Gaussians whose covariance is diagonal plus one of rank r
// (Ong, Nott & Smith 2018):
//
//	y = m + e^ω ∘ ε + Wη,  Cov y = diag(e^2ω) + WWᵀ,  W n×r.
//
// With V = e^−ω ∘ W and C = I + VᵀV, ln|Cov y| = 2Σω + ln|C|, and Cov⁻¹ follows by the matrix
// inversion lemma.
func LowRank(r int) Family {
	return func(n int, at Start) vi.Guide { return lowRank{n, r, at} }
}

type lowRank struct {
	n, r int
	at   Start
}

// Draw implements [vi.Guide].
func (q lowRank) Draw(s *model.Scope, name string, m int) (u, logQ *g.Node) {
	return q.draw(s, name, m, false)
}

// DrawPath implements [Path].
func (q lowRank) DrawPath(s *model.Scope, name string, m int) (u, logQ *g.Node) {
	return q.draw(s, name, m, true)
}

func (q lowRank) draw(s *model.Scope, name string, m int, stop bool) (u, logQ *g.Node) {
	mean := g.ExpandAxes(s.Param("mean", model.Constant(0), q.n), 0)
	omega := g.ExpandAxes(s.Param("logscale", model.Constant(0), q.n), 0)
	// At W = 0 the gradient by W vanishes with it: begin beside.
	w := s.Param("wide", model.Gaussian(.1), q.n, q.r)
	eps, eta := s.Normal(name, m, q.n), s.In("factor").Normal(name, m, q.r)
	y := g.Add(g.Add(mean, g.Mul(g.Exp(omega), eps)), g.DotGeneral(eta, []int{1}, nil, w, []int{1}, nil))
	u, logDet := q.at.whiten(s, y)
	mean, omega, w = stopped(mean, stop), stopped(omega, stop), stopped(w, stop)
	inv := g.Exp(g.Neg(omega))
	z := g.Mul(g.Sub(y, mean), inv) // M×n, e^−ω(y − m)
	v := g.Mul(w, g.Transpose(inv, 0, 1))
	c := g.Add(identity(g.DotGeneral(v, []int{0}, nil, v, []int{0}, nil)), g.DotGeneral(v, []int{0}, nil, v, []int{0}, nil))
	l := special.Cholesky(c)
	inner := special.TriSolve(l, g.DotGeneral(v, []int{0}, nil, z, []int{1}, nil), false) // r×M
	logQ = g.Add(standard(z), g.MulScalar(g.ReduceSum(g.Square(inner), 0), .5))
	return u, g.Sub(logQ, g.AddScalar(g.Add(g.ReduceAllSum(omega), special.LogDetTri(l)), logDet))
}
