package conv

import "unsafe"

// grid2 is a matrix to be copied, with the steps in elements of source and destination.
type grid2 struct{ rows, cols, srcRow, srcCol, dstRow, dstCol int }

// copy copies the elements, of 4 or 8 bytes.
func (m grid2) copy(size int, dst, src unsafe.Pointer) {
	if m.srcCol == 1 && m.dstCol == 1 {
		for i := range m.rows {
			d := unsafe.Slice((*byte)(unsafe.Add(dst, i*m.dstRow*size)), m.cols*size)
			copy(d, unsafe.Slice((*byte)(unsafe.Add(src, i*m.srcRow*size)), m.cols*size))
		}
		return
	}
	if size == 8 {
		scatter[uint64](m, dst, src)
		return
	}
	scatter[uint32](m, dst, src)
}

// scatter copies in blocks, so that the cache lines of a block stay at hand.
func scatter[T any](m grid2, dst, src unsafe.Pointer) {
	const block = 16
	for i0 := 0; i0 < m.rows; i0 += block {
		for j0 := 0; j0 < m.cols; j0 += block {
			for i := i0; i < min(m.rows, i0+block); i++ {
				for j := j0; j < min(m.cols, j0+block); j++ {
					*elem[T](dst, i*m.dstRow+j*m.dstCol) = *elem[T](src, i*m.srcRow+j*m.srcCol)
				}
			}
		}
	}
}

// finisher brings a result from shared memory, where it lies densely, to the output, summing
// its parts in a fixed order.
type finisher struct {
	size, chunks, part int
	dims               []dim // outermost first
}

// dim is a dimension of a result and its stride in the output.
type dim struct{ count, stride int }

// units is one for each matrix of the two last dimensions.
func (f *finisher) units() int {
	n := 1
	for _, d := range f.dims[:len(f.dims)-2] {
		n *= d.count
	}
	return n
}

// run finishes a unit.
func (f *finisher) run(u int, output, shared unsafe.Pointer) {
	last := len(f.dims) - 1
	r, c := f.dims[last-1], f.dims[last]
	from, to := u*r.count*c.count*f.size, 0
	for i := last - 2; i >= 0; i-- {
		to += u % f.dims[i].count * f.dims[i].stride * f.size
		u /= f.dims[i].count
	}
	dst, src := unsafe.Add(output, to), unsafe.Add(shared, from)
	if f.size == 8 {
		total[float64](f, dst, src, r, c)
		return
	}
	total[float32](f, dst, src, r, c)
}

// total sums the parts of a matrix.
func total[T float32 | float64](f *finisher, dst, src unsafe.Pointer, r, c dim) {
	for i := range r.count {
		row := unsafe.Slice(elem[T](src, i*c.count), c.count)
		for p := 1; p < f.chunks; p++ {
			more := unsafe.Slice(elem[T](unsafe.Add(src, p*f.part), i*c.count), c.count)
			for j := range row {
				row[j] += more[j]
			}
		}
		for j, v := range row {
			*elem[T](dst, i*r.stride+j*c.stride) = v
		}
	}
}
