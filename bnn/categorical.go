package bnn

import (
	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// categorical is the distribution softmax(f) over C classes.
type categorical struct{ classes int }

func (c categorical) outputs() int { return c.classes }

func (c categorical) logProb(_ *model.Scope, f, y *g.Node) *g.Node {
	hot := g.OneHot(g.ConvertDType(y, dtypes.Int32), c.classes, f.DType())
	return g.Sub(g.ReduceSum(g.Mul(hot, f), 1), special.LogSumExp(f, 1))
}

// roots: the Fisher matrix of f is diag(p) − ppᵀ = Σ_c p_c (e_c − p)(e_c − p)ᵀ, so
// u_c = √p_c (f_c − pᵀf) with p held fixed.
func (c categorical) roots(_ *model.Scope, f *g.Node) []*g.Node {
	p := g.StopGradient(g.Exp(g.Sub(f, g.ExpandAxes(special.LogSumExp(f, 1), 1))))
	u := g.Mul(g.Sqrt(p), g.Sub(f, g.ExpandAxes(g.ReduceSum(g.Mul(p, f), 1), 1)))
	out := make([]*g.Node, c.classes)
	for k := range out {
		out[k] = column(u, k)
	}
	return out
}
