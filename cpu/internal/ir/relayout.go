package ir

import (
	"slices"

	"github.com/gomlx/compute"
)

// Relayout gives the layout of the output of a node that only says where the elements of its
// first input lie: Identity, the barriers, Reshape, Transpose, BroadcastInDim, Slice, Reverse,
// Bitcast and View. It reports false for any other node, and where strides cannot express the
// output, as for a reshape that merges axes between which there are gaps.
func Relayout(n *Node) (Layout, bool) {
	if len(n.In) == 0 {
		return Layout{}, false
	}
	return RelayoutFrom(n, LayoutOf(n.In[0]))
}

// RelayoutFrom is [Relayout] for a first input whose layout is known to be another than
// [LayoutOf] tells. Offset and strides count elements of the output's type.
func RelayoutFrom(n *Node, in Layout) (Layout, bool) {
	if n.Op == compute.OpTypeOptimizationBarrier {
		return Layout{}, false // several outputs, each of its own input: see BarrierInput
	}
	if subByte(n) && n.Op != compute.OpTypeIdentity && n.Op != compute.OpTypeReshape {
		return Layout{}, false
	}
	x, y := n.In[0].Shape.Dimensions, n.Out[0].Shape.Dimensions
	out := Layout{Base: in.Base, Offset: in.Offset}
	switch n.Op {
	case compute.OpTypeIdentity, compute.OpTypeSchedulingBarrier:
		out.Strides = slices.Clone(in.Strides)
	case compute.OpTypeReshape:
		strides, ok := reshape(x, in.Strides, y)
		out.Strides = strides
		return out, ok
	case compute.OpTypeTranspose:
		for _, axis := range n.Attr.(Axes) {
			out.Strides = append(out.Strides, in.Strides[axis])
		}
	case compute.OpTypeBroadcastInDim:
		out.Strides = broadcast(x, in.Strides, y, n.Attr.(Axes))
	case compute.OpTypeSlice:
		s := n.Attr.(Slice)
		out.Strides = make([]int, len(x))
		for i, stride := range in.Strides {
			out.Offset += s.Starts[i] * stride
			out.Strides[i] = stride * s.step(i)
		}
	case compute.OpTypeReverse:
		out.Strides = slices.Clone(in.Strides)
		for _, axis := range n.Attr.(Axes) {
			out.Offset += max(x[axis]-1, 0) * in.Strides[axis]
			out.Strides[axis] = -in.Strides[axis]
		}
	case compute.OpTypeBitcast:
		return bitcast(n, in)
	case OpView:
		return view(n, in)
	default:
		return Layout{}, false
	}
	return out, true
}

// subByte reports whether a node reads or writes elements smaller than a byte, which no stride
// can reach.
func subByte(n *Node) bool {
	return n.In[0].Shape.DType.Bits() < 8 || n.Out[0].Shape.DType.Bits() < 8
}

// step is the stride along an axis; no strides mean 1.
func (s Slice) step(axis int) int {
	if len(s.Strides) == 0 {
		return 1
	}
	return s.Strides[axis]
}

// broadcast gives the strides of an array repeated along new axes and along axes of length 1.
func broadcast(from, strides, to []int, axes Axes) []int {
	out := make([]int, len(to))
	for i, axis := range axes {
		if from[i] != 1 {
			out[axis] = strides[i]
		}
	}
	return out
}

// view composes the strides of a View with the layout of its input, which must be contiguous:
// a View speaks of its input's memory.
func view(n *Node, in Layout) (Layout, bool) {
	if !Contiguous(n.In[0].Shape.Dimensions, in.Strides) {
		return Layout{}, false
	}
	v := n.Attr.(View)
	return Layout{Base: in.Base, Offset: in.Offset + v.Offset, Strides: slices.Clone(v.Strides)}, true
}

// bitcast reinterprets elements; other sizes add or remove a last axis, and change the unit in
// which offsets and strides are counted.
func bitcast(n *Node, in Layout) (Layout, bool) {
	from, to := n.In[0].Shape.DType.Size(), n.Out[0].Shape.DType.Size()
	out := Layout{Base: in.Base, Offset: in.Offset, Strides: slices.Clone(in.Strides)}
	switch {
	case from > to:
		ratio := from / to
		out.Offset *= ratio
		for i := range out.Strides {
			out.Strides[i] *= ratio
		}
		out.Strides = append(out.Strides, 1)
	case from < to:
		ratio, last := to/from, len(in.Strides)-1
		if in.Strides[last] != 1 || in.Offset%ratio != 0 {
			return Layout{}, false
		}
		out.Offset /= ratio
		out.Strides = out.Strides[:last]
		for i, s := range out.Strides {
			if s%ratio != 0 && n.Out[0].Shape.Dimensions[i] != 1 {
				return Layout{}, false
			}
			out.Strides[i] /= ratio
		}
	}
	return out, true
}

// reshape finds strides for the same elements in the same order under other dimensions, or
// reports that there are none.
//
// Both lists are cut into the shortest runs of axes with equal products. Within a run, the
// input's axes must follow each other without gaps; the output's axes then divide the run.
func reshape(from, strides, to []int) ([]int, bool) {
	if slices.Contains(to, 0) {
		return RowMajor(to), true
	}
	from, strides = withoutOnes(from, strides)
	out := make([]int, len(to))
	i, j := 0, 0
	for i < len(from) {
		i0, j0 := i, j
		a, b := from[i], to[j]
		for i, j = i+1, j+1; a != b; {
			if a < b {
				a *= from[i]
				i++
			} else {
				b *= to[j]
				j++
			}
		}
		for k := i0; k+1 < i; k++ {
			if strides[k] != strides[k+1]*from[k+1] {
				return nil, false
			}
		}
		step := strides[i-1]
		for k := j - 1; k >= j0; k-- {
			out[k] = step
			step *= to[k]
		}
	}
	return out, true
}

// withoutOnes drops the axes of length 1, whose strides do not matter.
func withoutOnes(dims, strides []int) (d, s []int) {
	for i, n := range dims {
		if n != 1 {
			d, s = append(d, n), append(s, strides[i])
		}
	}
	return d, s
}
