package stock

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

func init() {
	register(map[ir.Op]call{
		compute.OpTypeDynamicDimensionSize: func(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
			return one(r.Function.DynamicDimensionSize(in[0], int(n.Attr.(ir.Axis))))
		},
		compute.OpTypeDynamicShape: func(r *Replay, _ *ir.Node, in []compute.Value) ([]compute.Value, error) {
			return one(r.Function.DynamicShape(in[0]))
		},
		compute.OpTypeDynamicReshape:        replayDynamicReshape,
		compute.OpTypeDynamicBroadcastInDim: replayDynamicBroadcast,
		compute.OpTypeDynamicIota:           replayDynamicIota,
		compute.OpTypeDynamicPad:            replayDynamicPad,
	})
}

// size gives the number in an input.
func (r *Replay) size(in []compute.Value, i int) (int, error) {
	if r.Size == nil {
		return 0, errors.Wrapf(compute.ErrNotImplemented, "stock: a size that is computed at run time")
	}
	return r.Size(in[i])
}

// dims gives the sizes of a target shape; the one that follows from the rest is −1.
func (r *Replay) dims(specs []ir.Dim, in []compute.Value) (out []int, err error) {
	out = make([]int, len(specs))
	for i, d := range specs {
		size, bound := r.Bindings[d.Name]
		switch {
		case d.Name == "":
			out[i] = d.Static
		case d.Input >= 0:
			if out[i], err = r.size(in, d.Input); err != nil {
				return nil, errors.WithMessagef(err, "dimension %d (%q)", i, d.Name)
			}
		case bound:
			out[i] = size
		default:
			out[i] = -1
		}
	}
	return out, nil
}

// replayDynamicReshape infers the size that is left open from the number of elements.
func replayDynamicReshape(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
	specs := n.Attr.(ir.DynamicDims).Dims
	dims, err := r.dims(specs, in)
	if err != nil {
		return nil, err
	}
	s, err := r.Function.Shape(in[0])
	if err != nil {
		return nil, err
	}
	known, open := 1, -1
	for i, d := range specs {
		if d.Name != "" && d.Input < 0 {
			open = i
		} else {
			known *= dims[i]
		}
	}
	if open >= 0 {
		if known == 0 || s.Size()%known != 0 {
			return nil, errors.Errorf("stock: %d elements do not fill %v", s.Size(), dims)
		}
		dims[open] = s.Size() / known
	}
	return one(r.Function.Reshape(in[0], dims...))
}

func replayDynamicBroadcast(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
	a := n.Attr.(ir.DynamicDims)
	dims, err := r.dims(a.Dims, in)
	if err != nil {
		return nil, err
	}
	s, err := r.Function.Shape(in[0])
	if err != nil {
		return nil, err
	}
	for i, axis := range a.Axes {
		if dims[axis] < 0 {
			dims[axis] = s.Dimensions[i]
		}
	}
	target, err := positive(n, dims)
	if err != nil {
		return nil, err
	}
	return one(r.Function.BroadcastInDim(in[0], target, ints(a.Axes)))
}

// positive makes the target shape; a size that is still open, or not positive, is an error.
func positive(n *ir.Node, dims []int) (shapes.Shape, error) {
	for i, d := range dims {
		if d < 0 || d == 0 && n.Out[0].Shape.Dimensions[i] != 0 {
			return shapes.Invalid(), errors.Errorf("stock: dimension %d (%q): got size %d", i, n.Out[0].Shape.AxisName(i), d)
		}
	}
	return shapes.Make(n.Out[0].Shape.DType, dims...), nil
}

func replayDynamicIota(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
	a := n.Attr.(ir.DynamicDims)
	dims, err := r.dims(a.Dims, in)
	if err != nil {
		return nil, err
	}
	target, err := positive(n, dims)
	if err != nil {
		return nil, err
	}
	return one(r.Function.Iota(target, a.Axes[0]))
}

func replayDynamicPad(r *Replay, n *ir.Node, in []compute.Value) (_ []compute.Value, err error) {
	sizes := n.Attr.(ir.DynamicPad).Sizes
	axes := make([]compute.PadAxis, len(sizes))
	for i, s := range sizes {
		for j, to := range []*int{&axes[i].Start, &axes[i].End, &axes[i].Interior} {
			*to = s[j].Static
			if s[j].Input >= 0 {
				if *to, err = r.size(in, s[j].Input); err != nil {
					return nil, errors.WithMessagef(err, "padding of axis %d", i)
				}
			}
		}
	}
	return one(r.Function.Pad(in[0], in[1], axes...))
}
