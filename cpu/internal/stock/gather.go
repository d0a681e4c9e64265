package stock

import (
	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

type scatter = func(f compute.Function, operand, indices, updates compute.Value, indexVectorAxis int,
	updateWindowAxes, insertedWindowAxes, scatterAxesToOperandAxes []int, sorted, unique bool) (compute.Value, error)

func init() {
	for op, f := range map[ir.Op]scatter{
		compute.OpTypeScatterSum: compute.Function.ScatterSum,
		compute.OpTypeScatterMax: compute.Function.ScatterMax,
		compute.OpTypeScatterMin: compute.Function.ScatterMin,
	} {
		calls[op] = func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			a := n.Attr.(ir.Scatter)
			return one(f(r.Function, in[0], in[1], in[2], a.IndexVectorAxis, ints(a.UpdateWindowAxes),
				ints(a.InsertedAxes), ints(a.OperandAxes), a.Sorted, a.Unique))
		}
	}
	register(map[ir.Op]call{
		compute.OpTypeGather: func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			a := n.Attr.(ir.Gather)
			sizes, err := r.gatherSizes(a, in[0])
			if err != nil {
				return nil, err
			}
			return one(r.Function.Gather(in[0], in[1], a.IndexVectorAxis, ints(a.OffsetOutputAxes), ints(a.CollapsedAxes),
				ints(a.StartIndexMap), sizes, a.Sorted))
		},
		compute.OpTypeDynamicSlice: func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			return one(r.Function.DynamicSlice(in[0], in[1:], ints(n.Attr.(ir.DynamicSlice).Sizes)))
		},
		compute.OpTypeDynamicUpdateSlice: func(r *Replay, _ *ir.Node, in []compute.Value) ([]compute.Value, error) {
			return one(r.Function.DynamicUpdateSlice(in[0], in[1], in[2:]))
		},
	})
}

// gatherSizes fills in sizes that stand for all of a named axis.
func (r *Replay) gatherSizes(a ir.Gather, operand compute.Value) ([]int, error) {
	s, err := r.Function.Shape(operand)
	if err != nil {
		return nil, err
	}
	sizes := ints(a.Sizes)
	for i, size := range sizes {
		if size < 0 {
			sizes[i] = s.Dimensions[i]
		}
	}
	return sizes, nil
}
