package bnn

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
)

// maxLogScale bounds ln σ of a row smoothly: 5·tanh(f/5) is f to 1 % up to |f| = .9. Far from
// the data, where f is large, a draw's σ would overflow else.
const maxLogScale = 5

// heteroscedastic is N(f₀, σ²) with ln σ = 5 tanh(f₁/5), a function of the row (Nix & Weigend 1994).
type heteroscedastic struct{}

func (heteroscedastic) outputs() int { return 2 }

// normal returns the distribution of the rows' targets.
func (heteroscedastic) normal(f *g.Node) dist.Normal {
	ln := g.MulScalar(g.Tanh(g.DivScalar(column(f, 1), maxLogScale)), maxLogScale)
	return dist.Normal{Loc: column(f, 0), LogScale: ln}
}

// rowScale is σ of an output on the host.
func rowScale(f float64) float64 { return math.Exp(maxLogScale * math.Tanh(f/maxLogScale)) }

func (h heteroscedastic) logProb(_ *model.Scope, f, y *g.Node) *g.Node { return h.normal(f).LogProb(y) }

// roots: the Fisher matrix of (f₀, ln σ) is diag(1/σ², 2).
func (h heteroscedastic) roots(_ *model.Scope, f *g.Node) []*g.Node {
	p := h.normal(f)
	return []*g.Node{
		g.Mul(p.Loc, g.StopGradient(g.Exp(g.Neg(p.LogScale)))),
		g.MulScalar(p.LogScale, math.Sqrt2),
	}
}
