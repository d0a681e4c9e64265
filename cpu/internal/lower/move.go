package lower

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel/move"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

func init() {
	register(concatenate, compute.OpTypeConcatenate)
	register(pad, compute.OpTypePad)
	register(gather, compute.OpTypeGather)
	register(dynamicSlice, compute.OpTypeDynamicSlice)
	register(dynamicUpdateSlice, compute.OpTypeDynamicUpdateSlice)
}

// concatenate lowers Concatenate; the parts may lie in memory in any way.
func concatenate(b *builder, n *ir.Node) error {
	y := n.Out[0]
	if y.Shape.DType.IsPacked() {
		return errRefused
	}
	spec := move.ConcatenateSpec{Size: y.Shape.DType.Size(), Axis: int(n.Attr.(ir.Axis))}
	var ins []plan.Arg
	for _, v := range n.In {
		if !v.Shape.IsZeroSize() {
			spec.Parts = append(spec.Parts, move.Part{Dims: v.Shape.Dimensions, Strides: b.strides(v)})
			ins = append(ins, b.arg(v))
		}
	}
	b.emit(move.NewConcatenate(b.Level, spec), []plan.Arg{b.output(y)}, ins)
	return nil
}

// pad lowers Pad.
func pad(b *builder, n *ir.Node) error {
	x, y := n.In[0].Shape, n.Out[0]
	if x.DType.IsPacked() {
		return errRefused
	}
	axes := make([]compute.PadAxis, x.Rank())
	copy(axes, n.Attr.(ir.Pad))
	k := move.NewPad(move.PadSpec{Size: x.DType.Size(), Dims: x.Dimensions, Axes: axes})
	b.emit(k, []plan.Arg{b.output(y)}, b.contiguousAll(n.In))
	return nil
}

// gather lowers Gather.
func gather(b *builder, n *ir.Node) error {
	a, x, index := n.Attr.(ir.Gather), n.In[0].Shape, n.In[1].Shape
	if x.DType.IsPacked() || !countable(index.DType) {
		return errRefused
	}
	k := move.NewGather(b.Level, move.GatherSpec{
		Size: x.DType.Size(), Operand: x.Dimensions, Indices: index.Dimensions, Index: index.DType,
		IndexVectorAxis: a.IndexVectorAxis, OffsetOutputAxes: a.OffsetOutputAxes, CollapsedAxes: a.CollapsedAxes,
		StartIndexMap: a.StartIndexMap, Sizes: a.Sizes,
	})
	b.emit(k, []plan.Arg{b.output(n.Out[0])}, b.contiguousAll(n.In))
	return nil
}

// countable reports whether a type can be that of indices.
func countable(t dtypes.DType) bool { return t.IsInt() && !t.IsPacked() }

// dynamicSlice lowers DynamicSlice.
func dynamicSlice(b *builder, n *ir.Node) error {
	spec, ok := dynamicSpec(n, n.In[1:])
	if !ok {
		return errRefused
	}
	spec.Window = n.Attr.(ir.DynamicSlice).Sizes
	b.emit(move.NewDynamicSlice(b.Level, spec), []plan.Arg{b.output(n.Out[0])}, b.contiguousAll(n.In))
	return nil
}

// dynamicUpdateSlice lowers DynamicUpdateSlice, in the operand's memory where that is free.
func dynamicUpdateSlice(b *builder, n *ir.Node) error {
	spec, ok := dynamicSpec(n, n.In[2:])
	if !ok {
		return errRefused
	}
	spec.Window = n.In[1].Shape.Dimensions
	ins := b.contiguousAll(n.In)
	b.emit(move.NewDynamicUpdateSlice(b.Level, spec), []plan.Arg{b.output(n.Out[0])}, ins, overFirst(ins)...)
	return nil
}

// overFirst lets the output lie over the first input, unless another input is a part of it.
func overFirst(ins []plan.Arg) []pair {
	for _, in := range ins[1:] {
		if in.Buffer == ins[0].Buffer {
			return nil
		}
	}
	return []pair{{0, 0}}
}

// dynamicSpec describes the operand and the starts, if they are of one type.
func dynamicSpec(n *ir.Node, starts []*ir.Value) (move.DynamicSpec, bool) {
	x := n.In[0].Shape
	if len(starts) == 0 || x.DType.IsPacked() {
		return move.DynamicSpec{}, false
	}
	t := starts[0].Shape.DType
	for _, v := range starts {
		if v.Shape.DType != t || !countable(t) {
			return move.DynamicSpec{}, false
		}
	}
	return move.DynamicSpec{Size: x.DType.Size(), Operand: x.Dimensions, Index: t}, true
}
