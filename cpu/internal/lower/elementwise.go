package lower

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapeinference"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
)

func init() {
	for op := range shapeinference.AllBinaryOperations {
		register(pointwise, op)
	}
	for op := range shapeinference.StandardUnaryOperations {
		register(pointwise, op)
	}
	register(pointwise, compute.OpTypeIsFinite, compute.OpTypeIsNaN, compute.OpTypeConvertDType,
		compute.OpTypeWhere, compute.OpTypeClamp, compute.OpTypeNotEqualTotalOrder, compute.OpTypeComplex)
	register(reduce, compute.OpTypeReduceSum, compute.OpTypeReduceProduct, compute.OpTypeReduceMax,
		compute.OpTypeReduceMin, compute.OpTypeReduceLogicalAnd, compute.OpTypeReduceLogicalOr,
		compute.OpTypeReduceLogicalXor, compute.OpTypeReduceBitwiseAnd, compute.OpTypeReduceBitwiseOr,
		compute.OpTypeReduceBitwiseXor)
}

// pointwise lowers an elementwise operation as a region of one instruction.
func pointwise(b *builder, n *ir.Node) error {
	y := n.Out[0]
	spec := tile.Spec{Dims: y.Shape.Dimensions}
	for _, v := range n.In {
		strides := b.broadcastStrides(v, spec.Dims)
		spec.Loads = append(spec.Loads, tile.Load{DType: v.Shape.DType, Strides: strides})
	}
	reg := []int{0, 1, 2}
	for i := len(n.In); i < len(reg); i++ {
		reg[i] = -1
	}
	operand := n.In[0].Shape.DType
	if n.Op == compute.OpTypeWhere {
		operand = n.In[1].Shape.DType
	}
	spec.Code = []tile.Instr{{Op: n.Op, DType: operand, To: y.Shape.DType, A: reg[0], B: reg[1], C: reg[2]}}
	spec.Stores = []tile.Store{{Reg: len(n.In), DType: y.Shape.DType, Strides: ir.RowMajor(spec.Dims)}}
	return b.region(n, spec)
}

// reduce lowers a reduction as a region that loads and stores.
func reduce(b *builder, n *ir.Node) error {
	x, y := n.In[0], n.Out[0]
	store := tile.Store{Reduce: n.Op, DType: y.Shape.DType, Over: make([]bool, x.Shape.Rank())}
	row := ir.RowMajor(y.Shape.Dimensions)
	for axis := range store.Over {
		store.Over[axis] = slices.Contains(n.Attr.(ir.Axes), axis)
		if store.Over[axis] {
			store.Strides = append(store.Strides, 0)
		} else {
			store.Strides, row = append(store.Strides, row[0]), row[1:]
		}
	}
	return b.region(n, tile.Spec{
		Dims:   x.Shape.Dimensions,
		Loads:  []tile.Load{{DType: x.Shape.DType, Strides: b.strides(x)}},
		Stores: []tile.Store{store},
	})
}
