package cpu

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// Call gives the results of a function for the inputs; its nodes are copied to this one.
func (f *Function) Call(callee compute.Function, inputs ...compute.Value) ([]compute.Value, error) {
	in, err := f.use(compute.OpTypeCall, inputs...)
	if err != nil {
		return nil, err
	}
	c, ok := callee.(*Function)
	if !ok || c == nil || c.builder != f.builder || c.parent != nil {
		return nil, errors.Errorf("cpu: Call: got %T, want a named function of this builder", callee)
	}
	if !c.returned {
		return nil, errors.Errorf("cpu: Call: function %q has not returned", c.name)
	}
	if err := sameShapes(c.graph.Params, in); err != nil {
		return nil, errors.WithMessagef(err, "cpu: Call: function %q: inputs", c.name)
	}
	return f.values(f.graph.Inline(c.graph, in)), nil
}

// closure checks that a function is a finished closure of this one.
func (f *Function) closure(op compute.OpType, what string, fn compute.Function) (*Function, error) {
	c, ok := fn.(*Function)
	if !ok || c == nil || c.parent != f {
		return nil, errors.Errorf("cpu: %s: %s: got %T, want a closure of the function", op, what, fn)
	}
	if !c.returned {
		return nil, errors.Errorf("cpu: %s: %s has not returned", op, what)
	}
	return c, nil
}

// sameShapes compares values in number and shape.
func sameShapes(got, want []*ir.Value) error {
	if len(got) != len(want) {
		return errors.Errorf("got %d, want %d", len(got), len(want))
	}
	for i := range got {
		if !got[i].Shape.Equal(want[i].Shape) {
			return errors.Errorf("number %d: got shape %s, want %s", i, got[i].Shape, want[i].Shape)
		}
	}
	return nil
}

func isPredicate(vs []*ir.Value) bool {
	return len(vs) == 1 && vs[0].Shape.DType == dtypes.Bool && vs[0].Shape.Rank() == 0
}

func shapesOf(vs []*ir.Value) []shapes.Shape {
	out := make([]shapes.Shape, len(vs))
	for i, v := range vs {
		out[i] = v.Shape
	}
	return out
}

// While repeats body on the state for as long as cond holds.
func (f *Function) While(cond, body compute.Function, state ...compute.Value) ([]compute.Value, error) {
	in, err := f.use(compute.OpTypeWhile, state...)
	if err != nil {
		return nil, err
	}
	if len(in) == 0 {
		return nil, errors.New("cpu: While: got no state, want at least one value")
	}
	c, err := f.closure(compute.OpTypeWhile, "condition", cond)
	if err != nil {
		return nil, err
	}
	b, err := f.closure(compute.OpTypeWhile, "body", body)
	if err != nil {
		return nil, err
	}
	if !isPredicate(c.graph.Results) {
		return nil, errors.New("cpu: While: condition: want one bool scalar as its result")
	}
	for _, pair := range []struct {
		what      string
		got, want []*ir.Value
	}{{"parameters of the condition", c.own(), in}, {"parameters of the body", b.own(), in}, {"results of the body", b.graph.Results, in}} {
		if err := sameShapes(pair.got, pair.want); err != nil {
			return nil, errors.WithMessagef(err, "cpu: While: %s", pair.what)
		}
	}
	a := ir.While{State: len(in), CondCaptures: len(c.captures), BodyCaptures: len(b.captures), Cond: c.graph.Clone(), Body: b.graph.Clone()}
	return f.record(compute.OpTypeWhile, a, slices.Concat(in, c.outer(), b.outer()), shapesOf(in)...), nil
}

// If runs one of two closures without parameters.
func (f *Function) If(predicate compute.Value, onTrue, onFalse compute.Function) ([]compute.Value, error) {
	in, err := f.use(compute.OpTypeIf, predicate)
	if err != nil {
		return nil, err
	}
	if !isPredicate(in) {
		return nil, errors.Errorf("cpu: If: predicate: got %s, want a bool scalar", in[0].Shape)
	}
	t, err := f.closure(compute.OpTypeIf, "first branch", onTrue)
	if err != nil {
		return nil, err
	}
	e, err := f.closure(compute.OpTypeIf, "second branch", onFalse)
	if err != nil {
		return nil, err
	}
	if len(t.own()) != 0 || len(e.own()) != 0 {
		return nil, errors.New("cpu: If: a branch has parameters, want none")
	}
	if err := sameShapes(e.graph.Results, t.graph.Results); err != nil {
		return nil, errors.WithMessage(err, "cpu: If: results of the second branch")
	}
	a := ir.If{TrueCaptures: len(t.captures), FalseCaptures: len(e.captures), True: t.graph.Clone(), False: e.graph.Clone()}
	return f.record(compute.OpTypeIf, a, slices.Concat(in, t.outer(), e.outer()), shapesOf(t.graph.Results)...), nil
}

// Sort sorts tensors together along an axis. The comparator takes the left and the right scalar
// of the first tensor, then of the second, and so on, and tells whether left comes first.
func (f *Function) Sort(comparator compute.Function, axis int, stable bool, inputs ...compute.Value) ([]compute.Value, error) {
	in, err := f.use(compute.OpTypeSort, inputs...)
	if err != nil {
		return nil, err
	}
	c, err := f.closure(compute.OpTypeSort, "comparator", comparator)
	if err != nil {
		return nil, err
	}
	if len(in) == 0 {
		return nil, errors.New("cpu: Sort: got no tensors")
	}
	rank := in[0].Shape.Rank()
	if axis < 0 {
		axis += rank
	}
	if axis < 0 || axis >= rank {
		return nil, errors.Errorf("cpu: Sort: axis %d of %s", axis, in[0].Shape)
	}
	if len(c.own()) != 2*len(in) || !isPredicate(c.graph.Results) {
		return nil, errors.Errorf("cpu: Sort: comparator: want %d parameters and one bool scalar as its result", 2*len(in))
	}
	for i, v := range in {
		if !slices.Equal(v.Shape.Dimensions, in[0].Shape.Dimensions) {
			return nil, errors.Errorf("cpu: Sort: tensor %d: got %s, want the dimensions of %s", i, v.Shape, in[0].Shape)
		}
		for _, p := range c.own()[2*i : 2*i+2] {
			if p.Shape.Rank() != 0 || p.Shape.DType != v.Shape.DType {
				return nil, errors.Errorf("cpu: Sort: comparator: got a parameter %s for tensor %d, %s", p.Shape, i, v.Shape)
			}
		}
	}
	a := ir.Sort{Axis: axis, Stable: stable, Tensors: len(in), Comparator: c.graph.Clone()}
	return f.record(compute.OpTypeSort, a, slices.Concat(in, c.outer()), shapesOf(in)...), nil
}
