package lower

import (
	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

func init() {
	register(leaf, compute.OpTypeParameter, compute.OpTypeConstant)
	register(barrier, compute.OpTypeOptimizationBarrier)
	register(copied, ir.OpCopy)
	register(view, compute.OpTypeIdentity, compute.OpTypeSchedulingBarrier, compute.OpTypeReshape,
		compute.OpTypeTranspose, compute.OpTypeBroadcastInDim, compute.OpTypeSlice,
		compute.OpTypeReverse, compute.OpTypeBitcast, ir.OpView)
}

// leaf places a constant; parameters have their places already.
func leaf(b *builder, n *ir.Node) error {
	if literal, ok := n.Attr.(ir.Literal); ok {
		v := n.Out[0]
		at := b.constant(literal.Data, literal.Bytes)
		b.places[v] = place{buffer: at.Buffer, strides: ir.RowMajor(v.Shape.Dimensions)}
	}
	return nil
}

// barrier gives every output the place of its input.
func barrier(b *builder, n *ir.Node) error {
	for i, v := range n.Out {
		b.places[v] = b.places[n.In[i]]
	}
	return nil
}

// copied writes its input in row-major order.
func copied(b *builder, n *ir.Node) error {
	x := n.In[0]
	b.copy(b.output(n.Out[0]), b.arg(x), x.Shape.DType, x.Shape.Dimensions, b.strides(x))
	return nil
}

// view places its output in the memory of its input. Where strides cannot express that, it does
// so in a copy of the input, which is row-major.
func view(b *builder, n *ir.Node) error {
	x, y := n.In[0], n.Out[0]
	p := b.places[x]
	if at, ok := ir.RelayoutFrom(n, ir.Layout{Offset: p.offset, Strides: p.strides}); ok {
		b.places[y] = place{buffer: p.buffer, offset: at.Offset, strides: at.Strides}
		return nil
	}
	row := ir.RowMajor(x.Shape.Dimensions)
	at, ok := ir.RelayoutFrom(n, ir.Layout{Strides: row})
	if !ok {
		return errRefused
	}
	to := b.temporary(int(x.Shape.ByteSize()))
	if at.Offset == 0 && ir.Contiguous(y.Shape.Dimensions, at.Strides) && x.Shape.ByteSize() == y.Shape.ByteSize() {
		to = b.output(y)
	}
	b.places[y] = place{buffer: to.Buffer, offset: at.Offset, strides: at.Strides}
	b.copy(to, b.arg(x), x.Shape.DType, x.Shape.Dimensions, b.strides(x))
	return nil
}
