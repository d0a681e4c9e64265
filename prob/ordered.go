package prob

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
)

// Ordered is the distribution of the order statistics of n independent draws of a distribution of
// numbers: the prior of cutpoints, or of means whose labels must not be swapped,
//
//	ln p(x) = ln n! + Σ_i ln p_Of(x_i),  x_1 < … < x_n.
type Ordered struct {
	Of dist.Distribution // of a real number; its parameters are scalars
	N  int               // n
}

// LogProb implements [dist.Distribution] for vectors of n numbers that increase.
func (d Ordered) LogProb(x *g.Node) *g.Node {
	all, _ := math.Lgamma(float64(d.N) + 1)
	return g.AddScalar(g.ReduceSum(d.Of.LogProb(x), -1), all)
}

// Mean is NaN in the shape of a value: order statistics have no mean in closed form.
func (d Ordered) Mean() *g.Node {
	return g.BroadcastToDims(g.AddScalar(d.Of.Mean(), math.NaN()), d.N)
}

// Variance is NaN in the shape of a value.
func (d Ordered) Variance() *g.Node { return d.Mean() }

// Sample returns M draws, M×n: n draws each, put in order by counting how many are below.
func (d Ordered) Sample(s *model.Scope, name string, m int) *g.Node {
	x := g.Reshape(d.Of.Sample(s, name, m*d.N), m, d.N)
	column, row := g.ExpandAxes(x, 2), g.ExpandAxes(x, 1)
	below := g.ConvertDType(g.GreaterThan(column, row), x.DType()) // M×n×n, x_i > x_j
	rank := g.ExpandAxes(g.ReduceSum(below, 2), 2)
	places := g.Iota(x.Graph(), below.Shape(), 2)
	at := g.ConvertDType(g.Equal(g.BroadcastToDims(rank, m, d.N, d.N), places), x.DType())
	return g.ReduceSum(g.Mul(at, column), 1)
}

// Support implements [dist.Declared].
func (d Ordered) Support() dist.Support { return dist.Support{Set: dist.Ordered} }

// Parameters implements [dist.Declared].
func (d Ordered) Parameters() []dist.Parameter {
	if p, ok := d.Of.(dist.Declared); ok {
		return p.Parameters()
	}
	return nil
}
