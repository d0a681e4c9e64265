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

// fold gives the integer in a scalar that follows from constants. It is not known if it follows
// from constants and lengths of named axes; one that depends on data is not implemented.
func (f *Function) fold(v *ir.Value) (size int, known bool, err error) {
	g := &ir.Graph{Name: "size"}
	folder := &folder{graph: g, done: map[*ir.Value]*ir.Value{}}
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
	graph *ir.Graph
	done  map[*ir.Value]*ir.Value
}

// copy gives the copy of a value, or nil if it follows from the length of a named axis.
func (c *folder) copy(f *Function, v *ir.Value) (*ir.Value, error) {
	if w, ok := c.done[v]; ok {
		return w, nil
	}
	n := v.Def
	switch n.Op {
	case compute.OpTypeParameter:
		for _, capture := range f.captures {
			if capture.inner == v {
				return c.copy(f.parent, capture.outer)
			}
		}
		return nil, errors.Wrapf(compute.ErrNotImplemented, "cpu: a size that depends on data, not on shapes alone")
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
