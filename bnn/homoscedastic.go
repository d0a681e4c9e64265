package bnn

import (
	g "github.com/gomlx/gomlx/core/graph"

	"math"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
)

// logScale names the logarithm of the standard deviation that all rows share.
const logScale = "head/log_scale"

// homoscedastic is N(f, σ²) with one σ for all rows, known or learned as a point.
type homoscedastic struct{ noise float64 } // σ of the standardised target; 0: learned

func (h homoscedastic) outputs() int { return 1 }

// scale returns ln σ, a scalar.
func (h homoscedastic) scale(s *model.Scope) *g.Node {
	if h.noise > 0 {
		return g.Scalar(s.Graph(), s.DType(), math.Log(h.noise))
	}
	return s.In("head").Param("log_scale", model.Constant(-1))
}

func (h homoscedastic) logProb(s *model.Scope, f, y *g.Node) *g.Node {
	return dist.Normal{Loc: column(f, 0), LogScale: h.scale(s)}.LogProb(y)
}

// roots: the Fisher information of f is 1/σ², u = f/σ.
func (h homoscedastic) roots(s *model.Scope, f *g.Node) []*g.Node {
	return []*g.Node{g.Mul(column(f, 0), g.Exp(g.Neg(h.scale(s))))}
}
