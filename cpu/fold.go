package cpu

import (
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/stock"
)

// fold gives the integer in a scalar that follows from constants. It is not known yet if it
// follows from lengths of named axes or from small integer parameters, whose values are then part
// of what is specialised; one that depends on other data is refused.
func (f *Function) fold(v *ir.Value) (size int, known bool, err error) {
	g := &ir.Graph{Name: "size"}
	folder := &folder{builder: f.builder, graph: g, done: map[*ir.Value]*ir.Value{}}
	w, err := folder.copy(f, v)
	if err != nil || w == nil {
		return 0, false, err
	}
	if to := w.Shape.Clone(); to.DType != dtypes.Int64 {
		to.DType = dtypes.Int64
		w = g.Add(compute.OpTypeConvertDType, nil, []*ir.Value{w}, to).Out[0]
	}
	g.Results = []*ir.Value{w}
	p, err := stock.Graph(g)
	if err != nil {
		return 0, false, err
	}
	result := kernel.Alloc(8)
	if err := p.Run(nil, []unsafe.Pointer{result}); err != nil {
		return 0, false, err
	}
	return int(*(*int64)(result)), true, nil
}

// folder copies the nodes that a value follows from.
type folder struct {
	builder *Builder
	graph   *ir.Graph
	done    map[*ir.Value]*ir.Value
}

// smallSize is the most elements that a parameter may have whose values decide sizes.
const smallSize = 16

// parameter gives what stands for a parameter: its value at execution, nil while it is recorded.
func (c *folder) parameter(f *Function, v *ir.Value) (*ir.Value, error) {
	for _, capture := range f.captures {
		if capture.inner == v {
			return c.copy(f.parent, capture.outer)
		}
	}
	if data, ok := c.builder.given[v]; ok {
		literal := ir.Literal{Data: data, Bytes: int(v.Shape.ByteSize())}
		return c.graph.Add(compute.OpTypeConstant, literal, nil, v.Shape).Out[0], nil
	}
	if s := v.Shape; f.parent == nil && s.DType.IsInt() && !s.DType.IsPacked() && !s.IsDynamic() && s.Size() <= smallSize {
		c.builder.sizes[v] = true
		return nil, nil
	}
	return nil, errors.Wrapf(compute.ErrNotImplemented, "cpu: a size that depends on data")
}

// copy gives the copy of a value, or nil if it follows from what only an execution knows.
func (c *folder) copy(f *Function, v *ir.Value) (*ir.Value, error) {
	if w, ok := c.done[v]; ok {
		return w, nil
	}
	n := v.Def
	switch n.Op {
	case compute.OpTypeParameter:
		return c.parameter(f, v)
	case compute.OpTypeDynamicDimensionSize, compute.OpTypeDynamicShape:
		return nil, nil
	}
	in := make([]*ir.Value, len(n.In))
	open := false
	for i, x := range n.In {
		w, err := c.copy(f, x)
		if err != nil {
			return nil, err
		}
		in[i], open = w, open || w == nil
	}
	if open {
		return nil, nil
	}
	copied := c.graph.Add(n.Op, n.Attr, in, shapesOf(n.Out)...)
	for i, w := range copied.Out {
		c.done[n.Out[i]] = w
	}
	return c.done[v], nil
}
