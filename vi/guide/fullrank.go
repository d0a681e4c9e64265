package guide

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vi"
)

// FullRank is the Gaussian with any covariance (Kucukelbir et al. 2017, section 2.4):
//
//	y = m + Tε,  ln q = ln N(ε; 0, I) − Σ ω − ln|det F|,
//
// T lower triangular with diagonal e^ω.
func FullRank(n int, at Start) vi.Guide { return fullRank{n, at} }

type fullRank struct {
	n  int
	at Start
}

// Draw implements [vi.Guide].
func (q fullRank) Draw(s *model.Scope, name string, m int) (u, logQ *g.Node) {
	return q.draw(s, name, m, false)
}

// DrawPath implements [Path].
func (q fullRank) DrawPath(s *model.Scope, name string, m int) (u, logQ *g.Node) {
	return q.draw(s, name, m, true)
}

func (q fullRank) draw(s *model.Scope, name string, m int, stop bool) (u, logQ *g.Node) {
	n := q.n
	mean := g.ExpandAxes(s.Param("mean", model.Constant(0), n), 0)
	omega := s.Param("logscale", model.Constant(0), n)
	below := s.Param("below", model.Constant(0), n, n)
	t := g.Mul(below, strictlyLower(below))
	diag := g.Exp(omega)
	eps := s.Normal(name, m, n)
	step := g.Add(g.Mul(eps, g.ExpandAxes(diag, 0)), g.DotGeneral(eps, []int{1}, nil, t, []int{1}, nil))
	y := g.Add(mean, step)
	u, logDet := q.at.whiten(s, y)
	logQ = standard(eps)
	if stop {
		// ln q has the derivative −T⁻ᵀε by y; its value is that of the constant.
		full := g.StopGradient(g.Add(t, g.Mul(identity(t), g.ExpandAxes(diag, 0))))
		score := special.TriSolve(full, g.Neg(g.Transpose(eps, 0, 1)), true)
		moved := g.Sub(y, g.StopGradient(y))
		logQ = g.Add(logQ, g.ReduceSum(g.Mul(g.StopGradient(g.Transpose(score, 0, 1)), moved), 1))
	}
	return u, g.Sub(logQ, g.AddScalar(g.ReduceAllSum(stopped(omega, stop)), logDet))
}
