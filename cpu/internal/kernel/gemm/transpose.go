package gemm

import (
	"unsafe"

	"github.com/gomlx/compute/dtypes"
)

// turn describes a transposition: lines of contiguous elements become columns,
//
//	To[k, i] = From[i, k].
//
// Assembly takes at most a vector's worth of lines. It writes whole vectors, and their number
// is the length rounded up to whole vectors.
type turn struct {
	To, From       unsafe.Pointer
	ToRow, FromRow uintptr // from To[k,i] to To[k+1,i], from From[i,k] to From[i+1,k], in bytes
	Lines, Length  int
}

// transpose packs rows of a panel of B whose columns are contiguous, or are not contiguous
// either.
func (p *product) transpose(to, from unsafe.Pointer, q *panel, rows int) {
	if lanes := turnLanes(p.level, p.DType); lanes > 0 && p.B.Row == 1 {
		for j := 0; j < q.cols; j += lanes {
			turnLines(p.level, p.DType, &turn{
				To: unsafe.Add(to, j*p.size), From: unsafe.Add(from, j*p.B.Col*p.size),
				ToRow: uintptr(q.wide * p.size), FromRow: uintptr(p.B.Col * p.size),
				Lines: min(lanes, q.cols-j), Length: rows,
			})
		}
		return
	}
	if p.DType == dtypes.Float32 {
		gather[uint32](to, from, q.wide, q.cols, rows, p.B)
	} else {
		gather[uint64](to, from, q.wide, q.cols, rows, p.B)
	}
}

// gather copies elements one by one.
func gather[T uint32 | uint64](to, from unsafe.Pointer, ld, cols, rows int, stride Stride) {
	size := int(unsafe.Sizeof(T(0)))
	for j := range cols {
		for k := range rows {
			*(*T)(unsafe.Add(to, (k*ld+j)*size)) = *(*T)(unsafe.Add(from, (k*stride.Row+j*stride.Col)*size))
		}
	}
}
