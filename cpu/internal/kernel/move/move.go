// Package move holds kernels that move data about: strided copies and transposes, padding,
// concatenation, gather and scatter, dynamic slices, iota, cumulative sums, the index of the
// largest element, and sorting.
//
// Operands and results are contiguous row-major arrays except where strides are given. The
// meaning of every operation is that of package compute.
package move

import (
	"unsafe"

	"github.com/gomlx/compute/dtypes"
)

// grain is the number of bytes that are worth a unit of their own.
const grain = 1 << 15

// unitsOf cuts work on the given bytes, which consists of pieces, in units.
func unitsOf(pieces, bytes int) int { return min(pieces, max(1, bytes/grain)) }

// part is the share of unit u when n pieces are dealt to units.
func part(n, units, u int) int { return n * u / units }

// volume is the number of elements.
func volume(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// rowMajor gives the strides of a contiguous array in elements.
func rowMajor(dims []int) []int {
	strides := make([]int, len(dims))
	n := 1
	for i := len(dims) - 1; i >= 0; i-- {
		strides[i] = n
		n *= dims[i]
	}
	return strides
}

// span views n elements at p.
func span[T any](p unsafe.Pointer, n int) []T { return unsafe.Slice((*T)(p), n) }

// copyBytes copies n bytes.
func copyBytes(dst, src unsafe.Pointer, n int) { copy(span[byte](dst, n), span[byte](src, n)) }

// at is the element i of an array of elements of a type.
func at[T any](p unsafe.Pointer, i int) *T {
	return (*T)(unsafe.Add(p, i*int(unsafe.Sizeof(*new(T)))))
}

// bits128 stands for elements of 16 bytes.
type bits128 [2]uint64

// sized picks the version of a generic function for elements of a size in bytes.
func sized[F any](size int, f1, f2, f4, f8, f16 F) F {
	switch size {
	case 1:
		return f1
	case 2:
		return f2
	case 4:
		return f4
	case 8:
		return f8
	case 16:
		return f16
	}
	panic("move: got an element of a size other than 1, 2, 4, 8 or 16 bytes")
}

// reader gives the function that reads element i of an array of indices. An unsigned index
// beyond the range of int counts as the largest int.
func reader(dt dtypes.DType) func(p unsafe.Pointer, i int) int {
	switch dt {
	case dtypes.Int8:
		return read[int8]
	case dtypes.Int16:
		return read[int16]
	case dtypes.Int32:
		return read[int32]
	case dtypes.Int64:
		return read[int64]
	case dtypes.Uint8:
		return read[uint8]
	case dtypes.Uint16:
		return read[uint16]
	case dtypes.Uint32:
		return read[uint32]
	case dtypes.Uint64:
		return func(p unsafe.Pointer, i int) int {
			return int(min(*at[uint64](p, i), uint64(^uint(0)>>1)))
		}
	}
	panic("move: got indices of type " + dt.String())
}

func read[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32](p unsafe.Pointer, i int) int {
	return int(*at[T](p, i))
}
