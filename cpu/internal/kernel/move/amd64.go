//go:build amd64 && !noasm

package move

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

//go:generate go run -C ../../avo ./move -pkg move -out ../kernel/move/zz_move_amd64.s -stubs ../kernel/move/zz_move_amd64.go

// fastTransposer gives the version in vectors of [blocks], or nil.
func fastTransposer(l isa.Level, size int) Transpose {
	switch {
	case l == isa.AVX512 && size == 4:
		return squares[uint32](16, transpose16x32avx512)
	case l == isa.AVX512 && size == 8:
		return squares[uint64](8, transpose8x64avx512)
	case l == isa.AVX2 && size == 4:
		return squares[uint32](8, transpose8x32avx2)
	case l == isa.AVX2 && size == 8:
		return squares[uint64](4, transpose4x64avx2)
	}
	return nil
}

// squares transposes whole blocks of n×n elements in vectors, and the edges one by one.
func squares[T any](n int, do func(dst, src *byte, dstRow, srcCol, blocks int)) Transpose {
	return func(dst, src unsafe.Pointer, dstRow, srcCol, rows, cols int) {
		size, whole, r := int(unsafe.Sizeof(*new(T))), cols/n*n, 0
		for ; r+n <= rows && whole > 0; r += n {
			d, s := unsafe.Add(dst, r*dstRow), unsafe.Add(src, r*size)
			do((*byte)(d), (*byte)(s), dstRow, srcCol, whole/n)
			if whole < cols {
				blocks[T](unsafe.Add(d, whole*size), unsafe.Add(s, whole*srcCol), dstRow, srcCol, n, cols-whole)
			}
		}
		if r < rows {
			blocks[T](unsafe.Add(dst, r*dstRow), unsafe.Add(src, r*size), dstRow, srcCol, rows-r, cols)
		}
	}
}

// CopyAhead gives the function that copies n bytes while it fetches the n bytes at next, which
// may be nil, into the cache.
func CopyAhead(l isa.Level) func(dst, src, next unsafe.Pointer, n int) {
	return func(dst, src, next unsafe.Pointer, n int) {
		lines := n / 64
		if l == isa.Portable || lines == 0 || next == nil {
			copyBytes(dst, src, n)
			return
		}
		copyLinesAhead((*byte)(dst), (*byte)(src), (*byte)(next), lines)
		if n%64 > 0 {
			copyBytes(unsafe.Add(dst, 64*lines), unsafe.Add(src, 64*lines), n%64)
		}
	}
}
