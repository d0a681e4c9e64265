package stock

import (
	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

type reduction = func(f compute.Function, x compute.Value, axes ...int) (compute.Value, error)

var reductions = map[ir.Op]reduction{
	compute.OpTypeReduceBitwiseAnd: compute.Function.ReduceBitwiseAnd, compute.OpTypeReduceBitwiseOr: compute.Function.ReduceBitwiseOr,
	compute.OpTypeReduceBitwiseXor: compute.Function.ReduceBitwiseXor, compute.OpTypeReduceLogicalAnd: compute.Function.ReduceLogicalAnd,
	compute.OpTypeReduceLogicalOr: compute.Function.ReduceLogicalOr, compute.OpTypeReduceLogicalXor: compute.Function.ReduceLogicalXor,
	compute.OpTypeReduceMax: compute.Function.ReduceMax, compute.OpTypeReduceMin: compute.Function.ReduceMin,
	compute.OpTypeReduceProduct: compute.Function.ReduceProduct, compute.OpTypeReduceSum: compute.Function.ReduceSum,
}

type selection = func(f compute.Function, operand, source compute.Value, dims, strides []int, paddings [][2]int) (compute.Value, error)

func init() {
	for op, f := range reductions {
		calls[op] = func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			return one(f(r.Function, in[0], n.Attr.(ir.Axes)...))
		}
	}
	for op, f := range map[ir.Op]selection{
		compute.OpTypeSelectAndScatterMax: compute.Function.SelectAndScatterMax,
		compute.OpTypeSelectAndScatterMin: compute.Function.SelectAndScatterMin,
	} {
		calls[op] = func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			a := n.Attr.(ir.Window)
			return one(f(r.Function, in[0], in[1], ints(a.Dims), ints(a.Strides), a.Paddings))
		}
	}
	register(map[ir.Op]call{
		compute.OpTypeReduceWindow: func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			a := n.Attr.(ir.Window)
			return one(r.Function.ReduceWindow(in[0], a.Reduce, ints(a.Dims), ints(a.Strides), ints(a.InputDilations),
				ints(a.WindowDilations), a.Paddings))
		},
		compute.OpTypeArgMinMax: func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			a := n.Attr.(ir.ArgMinMax)
			return one(r.Function.ArgMinMax(in[0], a.Axis, n.Out[0].Shape.DType, a.IsMin))
		},
		compute.OpTypeCumSum: func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			a := n.Attr.(ir.CumSum)
			return one(r.Function.CumSum(in[0], a.Axis, compute.CumSumOptions{Exclusive: a.Exclusive, Reverse: a.Reverse}))
		},
	})
}
