package vec

import (
	"math/bits"
	"unsafe"

	"github.com/gomlx/compute"
)

// signed returns an operation on signed integers; U is the unsigned type of the same width.
func signed[T sint, U uint_](op compute.OpType) Fn {
	switch op {
	case compute.OpTypeAbs:
		return unary(func(x T) T { return max(x, -x) })
	case compute.OpTypeDiv:
		return binary(func(x, y T) T {
			if y == 0 {
				return -1
			}
			return x / y
		})
	case compute.OpTypeShiftRightLogical:
		return binary(func(x, y T) T { return T(U(x) >> uint(y)) })
	}
	return integers[T](op)
}

// unsigned returns an operation on unsigned integers.
func unsigned[T uint_](op compute.OpType) Fn {
	switch op {
	case compute.OpTypeAbs:
		return plainCopy(int(unsafe.Sizeof(T(0))))
	case compute.OpTypeDiv:
		return binary(func(x, y T) T {
			if y == 0 {
				return ^T(0)
			}
			return x / y
		})
	case compute.OpTypeShiftRightLogical:
		return shiftRight[T]
	}
	return integers[T](op)
}

// integers returns the operations that all integers have.
func integers[T integer](op compute.OpType) Fn {
	switch op {
	case compute.OpTypeBitwiseAnd:
		return and[T]
	case compute.OpTypeBitwiseOr:
		return or[T]
	case compute.OpTypeBitwiseXor:
		return xor[T]
	case compute.OpTypeBitwiseNot:
		return not[T]
	case compute.OpTypeShiftLeft:
		return shiftLeft[T]
	case compute.OpTypeShiftRightArithmetic:
		return shiftRight[T]
	case compute.OpTypeBitCount:
		return unary(func(x T) T { return T(bits.OnesCount64(raw(x))) })
	case compute.OpTypeClz:
		width := 8 * int(unsafe.Sizeof(T(0)))
		return unary(func(x T) T { return T(bits.LeadingZeros64(raw(x)) - 64 + width) })
	case compute.OpTypePow:
		return binary(power[T])
	case compute.OpTypeRem:
		return binary(func(x, y T) T {
			if y == 0 {
				return x
			}
			return x % y
		})
	}
	return numbers[T](untotal(op))
}

// raw widens the bits of an integer without extending its sign.
func raw[T integer](x T) uint64 {
	width := 8 * unsafe.Sizeof(x)
	return uint64(x) << (64 - width) >> (64 - width)
}

// power is xʸ modulo the type's range, by squaring; 1 if y is negative.
func power[T integer](x, y T) T {
	p := T(1)
	for ; y > 0; y >>= 1 {
		if y&1 == 1 {
			p *= x
		}
		x *= x
	}
	return p
}

func and[T integer](dst, a, b, _ unsafe.Pointer, n int) {
	d, x, y := run[T](dst, n), run[T](a, n), run[T](b, n)
	for i := range d {
		d[i] = x[i] & y[i]
	}
}

func or[T integer](dst, a, b, _ unsafe.Pointer, n int) {
	d, x, y := run[T](dst, n), run[T](a, n), run[T](b, n)
	for i := range d {
		d[i] = x[i] | y[i]
	}
}

func xor[T integer](dst, a, b, _ unsafe.Pointer, n int) {
	d, x, y := run[T](dst, n), run[T](a, n), run[T](b, n)
	for i := range d {
		d[i] = x[i] ^ y[i]
	}
}

func not[T integer](dst, a, _, _ unsafe.Pointer, n int) {
	d, x := run[T](dst, n), run[T](a, n)
	for i := range d {
		d[i] = ^x[i]
	}
}

func shiftLeft[T integer](dst, a, b, _ unsafe.Pointer, n int) {
	d, x, y := run[T](dst, n), run[T](a, n), run[T](b, n)
	for i := range d {
		d[i] = x[i] << uint(y[i])
	}
}

func shiftRight[T integer](dst, a, b, _ unsafe.Pointer, n int) {
	d, x, y := run[T](dst, n), run[T](a, n), run[T](b, n)
	for i := range d {
		d[i] = x[i] >> uint(y[i])
	}
}

// bools returns an operation on truth values, where false comes before true.
func bools(op compute.OpType) Fn {
	switch op {
	case compute.OpTypeLogicalAnd, compute.OpTypeBitwiseAnd, compute.OpTypeMin:
		return and[uint8]
	case compute.OpTypeLogicalOr, compute.OpTypeBitwiseOr, compute.OpTypeMax:
		return or[uint8]
	case compute.OpTypeLogicalXor, compute.OpTypeBitwiseXor:
		return xor[uint8]
	case compute.OpTypeLogicalNot, compute.OpTypeBitwiseNot:
		return logicalNot
	case compute.OpTypeClamp:
		return clamp[uint8]
	}
	return compare[uint8](untotal(op))
}

func logicalNot(dst, a, _, _ unsafe.Pointer, n int) {
	d, x := run[uint8](dst, n), run[uint8](a, n)
	for i := range d {
		d[i] = x[i] ^ 1
	}
}
