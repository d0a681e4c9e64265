package move

import (
	"slices"
	"unsafe"

	"github.com/gomlx/compute/dtypes"
)

// pointing reads the index vectors of a gather or scatter: for each batch index, as many
// coordinates as the vector is long.
type pointing struct {
	read   func(p unsafe.Pointer, i int) int
	batch  []int // dimensions of the indices without the vector's axis
	count  int   // of batch indices
	vector int   // coordinates of an index vector
	step   int   // elements between its coordinates
	inside int   // batch indices inside the vector's axis
}

// newPointing describes indices of the given dimensions. An axis beyond the last stands for
// vectors of one coordinate.
func newPointing(dt dtypes.DType, dims []int, axis int) *pointing {
	p := &pointing{read: reader(dt), vector: 1, step: 1, inside: 1}
	p.batch = slices.Clone(dims)
	if axis < len(dims) {
		p.vector = dims[axis]
		p.inside = volume(dims[axis+1:])
		p.step = p.inside
		p.batch = slices.Delete(p.batch, axis, axis+1)
	}
	p.count = volume(p.batch)
	return p
}

// coordinate is coordinate c of the index vector of batch index b.
func (p *pointing) coordinate(indices unsafe.Pointer, b, c int) int {
	return p.read(indices, b/p.inside*p.inside*p.vector+b%p.inside+c*p.step)
}

// others lists the axes of an array of a rank that are not in the list.
func others(rank int, axes []int) (rest []int) {
	for i := range rank {
		if !slices.Contains(axes, i) {
			rest = append(rest, i)
		}
	}
	return rest
}

// pick takes the entries at the given places.
func pick(list, places []int) []int {
	out := make([]int, len(places))
	for i, p := range places {
		out[i] = list[p]
	}
	return out
}

// place is where a batch index lies in an array whose axes of batch have the given strides.
func place(b int, batch, strides []int) (at int) {
	for i := len(batch) - 1; i >= 0; i-- {
		at += b % batch[i] * strides[i]
		b /= batch[i]
	}
	return at
}
