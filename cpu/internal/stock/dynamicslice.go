package stock

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

func init() {
	spelledOut[compute.OpTypeDynamicSlice] = spellDynamicSlice
	spelledOut[compute.OpTypeDynamicUpdateSlice] = spellDynamicUpdateSlice
}

// starts joins the scalars that give a position, kept so far from the end that the sizes fit.
func (m *maker) starts(scalars []compute.Value, dims, sizes []int) compute.Value {
	last := make([]int64, len(dims))
	parts := make([]compute.Value, len(dims))
	for i, v := range scalars {
		last[i] = int64(dims[i] - sizes[i])
		parts[i] = m.reshape(m.convert(v, dtypes.Int64), 1)
	}
	at := m.binary(compute.Function.Max, m.concatenate(0, parts...), m.constant(make([]int64, len(dims)), len(dims)))
	return m.binary(compute.Function.Min, at, m.constant(last, len(dims)))
}

// spellDynamicSlice gathers one slice.
func spellDynamicSlice(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
	m := &maker{f: r.Function}
	dims, sizes := n.In[0].Shape.Dimensions, n.Attr.(ir.DynamicSlice).Sizes
	if len(dims) == 0 {
		return in[:1], nil
	}
	at := m.starts(in[1:], dims, sizes)
	axes := make([]int, len(dims))
	for i := range axes {
		axes[i] = i
	}
	out := m.do(func() (compute.Value, error) {
		return m.f.Gather(in[0], at, 0, axes, nil, ints(axes), ints(sizes), false)
	})
	return []compute.Value{out}, m.err
}

// spellDynamicUpdateSlice reads, for each element of the operand, the element of the update that
// would fall on it, and takes it where there is one.
func spellDynamicUpdateSlice(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
	m := &maker{f: r.Function}
	dims, sizes := n.In[0].Shape.Dimensions, n.In[1].Shape.Dimensions
	if len(dims) == 0 {
		return in[1:2], nil
	}
	if n.In[0].Shape.Size() == 0 || n.In[1].Shape.Size() == 0 {
		return in[:1], nil
	}
	at := m.starts(in[2:], dims, sizes)
	grid := append(ints(dims), 1)
	var inside compute.Value
	var places []compute.Value
	for axis := range dims {
		from := m.spread(m.reshape(m.slice(at, []int{axis}, []int{axis + 1})), grid)
		place := m.binary(compute.Function.Sub, m.iota(axis, shapes.Make(dtypes.Int64, grid...)), from)
		ok := m.binary(compute.Function.LogicalAnd,
			m.binary(compute.Function.GreaterOrEqual, place, m.constant([]int64{0})),
			m.binary(compute.Function.LessThan, place, m.constant([]int64{int64(sizes[axis])})))
		places = append(places, place)
		if inside == nil {
			inside = ok
		} else {
			inside = m.binary(compute.Function.LogicalAnd, inside, ok)
		}
	}
	axes, ones := make([]int, len(dims)), make([]int, len(dims))
	for i := range axes {
		axes[i], ones[i] = i, 1
	}
	index := m.concatenate(len(dims), places...)
	moved := m.do(func() (compute.Value, error) {
		return m.f.Gather(in[1], index, len(dims), nil, axes, ints(axes), ones, false)
	})
	return []compute.Value{m.where(m.reshape(inside, dims...), moved, in[0])}, m.err
}
