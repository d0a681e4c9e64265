package move

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

// Transpose copies a matrix to one whose rows are its columns: element [r, c] of the destination,
// at dst + r·dstRow + c·size, is at src + r·size + c·srcCol. Distances are in bytes; those of the
// destination may be negative, and those of the source too.
type Transpose func(dst, src unsafe.Pointer, dstRow, srcCol, rows, cols int)

// Transposer gives the function that transposes elements of a size of 1, 2, 4, 8 or 16 bytes.
func Transposer(l isa.Level, size int) Transpose {
	if f := fastTransposer(l, size); f != nil {
		return f
	}
	return sized[Transpose](size, blocks[uint8], blocks[uint16], blocks[uint32], blocks[uint64], blocks[bits128])
}

// transposer gives the inner function of a copy whose source is contiguous along rows and
// whose destination is so along columns.
func transposer(l isa.Level, size int) func(m *mover, dst, src unsafe.Pointer, rows, cols int) {
	f := Transposer(l, size)
	return func(m *mover, dst, src unsafe.Pointer, rows, cols int) {
		f(dst, src, m.row.dst, m.col.src, rows, cols)
	}
}

// blocks transposes in strips of eight columns, so that the lines of the source that a strip
// reads stay in the cache from one row to the next.
func blocks[T any](dst, src unsafe.Pointer, dstRow, srcCol, rows, cols int) {
	size := int(unsafe.Sizeof(*new(T)))
	c := 0
	for ; c+8 <= cols; c += 8 {
		for r := range rows {
			d, s := span[T](unsafe.Add(dst, r*dstRow+c*size), 8), unsafe.Add(src, r*size+c*srcCol)
			d[0] = *(*T)(s)
			d[1] = *(*T)(unsafe.Add(s, srcCol))
			d[2] = *(*T)(unsafe.Add(s, 2*srcCol))
			d[3] = *(*T)(unsafe.Add(s, 3*srcCol))
			d[4] = *(*T)(unsafe.Add(s, 4*srcCol))
			d[5] = *(*T)(unsafe.Add(s, 5*srcCol))
			d[6] = *(*T)(unsafe.Add(s, 6*srcCol))
			d[7] = *(*T)(unsafe.Add(s, 7*srcCol))
		}
	}
	for ; c < cols; c++ {
		for r := range rows {
			*(*T)(unsafe.Add(dst, r*dstRow+c*size)) = *(*T)(unsafe.Add(src, r*size+c*srcCol))
		}
	}
}
