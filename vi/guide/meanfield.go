package guide

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

// MeanField is the Gaussian with independent coordinates (Kucukelbir et al. 2017, section 2.4):
//
//	y = m + e^ω ∘ ε,  ln q = ln N(ε; 0, I) − Σ ω − ln|det F|.
//
// A factor of the start does not count beside its scales, and by its diagonal alone without them:
// coordinates stay independent.
func MeanField(n int, at Start) vi.Guide {
	if at.Factor != nil && at.Scale == nil {
		at.Scale = make([]float64, n)
		for i := range n {
			at.Scale[i] = at.Factor[i*n+i]
		}
	}
	at.Factor = nil
	return meanField{n, at}
}

type meanField struct {
	n  int
	at Start
}

// Draw implements [vi.Guide].
func (q meanField) Draw(s *model.Scope, name string, m int) (u, logQ *g.Node) {
	return q.draw(s, name, m, false)
}

// DrawPath implements [Path].
func (q meanField) DrawPath(s *model.Scope, name string, m int) (u, logQ *g.Node) {
	return q.draw(s, name, m, true)
}

func (q meanField) draw(s *model.Scope, name string, m int, stop bool) (u, logQ *g.Node) {
	mean := g.ExpandAxes(s.Param("mean", model.Constant(0), q.n), 0)
	omega := g.ExpandAxes(s.Param("logscale", model.Constant(0), q.n), 0)
	eps := s.Normal(name, m, q.n)
	y := g.Add(mean, g.Mul(g.Exp(omega), eps))
	u, logDet := q.at.whiten(s, y)
	if stop {
		eps = g.Mul(g.Sub(y, g.StopGradient(mean)), g.StopGradient(g.Exp(g.Neg(omega))))
	}
	entropy := g.AddScalar(g.ReduceAllSum(stopped(omega, stop)), logDet)
	return u, g.Sub(standard(eps), entropy)
}
