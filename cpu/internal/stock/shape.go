package stock

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

func init() {
	register(map[ir.Op]call{
		compute.OpTypeReshape:        replayReshape,
		compute.OpTypeBroadcastInDim: replayBroadcast,
		compute.OpTypeIota:           replayIota,
		compute.OpTypeSlice:          replaySlice,
		compute.OpTypeTranspose: func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			return one(r.Function.Transpose(in[0], n.Attr.(ir.Axes)...))
		},
		compute.OpTypeReverse: func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			return one(r.Function.Reverse(in[0], n.Attr.(ir.Axes)...))
		},
		compute.OpTypeConcatenate: func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			return one(r.Function.Concatenate(int(n.Attr.(ir.Axis)), in...))
		},
		compute.OpTypePad: func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			return one(r.Function.Pad(in[0], in[1], n.Attr.(ir.Pad)...))
		},
	})
}

func replayReshape(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
	s, err := r.Resolve(n.Out[0].Shape)
	if err != nil {
		return nil, err
	}
	return one(r.Function.Reshape(in[0], s.Dimensions...))
}

func replayBroadcast(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
	s, err := r.Resolve(n.Out[0].Shape)
	if err != nil {
		return nil, err
	}
	return one(r.Function.BroadcastInDim(in[0], s, n.Attr.(ir.Axes)))
}

func replayIota(r *Replay, n *ir.Node, _ []compute.Value) ([]compute.Value, error) {
	s, err := r.Resolve(n.Out[0].Shape)
	if err != nil {
		return nil, err
	}
	return one(r.Function.Iota(s, int(n.Attr.(ir.Axis))))
}

// replaySlice fills in limits that stand for the end of a named axis.
func replaySlice(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
	a := n.Attr.(ir.Slice)
	limits := ints(a.Limits)
	s, err := r.Function.Shape(in[0])
	if err != nil {
		return nil, err
	}
	for i, limit := range limits {
		if limit == shapes.DynamicDim {
			limits[i] = s.Dimensions[i]
		}
	}
	return one(r.Function.Slice(in[0], ints(a.Starts), limits, ints(a.Strides)))
}
