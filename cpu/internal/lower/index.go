package lower

import (
	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/move"
)

func init() {
	register(scatter, compute.OpTypeScatterSum, compute.OpTypeScatterMax, compute.OpTypeScatterMin)
	register(argMinMax, compute.OpTypeArgMinMax)
	register(cumSum, compute.OpTypeCumSum)
	register(iota, compute.OpTypeIota)
}

// scatter lowers the Scatter operations, in the operand's memory where that is free.
func scatter(b *builder, n *ir.Node) error {
	a, x, index, updates := n.Attr.(ir.Scatter), n.In[0].Shape, n.In[1].Shape, n.In[2].Shape
	if updates.IsZeroSize() {
		b.copy(b.output(n.Out[0]), b.arg(n.In[0]), x.DType, x.Dimensions, b.strides(n.In[0]))
		return nil
	}
	if x.DType.IsPacked() || !countable(index.DType) {
		return errRefused
	}
	k := move.NewScatter(b.Level, move.ScatterSpec{
		Op: n.Op, Type: x.DType, Operand: x.Dimensions, Indices: index.Dimensions, Updates: updates.Dimensions,
		Index: index.DType, IndexVectorAxis: a.IndexVectorAxis, UpdateWindowAxes: a.UpdateWindowAxes,
		InsertedAxes: a.InsertedAxes, OperandAxes: a.OperandAxes,
	})
	if k == nil {
		return errRefused
	}
	ins := b.contiguousAll(n.In)
	b.emit(k, b.outputs(n), ins, overFirst(ins)...)
	return nil
}

// argMinMax lowers ArgMinMax.
func argMinMax(b *builder, n *ir.Node) error {
	a, x, y := n.Attr.(ir.ArgMinMax), n.In[0].Shape, n.Out[0].Shape
	if x.IsZeroSize() || x.DType.IsPacked() || !countable(y.DType) {
		return errRefused
	}
	k := move.NewArgMinMax(b.Level, move.ArgMinMaxSpec{
		Type: x.DType, Result: y.DType, Dims: x.Dimensions, Axis: a.Axis, IsMin: a.IsMin,
	})
	if k == nil {
		return errRefused
	}
	b.emit(k, b.outputs(n), b.contiguousAll(n.In))
	return nil
}

// cumSum lowers CumSum, which may go over its operand.
func cumSum(b *builder, n *ir.Node) error {
	a, x := n.Attr.(ir.CumSum), n.In[0].Shape
	k := move.NewCumSum(move.CumSumSpec{
		Type: x.DType, Dims: x.Dimensions, Axis: a.Axis, Exclusive: a.Exclusive, Reverse: a.Reverse,
	})
	if k == nil {
		return errRefused
	}
	b.emit(k, b.outputs(n), b.contiguousAll(n.In), pair{0, 0})
	return nil
}

// folded is the size in bytes up to which what depends on nothing is computed beforehand.
const folded = 1 << 16

// iota lowers Iota: to a constant where that is small.
func iota(b *builder, n *ir.Node) error {
	y := n.Out[0]
	k := move.NewIota(move.IotaSpec{Type: y.Shape.DType, Dims: y.Shape.Dimensions, Axis: int(n.Attr.(ir.Axis))})
	if k == nil {
		return errRefused
	}
	bytes := int(y.Shape.ByteSize())
	if bytes > folded {
		b.emit(k, b.outputs(n), nil)
		return nil
	}
	data := kernel.Alloc(bytes)
	kernel.Run(k, data)
	at := b.constant(data, bytes)
	b.places[y] = place{buffer: at.Buffer, strides: ir.RowMajor(y.Shape.Dimensions)}
	return nil
}
