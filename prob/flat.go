package prob

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
)

// Flat introduces an unknown with density one everywhere on a set, which is no distribution: the
// data have to make the posterior proper, and there are no draws from the prior. dims is the
// shape of the value, without the axes of plates.
func (p *Trace) Flat(name string, on dist.Support, dims ...int) *g.Node {
	return p.Sample(name, flat{on: on, like: p.Const(0, dims...)})
}

// flat is the measure with density one.
type flat struct {
	on   dist.Support
	like *g.Node // in the shape of a value
}

// LogProb returns 0 for each number or event.
func (d flat) LogProb(x *g.Node) *g.Node {
	zero := g.ZerosLike(x)
	for range d.on.Rank() {
		zero = g.ReduceSum(zero, -1)
	}
	return zero
}

// Mean is NaN: there is none.
func (d flat) Mean() *g.Node { return g.AddScalar(d.like, math.NaN()) }

// Variance is NaN: there is none.
func (d flat) Variance() *g.Node { return d.Mean() }

// Sample panics: there are no draws.
func (d flat) Sample(_ *model.Scope, name string, _ int) *g.Node {
	fail(name, "a flat prior has no draws")
	return nil
}

// Support implements [dist.Declared].
func (d flat) Support() dist.Support { return d.on }

// Parameters implements [dist.Declared]: there are none.
func (d flat) Parameters() []dist.Parameter { return nil }
