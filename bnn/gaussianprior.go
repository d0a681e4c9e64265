package bnn

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
)

// gaussianPrior is N(0, s²).
type gaussianPrior struct{ sd float64 }

func (p gaussianPrior) kl(_ *model.Scope, q normal, scale float64) *g.Node {
	zero := g.ZerosLike(q.M)
	own := dist.Normal{Loc: zero, LogScale: g.AddScalar(zero, math.Log(p.sd*scale))}
	return g.ReduceAllSum(dist.MustKL(dist.Normal{Loc: q.M, LogScale: g.Log(q.S)}, own))
}
