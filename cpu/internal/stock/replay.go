package stock

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// Replay calls, on a function under construction, the methods that a graph's operations stand for.
type Replay struct {
	// Function receives the calls.
	Function compute.Function

	// Bindings holds the sizes of named axes. Replay enters the names that it meets on the way.
	Bindings shapes.AxisBindings

	// Size gives the number that a scalar of Function holds, where it does not depend on data;
	// only graphs with named axes need it.
	Size func(compute.Value) (int, error)

	// Complete tells that Function has every operation. Otherwise those that GoMLX's engine
	// lacks are spelled out in others.
	Complete bool

	values map[*ir.Value]compute.Value
}

// Graph replays a graph whose parameters are given and returns its results.
func (r *Replay) Graph(g *ir.Graph, params []compute.Value) ([]compute.Value, error) {
	r.values = make(map[*ir.Value]compute.Value, len(g.Nodes))
	for i, p := range g.Params {
		r.values[p] = params[i]
	}
	for _, n := range g.Nodes {
		if n.Op == compute.OpTypeParameter {
			continue
		}
		if err := r.node(n); err != nil {
			return nil, errors.WithMessagef(err, "graph %q: %s", g.Name, ir.OpName(n.Op))
		}
	}
	return r.of(g.Results), nil
}

// Resolve gives a shape with the sizes of its named axes filled in.
func (r *Replay) Resolve(s shapes.Shape) (shapes.Shape, error) {
	if !s.IsDynamic() {
		return s, nil
	}
	return s.Resolve(r.Bindings)
}

func (r *Replay) of(vs []*ir.Value) []compute.Value {
	out := make([]compute.Value, len(vs))
	for i, v := range vs {
		out[i] = r.values[v]
	}
	return out
}

func (r *Replay) node(n *ir.Node) error {
	call, ok := calls[n.Op]
	if spelled, has := spelledOut[n.Op]; has && !r.Complete {
		call, ok = spelled, true
	}
	if !ok {
		return errors.Wrapf(compute.ErrNotImplemented, "stock: no such operation on GoMLX's engine")
	}
	out, err := call(r, n, r.of(n.In))
	if err != nil {
		return err
	}
	if len(out) != len(n.Out) {
		return errors.Errorf("stock: got %d outputs, want %d", len(out), len(n.Out))
	}
	for i, v := range n.Out {
		r.values[v] = out[i]
		if err := r.bind(v.Shape, out[i]); err != nil {
			return err
		}
	}
	return nil
}

// bind enters the sizes of the named axes of a value.
func (r *Replay) bind(s shapes.Shape, v compute.Value) error {
	if !s.IsDynamic() {
		return nil
	}
	got, err := r.Function.Shape(v)
	if err != nil {
		return err
	}
	for i, d := range s.Dimensions {
		if name := s.AxisName(i); d == shapes.DynamicDim && name != "" {
			if _, known := r.Bindings[name]; !known {
				r.Bindings[name] = got.Dimensions[i]
			}
		}
	}
	return nil
}

// call replays one node.
type call func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error)

// calls holds the operations by name; the files of this package fill it, a family each.
var calls = map[ir.Op]call{
	compute.OpTypeConstant: func(r *Replay, n *ir.Node, _ []compute.Value) ([]compute.Value, error) {
		s := n.Out[0].Shape
		flat := dtypes.UnsafeAnySliceFromBytes(n.Attr.(ir.Literal).Data, s.DType, s.Size())
		return one(r.Function.Constant(flat, s.Dimensions...))
	},
	compute.OpTypeRNGBitGenerator: func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
		s, err := r.Resolve(n.Out[1].Shape)
		if err != nil {
			return nil, err
		}
		state, values, err := r.Function.RNGBitGenerator(in[0], s)
		return []compute.Value{state, values}, err
	},
	compute.OpTypeOptimizationBarrier: func(r *Replay, _ *ir.Node, in []compute.Value) ([]compute.Value, error) {
		return r.Function.OptimizationBarrier(in...)
	},
	compute.OpTypeSchedulingBarrier: func(r *Replay, _ *ir.Node, in []compute.Value) ([]compute.Value, error) {
		return one(r.Function.SchedulingBarrier(in[0], in[1:]...))
	},
	ir.OpCopy: func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
		return one(r.Function.Reshape(in[0], n.Out[0].Shape.Dimensions...))
	},
}

// spelledOut holds what GoMLX's engine lacks.
var spelledOut = map[ir.Op]call{}

func register(table map[ir.Op]call) {
	for op, c := range table {
		calls[op] = c
	}
}

func one(v compute.Value, err error) ([]compute.Value, error) { return []compute.Value{v}, err }

// clones of lists, since a method may keep what it is given.
func ints(a []int) []int { return slices.Clone(a) }
