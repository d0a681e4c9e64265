package guide

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

// Flow returns the family of the guides that bend a diagonal normal distribution by a map f of
// vectors of n elements, with f's parameters in the scope that it is given:
//
//	y = f(μ + σε),  ln q = ln N(ε; 0, I) − Σ ln σ − ln|det ∂f| − ln|det F|
//
// (Rezende & Mohamed 2015, eq. 5–7). No inverse of f is needed.
func Flow(f func(s *model.Scope, n int) bij.Bijector) Family {
	return func(n int, at Start) vi.Guide { return flow{n, at, f} }
}

type flow struct {
	n  int
	at Start
	f  func(s *model.Scope, n int) bij.Bijector
}

// Draw implements [vi.Guide].
func (q flow) Draw(s *model.Scope, name string, m int) (u, logQ *g.Node) {
	y, logQ := q.bent(s).RsampleLogProb(s, name, m)
	return q.moved(s, y, logQ)
}

// DrawPath implements [Path]; it takes the inverse of f.
func (q flow) DrawPath(s *model.Scope, name string, m int) (u, logQ *g.Node) {
	y, logQ := q.bent(s).RsamplePath(s, name, m)
	return q.moved(s, y, logQ)
}

// bent returns the flow of y.
func (q flow) bent(s *model.Scope) bij.Flow {
	return bij.Flow{
		Of:  q.f(s.In("flow"), q.n),
		Loc: s.Param("mean", model.Constant(0), q.n), LogScale: s.Param("logscale", model.Constant(0), q.n),
	}
}

// moved returns u and its ln q for y and that of y.
func (q flow) moved(s *model.Scope, y, logQ *g.Node) (u, moved *g.Node) {
	u, logDet := q.at.whiten(s, y)
	return u, g.AddScalar(logQ, -logDet)
}
