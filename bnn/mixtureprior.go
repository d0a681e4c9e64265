package bnn

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// mixturePrior is the scale mixture π N(0, σ₁²) + (1−π) N(0, σ₂²) of Blundell et al. 2015, eq. 7.
// KL(q ‖ p) has no closed form; ln q(w) − ln p(w) at one draw w ~ q is its estimate.
type mixturePrior struct{ pi, sd1, sd2 float64 }

func (p mixturePrior) kl(s *model.Scope, q normal, scale float64) *g.Node {
	w := q.rsample(s, "prior")
	part := func(weight, sd float64) *g.Node {
		return g.AddScalar(g.MulScalar(g.Square(w), -.5/(sd*sd)), math.Log(weight)-math.Log(sd))
	}
	both := g.Stack([]*g.Node{part(p.pi, p.sd1*scale), part(1-p.pi, p.sd2*scale)}, 0)
	lnP := special.LogSumExp(both, 0)
	// ln q(w) = −½ε² − ln S, ε = (w − M)/S; both sides lack −½ ln 2π.
	eps := g.Div(g.Sub(w, q.M), q.S)
	lnQ := g.Sub(g.MulScalar(g.Square(eps), -.5), g.Log(q.S))
	return g.ReduceAllSum(g.Sub(lnQ, lnP))
}
