package pass_test

import (
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// optimizer builds steps of Adam; a field that is nil is left out of the formula.
type optimizer struct {
	*build
	rate, correction1, correction2, scale, guard *ir.Value
}

func newOptimizer(t *testing.T) *optimizer {
	b := newBuild(t)
	return &optimizer{build: b, rate: b.param(), correction2: b.param()}
}

// times multiplies by a scalar, if there is one.
func (o *optimizer) times(x, scalar *ir.Value) *ir.Value {
	if scalar == nil {
		return x
	}
	return o.apply(compute.OpTypeMul, x, o.Add(compute.OpTypeBroadcastInDim, ir.Axes{}, []*ir.Value{scalar}, x.Shape).Out[0])
}

// kept is the new value, or under a guard that or the old one.
func (o *optimizer) kept(x, old *ir.Value) *ir.Value {
	if o.guard == nil {
		return x
	}
	ok := o.Add(compute.OpTypeBroadcastInDim, ir.Axes{}, []*ir.Value{o.guard}, shapes.Make(dtypes.Bool, x.Shape.Dimensions...)).Out[0]
	return o.Add(compute.OpTypeWhere, nil, []*ir.Value{ok, x, old}, x.Shape).Out[0]
}

// step adds the update of one array by a gradient and returns the new w, m and v.
func (o *optimizer) step(g *ir.Value) (w, m, v *ir.Value) {
	d := g.Shape.Dimensions
	w0, m0, v0 := o.param(d...), o.param(d...), o.param(d...)
	g = o.times(g, o.scale)
	m = o.apply(compute.OpTypeAdd, o.times(m0, o.constant(.9)), o.times(g, o.constant(.1)))
	v = o.apply(compute.OpTypeAdd, o.times(v0, o.constant(.999)), o.times(o.apply(compute.OpTypeMul, g, g), o.constant(.001)))
	root := o.apply(compute.OpTypeSqrt, o.times(v, o.correction2))
	bottom := o.apply(compute.OpTypeAdd, root, o.Add(compute.OpTypeBroadcastInDim, ir.Axes{}, []*ir.Value{o.constant(1e-8)}, w0.Shape).Out[0])
	w = o.apply(compute.OpTypeSub, w0, o.apply(compute.OpTypeDiv, o.times(o.times(m, o.correction1), o.rate), bottom))
	return o.kept(w, w0), o.kept(m, m0), o.kept(v, v0)
}

// adam is the one step of the graph, or nil.
func (o *optimizer) adam() *ir.Node {
	i := slices.IndexFunc(o.Nodes, func(n *ir.Node) bool { return n.Op == ir.OpAdam })
	if i < 0 {
		return nil
	}
	return o.Nodes[i]
}

func TestStepsOfAdamAreOnePassOverAllArrays(t *testing.T) {
	for name, set := range map[string]func(o *optimizer){
		"plain":             func(*optimizer) {},
		"both corrections":  func(o *optimizer) { o.correction1 = o.param() },
		"no corrections":    func(o *optimizer) { o.correction2 = nil },
		"clipped gradients": func(o *optimizer) { o.scale = o.param() },
		"guarded":           func(o *optimizer) { o.guard = o.Param("ok", shapes.Make(dtypes.Bool)) },
	} {
		o := newOptimizer(t)
		set(o)
		var results []*ir.Value
		for _, d := range [][]int{{5, 7}, {7}, {5, 7}} {
			w, m, v := o.step(o.param(d...))
			results = append(results, w, m, v)
		}
		o.all(results...)
		n := o.adam()
		if n == nil {
			t.Errorf("%s: got %v, want a step of Adam", name, o.Graph)
			continue
		}
		want := ir.Adam{Arrays: 3, Scaled: o.scale != nil, Guarded: o.guard != nil}
		if n.Attr.(ir.Adam) != want || !slices.Equal(o.Results, n.Out) || len(o.regions()) != 0 {
			t.Errorf("%s: got %v, want %+v alone", name, o.Graph, want)
		}
	}
}

// TestArraysWithOtherScalarsAreOtherSteps: two rates make two steps.
func TestArraysWithOtherScalarsAreOtherSteps(t *testing.T) {
	o := newOptimizer(t)
	w, m, v := o.step(o.param(4))
	o.rate = o.param()
	w2, m2, v2 := o.step(o.param(4))
	o.all(w, m, v, w2, m2, v2)
	if got := len(slices.DeleteFunc(o.ops(), func(op ir.Op) bool { return op != ir.OpAdam })); got != 2 {
		t.Errorf("got %d steps, want 2", got)
	}
}

// TestWhatIsNotAdamStays: a moment that is thrown away, one that is read before it is a result,
// a guard on the weights alone.
func TestWhatIsNotAdamStays(t *testing.T) {
	for name, results := range map[string]func(o *optimizer, w, m, v *ir.Value) []*ir.Value{
		"no second moment": func(_ *optimizer, w, m, _ *ir.Value) []*ir.Value { return []*ir.Value{w, m} },
		"read weights": func(o *optimizer, w, m, v *ir.Value) []*ir.Value {
			return []*ir.Value{w, m, v, o.apply(compute.OpTypeExp, w)}
		},
		"guarded weights": func(o *optimizer, w, m, v *ir.Value) []*ir.Value {
			o.guard = o.Param("ok", shapes.Make(dtypes.Bool))
			return []*ir.Value{o.kept(w, w.Def.In[0]), m, v}
		},
	} {
		o := newOptimizer(t)
		w, m, v := o.step(o.param(6))
		o.all(results(o, w, m, v)...)
		if o.adam() != nil {
			t.Errorf("%s: got a step of Adam", name)
		}
	}
}
