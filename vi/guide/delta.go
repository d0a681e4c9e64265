package guide

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

// Delta puts all mass on one point: q(u) = δ(u − loc − F·m). Its bound is ln p(u) itself, whose
// maximum is the mode in u. ln q counts as 0, so the bound is none of ln p(x).
func Delta(n int, at Start) vi.Guide { return delta{n, at} }

type delta struct {
	n  int
	at Start
}

// Draw implements [vi.Guide].
func (d delta) Draw(s *model.Scope, _ string, m int) (u, logQ *g.Node) {
	y := s.Param("mean", model.Constant(0), d.n)
	u, _ = d.at.whiten(s, g.BroadcastToDims(g.ExpandAxes(y, 0), m, d.n))
	return u, zeros(u, m)
}

// IsDelta tells whether a guide is a point.
func IsDelta(q vi.Guide) bool {
	_, ok := q.(delta)
	return ok
}
