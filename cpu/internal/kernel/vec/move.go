package vec

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

// Fill returns the operation that sets n elements of 1, 2, 4 or 8 bytes to the element at a, or
// nil for other sizes.
func Fill(l isa.Level, size int) Fn {
	if fn := fastFill(l, size); fn != nil {
		return fn
	}
	switch size {
	case 1:
		return fill[uint8]
	case 2:
		return fill[uint16]
	case 4:
		return fill[uint32]
	case 8:
		return fill[uint64]
	}
	return nil
}

func fill[T any](dst, a, _, _ unsafe.Pointer, n int) {
	v := *(*T)(a)
	d := run[T](dst, n)
	for i := range d {
		d[i] = v
	}
}

// Copy returns the operation that copies n elements of 1, 2, 4 or 8 bytes from a, or nil for
// other sizes. The Go runtime's copy serves every level.
func Copy(_ isa.Level, size int) Fn { return plainCopy(size) }

func plainCopy(size int) Fn {
	switch size {
	case 1:
		return copyRun[uint8]
	case 2:
		return copyRun[uint16]
	case 4:
		return copyRun[uint32]
	case 8:
		return copyRun[uint64]
	}
	return nil
}

func copyRun[T any](dst, a, _, _ unsafe.Pointer, n int) { copy(run[T](dst, n), run[T](a, n)) }

func plainWhere(size int) Fn {
	switch size {
	case 1:
		return where[uint8]
	case 2:
		return where[uint16]
	case 4:
		return where[uint32]
	case 8:
		return where[uint64]
	}
	return nil
}

func where[T any](dst, cond, onTrue, onFalse unsafe.Pointer, n int) {
	d, c, x, y := run[T](dst, n), run[uint8](cond, n), run[T](onTrue, n), run[T](onFalse, n)
	for i := range d {
		v := y[i]
		if c[i] != 0 {
			v = x[i]
		}
		d[i] = v
	}
}

// Strided moves n elements between a contiguous run and places byteStride bytes apart; the
// stride may be 0 or negative.
type Strided func(dst, src unsafe.Pointer, byteStride, n int)

// StridedLoad returns the operation that gathers elements of 1, 2, 4 or 8 bytes from src,
// src + byteStride, … into a run at dst, or nil for other sizes.
func StridedLoad(l isa.Level, size int) Strided {
	if fn := fastStridedLoad(l, size); fn != nil {
		return fn
	}
	switch size {
	case 1:
		return stridedLoad[uint8]
	case 2:
		return stridedLoad[uint16]
	case 4:
		return stridedLoad[uint32]
	case 8:
		return stridedLoad[uint64]
	}
	return nil
}

func stridedLoad[T any](dst, src unsafe.Pointer, byteStride, n int) {
	d := run[T](dst, n)
	for i := range d {
		d[i] = *(*T)(unsafe.Add(src, i*byteStride))
	}
}

// StridedStore returns the operation that scatters a run of elements of 1, 2, 4 or 8 bytes at
// src to dst, dst + byteStride, …, or nil for other sizes.
func StridedStore(_ isa.Level, size int) Strided {
	switch size {
	case 1:
		return stridedStore[uint8]
	case 2:
		return stridedStore[uint16]
	case 4:
		return stridedStore[uint32]
	case 8:
		return stridedStore[uint64]
	}
	return nil
}

func stridedStore[T any](dst, src unsafe.Pointer, byteStride, n int) {
	for i, v := range run[T](src, n) {
		*(*T)(unsafe.Add(dst, i*byteStride)) = v
	}
}
