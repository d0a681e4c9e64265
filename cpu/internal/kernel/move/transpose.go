package move

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

// transposer gives the inner function of a copy whose source is contiguous along rows and
// whose destination is so along columns.
func transposer(l isa.Level, size int) func(m *mover, dst, src unsafe.Pointer, rows, cols int) {
	if f := fastTransposer(l, size); f != nil {
		return f
	}
	return sized(size, blocks[uint8], blocks[uint16], blocks[uint32], blocks[uint64], blocks[bits128])
}

// blocks transposes in strips of eight columns, so that the lines of the source that a strip
// reads stay in the cache from one row to the next.
func blocks[T any](m *mover, dst, src unsafe.Pointer, rows, cols int) {
	size, step := int(unsafe.Sizeof(*new(T))), m.col.src
	c := 0
	for ; c+8 <= cols; c += 8 {
		for r := range rows {
			d, s := span[T](unsafe.Add(dst, r*m.row.dst+c*size), 8), unsafe.Add(src, r*size+c*step)
			d[0] = *(*T)(s)
			d[1] = *(*T)(unsafe.Add(s, step))
			d[2] = *(*T)(unsafe.Add(s, 2*step))
			d[3] = *(*T)(unsafe.Add(s, 3*step))
			d[4] = *(*T)(unsafe.Add(s, 4*step))
			d[5] = *(*T)(unsafe.Add(s, 5*step))
			d[6] = *(*T)(unsafe.Add(s, 6*step))
			d[7] = *(*T)(unsafe.Add(s, 7*step))
		}
	}
	if c < cols {
		strided[T](m, unsafe.Add(dst, c*size), unsafe.Add(src, c*step), rows, cols-c)
	}
}
