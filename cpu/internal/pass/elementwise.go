package pass

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
)

// reductions are the operations that end a region by reducing some of its dimensions.
var reductions = []ir.Op{
	compute.OpTypeReduceSum, compute.OpTypeReduceProduct, compute.OpTypeReduceMax, compute.OpTypeReduceMin,
	compute.OpTypeReduceLogicalAnd, compute.OpTypeReduceLogicalOr,
}

// isReduction reports whether a node reduces in a way that a region can.
func isReduction(n *ir.Node) bool { return slices.Contains(reductions, n.Op) }

// isElementwise reports whether a region can hold a node: an operation of the elementwise
// machine on dtypes that it has.
func isElementwise(n *ir.Node) bool {
	if len(n.In) == 0 || len(n.Out) != 1 {
		return false
	}
	from, to := operandType(n), n.Out[0].Shape.DType
	switch n.Op {
	case compute.OpTypeConvertDType:
		return vec.Convert(isa.Portable, from, to) != nil
	case tile.LogitsLoss, tile.LogitsGrad:
		return from == dtypes.Float32
	}
	return vec.Lookup(isa.Portable, n.Op, from) != nil
}

// operandType is the dtype that decides which version of an operation is meant.
func operandType(n *ir.Node) dtypes.DType {
	if n.Op == compute.OpTypeWhere {
		return n.In[1].Shape.DType
	}
	return n.In[0].Shape.DType
}

// space gives the dimensions that a node of a region loops over; axes of length 1 are no loops.
func space(n *ir.Node) []int {
	if isReduction(n) {
		return withoutOnes(n.In[0].Shape.Dimensions)
	}
	return withoutOnes(n.Out[0].Shape.Dimensions)
}

// withoutOnes drops the lengths of 1.
func withoutOnes(dims []int) []int {
	return slices.DeleteFunc(slices.Clone(dims), func(d int) bool { return d == 1 })
}

// axes maps the axes that a reduction reduces to those of its space.
func axes(n *ir.Node) ir.Axes {
	var out ir.Axes
	loop := 0
	for axis, d := range n.In[0].Shape.Dimensions {
		if d == 1 {
			continue
		}
		if slices.Contains(n.Attr.(ir.Axes), axis) {
			out = append(out, loop)
		}
		loop++
	}
	return out
}
