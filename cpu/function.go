package cpu

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/notimplemented"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// Function records operations: the main function, one that others call, or a closure.
type Function struct {
	notimplemented.Function

	builder  *Builder
	parent   *Function // of a closure
	name     string
	graph    *ir.Graph
	returned bool

	merged   map[string]*ir.Node // nodes by what they compute
	captures []capture           // values of enclosing functions, in the order of their parameters
}

// capture is a value of the parent and the parameter that stands for it.
type capture struct{ outer, inner *ir.Value }

// value is a compute.Value: the output of a node and the function that has it.
type value struct {
	*ir.Value
	fn *Function
}

var _ compute.Function = (*Function)(nil)

func newFunction(b *Builder, parent *Function, name string) *Function {
	f := &Function{builder: b, parent: parent, name: name, graph: &ir.Graph{Name: name}, merged: map[string]*ir.Node{}}
	f.Function.ErrFn = notImplemented
	return f
}

// Name gives the function's name; closures have none.
func (f *Function) Name() string { return f.name }

// Builder gives the builder that the function belongs to.
func (f *Function) Builder() compute.Builder { return f.builder }

// Parent gives the function that a closure belongs to, else nil.
func (f *Function) Parent() compute.Function {
	if f.parent == nil {
		return nil
	}
	return f.parent
}

// Closure begins a function that may use the values of this one.
func (f *Function) Closure() (compute.Function, error) {
	if err := f.open("Closure"); err != nil {
		return nil, err
	}
	return newFunction(f.builder, f, ""), nil
}

// Shape gives the shape of a value.
func (f *Function) Shape(v compute.Value) (shapes.Shape, error) { return f.builder.OpShape(v) }

// open gives an error once the function has returned.
func (f *Function) open(op string) error {
	if f == nil {
		return errors.Errorf("cpu: %s: the function is nil", op)
	}
	if f.builder.compiled {
		return errors.Errorf("cpu: %s: builder %q is compiled", op, f.builder.name)
	}
	if f.returned {
		return errors.Errorf("cpu: %s: function %q has returned", op, f.name)
	}
	return nil
}

// use checks that values may be used in the function and captures those of enclosing functions.
func (f *Function) use(op compute.OpType, values ...compute.Value) ([]*ir.Value, error) {
	if err := f.open(op.String()); err != nil {
		return nil, err
	}
	out := make([]*ir.Value, len(values))
	for i, x := range values {
		v, ok := x.(*value)
		if !ok || v == nil {
			return nil, errors.Errorf("cpu: %s: input %d: got %T, want a value of this backend", op, i, x)
		}
		if v.fn.builder != f.builder {
			return nil, errors.Errorf("cpu: %s: input %d: it is a value of builder %q, not of %q", op, i, v.fn.builder.name, f.builder.name)
		}
		if out[i] = f.reach(v.fn, v.Value); out[i] == nil {
			return nil, errors.Errorf("cpu: %s: input %d: it is a value of function %q, which does not enclose this one", op, i, v.fn.name)
		}
	}
	return out, nil
}

// reach gives what stands in the function for a value of owner, or nil if owner does not enclose it.
func (f *Function) reach(owner *Function, v *ir.Value) *ir.Value {
	if owner == f {
		return v
	}
	if f.parent == nil {
		return nil
	}
	outer := f.parent.reach(owner, v)
	if outer == nil {
		return nil
	}
	for _, c := range f.captures {
		if c.outer == outer {
			return c.inner
		}
	}
	inner := f.graph.Param("", outer.Shape)
	f.captures = append(f.captures, capture{outer, inner})
	return inner
}

// outer lists the parent's values that the function captures.
func (f *Function) outer() []*ir.Value {
	out := make([]*ir.Value, len(f.captures))
	for i, c := range f.captures {
		out[i] = c.outer
	}
	return out
}

// record appends a node, or gives an equal one that is there already.
func (f *Function) record(op ir.Op, attr any, in []*ir.Value, out ...shapes.Shape) []compute.Value {
	for i := range out {
		out[i] = plainNames(out[i])
	}
	n := f.graph.Add(op, attr, in, out...)
	if key := ir.Key(n); key != "" {
		if old, ok := f.merged[key]; ok {
			f.graph.Nodes = f.graph.Nodes[:len(f.graph.Nodes)-1]
			n = old
		} else {
			f.merged[key] = n
		}
	}
	return f.values(n.Out)
}

// plainNames drops the names of axes where none has one.
func plainNames(s shapes.Shape) shapes.Shape {
	if slices.IndexFunc(s.AxisNames, func(name string) bool { return name != "" }) < 0 {
		s.AxisNames = nil
	}
	return s
}

// values wraps outputs for the caller.
func (f *Function) values(vs []*ir.Value) []compute.Value {
	out := make([]compute.Value, len(vs))
	for i, v := range vs {
		out[i] = &value{v, f}
	}
	return out
}

// node records a node with one output.
func (f *Function) node(op ir.Op, attr any, out shapes.Shape, in ...*ir.Value) (compute.Value, error) {
	if !capabilities.DTypes[out.DType] {
		return nil, errors.Wrapf(compute.ErrNotImplemented, "cpu: %s: data type %s", op, out.DType)
	}
	return f.record(op, attr, in, out)[0], nil
}

// Parameter adds an input.
func (f *Function) Parameter(name string, shape shapes.Shape, sharding *compute.ShardingSpec) (compute.Value, error) {
	if err := f.open("Parameter"); err != nil {
		return nil, err
	}
	if sharding != nil {
		return nil, errors.Wrapf(compute.ErrNotImplemented, "cpu: Parameter %q: sharding", name)
	}
	if !capabilities.DTypes[shape.DType] {
		return nil, errors.Errorf("cpu: Parameter %q: shape %s: the data type is not supported", name, shape)
	}
	for i, d := range shape.Dimensions {
		switch {
		case d == shapes.DynamicDim && shape.AxisName(i) != "":
			f.builder.axes.Insert(shape.AxisName(i))
		case d < 0:
			return nil, errors.Errorf("cpu: Parameter %q: shape %s: got a dimension of %d, want at least 0 or a named axis", name, shape, d)
		}
	}
	return &value{f.graph.Param(name, plainNames(shape.Clone())), f}, nil
}

// Return ends the function with its results.
func (f *Function) Return(outputs []compute.Value, shardings []*compute.ShardingSpec) error {
	if err := f.open("Return"); err != nil {
		return err
	}
	if len(outputs) == 0 {
		return errors.Errorf("cpu: Return: function %q: got no results, want at least one", f.name)
	}
	if len(shardings) != 0 {
		return errors.Wrapf(compute.ErrNotImplemented, "cpu: Return: sharding")
	}
	results, err := f.use(compute.OpTypeInvalid, outputs...)
	if err != nil {
		return errors.WithMessage(err, "Return")
	}
	f.graph.Results = results
	f.capturesLast()
	f.returned = true
	return nil
}

// capturesLast orders the parameters: the function's own, then those that stand for captures.
func (f *Function) capturesLast() {
	captured := map[*ir.Value]bool{}
	for _, c := range f.captures {
		captured[c.inner] = true
	}
	var own, rest []*ir.Value
	for _, p := range f.graph.Params {
		if captured[p] {
			rest = append(rest, p)
		} else {
			own = append(own, p)
		}
	}
	f.graph.Params = append(own, rest...)
	for i, p := range f.graph.Params {
		a := p.Def.Attr.(ir.Param)
		a.Index = i
		p.Def.Attr = a
	}
}

// own gives the parameters that the function was given, without those that stand for captures.
func (f *Function) own() []*ir.Value { return f.graph.Params[:len(f.graph.Params)-len(f.captures)] }
