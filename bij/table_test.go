package bij_test

import (
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/bij"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// entry is a map of the registry. Every test of this file's family runs over all entries.
type entry struct {
	name string
	make func(s *model.Scope) bij.Bijector
	x    []int               // event axes of x
	sd   float64             // of the inputs; 1 if 0
	move float64             // standard deviation of the change to new parameters; ½ if 0
	free func(flat int) bool // elements of y that are coordinates; nil is all
	mute bool                // Inverse panics
	zero bool                // a new map is the identity
	near bool                // a part sees rounded values of another, such as a probability of 0, so that ±700 are out of reach
}

// table holds all maps.
var table = concat(constraints, combined, flows)

func concat(lists ...[]entry) (all []entry) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// below selects the elements of an n×n matrix under the diagonal, or on and under it.
func below(n, shift int) func(int) bool {
	return func(i int) bool { return i%n < i/n+shift }
}

func value(v bij.Bijector) func(*model.Scope) bij.Bijector {
	return func(*model.Scope) bij.Bijector { return v }
}

var constraints = []entry{
	{name: "Identity", make: value(bij.Identity{}), zero: true},
	{name: "Affine", make: func(s *model.Scope) bij.Bijector {
		return bij.Affine{Shift: s.Param("a", model.Constant(.3), 3), LogScale: s.Param("s", model.Constant(-.4), 3)}
	}, x: []int{3}},
	{name: "Affine of numbers", make: func(s *model.Scope) bij.Bijector {
		return bij.Affine{Shift: s.Param("a", model.Constant(.3)), LogScale: s.Param("s", model.Constant(-.4))}
	}},
	{name: "Affine without parts", make: value(bij.Affine{}), zero: true},
	{name: "Exp", make: value(bij.Exp{})},
	{name: "Softplus", make: value(bij.Softplus{})},
	{name: "Sigmoid", make: value(bij.Sigmoid{})},
	{name: "Sigmoid of an interval", make: func(s *model.Scope) bij.Bijector {
		low := s.Param("low", model.Constant(-3))
		return bij.Sigmoid{Low: low, High: g.Add(low, g.Exp(s.Param("size", model.Constant(1), 2)))}
	}, x: []int{2}, sd: .7},
	{name: "AtLeast", make: func(s *model.Scope) bij.Bijector { return bij.AtLeast{Low: s.Param("low", model.Constant(2))} }},
	{name: "Tanh", make: value(bij.Tanh{})},
	{name: "StickBreaking", make: value(bij.StickBreaking{}), x: []int{4}, free: func(i int) bool { return i < 4 }},
	{name: "StickBreaking of two", make: value(bij.StickBreaking{}), x: []int{1}, free: func(i int) bool { return i < 1 }},
	{name: "Ordered", make: value(bij.Ordered{}), x: []int{5}},
	{name: "Ordered of one", make: value(bij.Ordered{}), x: []int{1}},
	{name: "CholeskyCov", make: value(bij.CholeskyCov{}), x: []int{10}, free: below(4, 1)},
	{name: "CholeskyCov 1×1", make: value(bij.CholeskyCov{}), x: []int{1}},
	{name: "CholeskyCorr", make: value(bij.CholeskyCorr{}), x: []int{10}, free: below(5, 0)},
	{name: "CholeskyCorr 2×2", make: value(bij.CholeskyCorr{}), x: []int{1}, free: below(2, 0)},
	{name: "Stereographic", make: value(bij.Stereographic{}), x: []int{3}},
}

var combined = []entry{
	{name: "Chain", make: func(s *model.Scope) bij.Bijector {
		return bij.Chain{bij.Affine{Shift: s.Param("a", model.Constant(.3), 3)}, bij.Exp{}, bij.Invert{Of: bij.Softplus{}}}
	}, x: []int{3}},
	{name: "Chain that changes axes", make: func(s *model.Scope) bij.Bijector {
		return bij.Chain{
			bij.Reshape{From: []int{2, 3}, To: []int{6}}, bij.Permute{Order: []int{2, 0, 5, 1, 4, 3}}, bij.CholeskyCov{},
			bij.Affine{Shift: s.Param("a", model.Constant(.3))},
		}
	}, x: []int{2, 3}, free: below(3, 1)},
	{name: "Chain of one more element", make: value(bij.Chain{bij.Ordered{}, bij.StickBreaking{}}), x: []int{3}, sd: .3, free: func(i int) bool { return i < 3 }},
	{name: "Chain of none", make: value(bij.Chain{}), zero: true},
	{name: "Invert", make: value(bij.Invert{Of: bij.Invert{Of: bij.Softplus{}}})},
	{name: "Invert of a chain", make: value(bij.Invert{Of: bij.Chain{bij.Affine{}, bij.Invert{Of: bij.Exp{}}}})},
	{name: "Invert of StickBreaking", make: value(bij.Chain{bij.StickBreaking{}, bij.Invert{Of: bij.StickBreaking{}}}), x: []int{3}, zero: true, near: true},
	{name: "Independent", make: value(bij.Independent{Of: bij.Ordered{}, Axes: 1}), x: []int{2, 3}},
	{name: "Independent of a map that adds", make: value(bij.Independent{Of: bij.StickBreaking{}, Axes: 1}), x: []int{2, 2}, free: func(i int) bool { return i%3 < 2 }},
	{name: "Permute", make: value(bij.Permute{Order: []int{2, 0, 3, 1}}), x: []int{4}},
	{name: "Reverse", make: value(bij.NewReverse(3)), x: []int{3}},
	{name: "Reshape", make: value(bij.Reshape{From: []int{2, 3}, To: []int{3, 1, 2}}), x: []int{2, 3}},
}

// size is the number of elements of an event.
func (e entry) size() int { return e.law().Size() }

// law is the map for the laws of the test kit.
func (e entry) law() tk.Map {
	return tk.Map{
		Name: e.name, Make: func(s *model.Scope) tk.Bijector { return e.make(s) }, Dims: e.x,
		Spread: e.sd, Move: e.move, Free: e.free, OneWay: e.mute,
	}
}

// inputs draws b events.
func (e entry) inputs(seed uint64, b int) []float64 { return e.law().Inputs(seed, b) }

// shape puts batch axes before those of an event.
func (e entry) shape(batch ...int) []int { return e.law().Shape(batch...) }

// params makes the map's parameters and moves them at random.
func (e entry) params(t *testing.T) *model.Params {
	t.Helper()
	return e.law().Params(t)
}

// run evaluates a function of the map and of events, one after the other in x; none is three
// drawn ones.
func (e entry) run(t *testing.T, p *model.Params, x []float64, fn func(s *model.Scope, f bij.Bijector, x *g.Node) []*g.Node) [][]float64 {
	t.Helper()
	return e.law().Run(t, p, x, func(s *model.Scope, f tk.Bijector, x *g.Node) []*g.Node { return fn(s, f.(bij.Bijector), x) })
}
