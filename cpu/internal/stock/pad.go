package stock

import (
	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

func init() { spelledOut[compute.OpTypePad] = spellPad }

// spellPad pads axis by axis with Concatenate and Slice: on GoMLX's engine a negative or
// interior Pad can end the process.
func spellPad(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
	m := &maker{f: r.Function}
	x, fill := in[0], in[1]
	for axis, p := range n.Attr.(ir.Pad) {
		if p.Interior > 0 {
			x = m.spread1(x, fill, axis, p.Interior)
		}
		// First the edges: what one end takes off may be what the other adds.
		x = m.edge(x, fill, axis, max(p.Start, 0), max(p.End, 0))
		x = m.crop(x, axis, max(-p.Start, 0), max(-p.End, 0))
	}
	return []compute.Value{x}, m.err
}

// spread1 puts count fill elements between neighbours along an axis.
func (m *maker) spread1(x, fill compute.Value, axis, count int) compute.Value {
	s := m.shape(x)
	if m.err != nil || s.Dimensions[axis] < 2 {
		return x
	}
	d := s.Dimensions[axis]
	split := append(ints(s.Dimensions[:axis+1]), 1)
	split = append(split, s.Dimensions[axis+1:]...)
	gap := ints(split)
	gap[axis+1] = count
	x = m.concatenate(axis+1, m.reshape(x, split...), m.spread(fill, gap))
	joined := ints(s.Dimensions)
	joined[axis] = d * (count + 1)
	return m.crop(m.reshape(x, joined...), axis, 0, count)
}

// crop takes elements off both ends of an axis.
func (m *maker) crop(x compute.Value, axis, start, end int) compute.Value {
	if start == 0 && end == 0 {
		return x
	}
	s := m.shape(x)
	starts, limits := make([]int, s.Rank()), ints(s.Dimensions)
	if m.err == nil {
		starts[axis], limits[axis] = start, limits[axis]-end
	}
	return m.slice(x, starts, limits)
}

// edge adds fill elements at both ends of an axis.
func (m *maker) edge(x, fill compute.Value, axis, start, end int) compute.Value {
	parts := []compute.Value{x}
	for i, count := range []int{start, end} {
		if count == 0 || m.err != nil {
			continue
		}
		dims := ints(m.shape(x).Dimensions)
		dims[axis] = count
		block := m.spread(fill, dims)
		if i == 0 {
			parts = append([]compute.Value{block}, parts...)
		} else {
			parts = append(parts, block)
		}
	}
	return m.concatenate(axis, parts...)
}
