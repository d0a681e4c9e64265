package vec

import (
	"unsafe"

	"github.com/gomlx/compute"
)

// numbers returns the operations that all numbers have.
func numbers[T number](op compute.OpType) Fn {
	switch op {
	case compute.OpTypeAdd:
		return add[T]
	case compute.OpTypeSub:
		return sub[T]
	case compute.OpTypeMul:
		return mul[T]
	case compute.OpTypeNeg:
		return neg[T]
	case compute.OpTypeMax:
		return maximum[T]
	case compute.OpTypeMin:
		return minimum[T]
	case compute.OpTypeClamp:
		return clamp[T]
	case compute.OpTypeSign:
		return sign[T]
	}
	return compare[T](op)
}

func add[T number](dst, a, b, _ unsafe.Pointer, n int) {
	d, x, y := run[T](dst, n), run[T](a, n), run[T](b, n)
	for i := range d {
		d[i] = x[i] + y[i]
	}
}

func sub[T number](dst, a, b, _ unsafe.Pointer, n int) {
	d, x, y := run[T](dst, n), run[T](a, n), run[T](b, n)
	for i := range d {
		d[i] = x[i] - y[i]
	}
}

func mul[T number](dst, a, b, _ unsafe.Pointer, n int) {
	d, x, y := run[T](dst, n), run[T](a, n), run[T](b, n)
	for i := range d {
		d[i] = x[i] * y[i]
	}
}

func neg[T number](dst, a, _, _ unsafe.Pointer, n int) {
	d, x := run[T](dst, n), run[T](a, n)
	for i := range d {
		d[i] = -x[i]
	}
}

func maximum[T number](dst, a, b, _ unsafe.Pointer, n int) {
	d, x, y := run[T](dst, n), run[T](a, n), run[T](b, n)
	for i := range d {
		d[i] = max(x[i], y[i])
	}
}

func minimum[T number](dst, a, b, _ unsafe.Pointer, n int) {
	d, x, y := run[T](dst, n), run[T](a, n), run[T](b, n)
	for i := range d {
		d[i] = min(x[i], y[i])
	}
}

// clamp is min(max(low, x), high), so that high wins where the bounds cross.
func clamp[T number](dst, low, x, high unsafe.Pointer, n int) {
	d, lo, v, hi := run[T](dst, n), run[T](low, n), run[T](x, n), run[T](high, n)
	for i := range d {
		d[i] = min(max(lo[i], v[i]), hi[i])
	}
}

func sign[T number](dst, a, _, _ unsafe.Pointer, n int) {
	d, x := run[T](dst, n), run[T](a, n)
	for i := range d {
		v := x[i]
		d[i] = 0
		if v > 0 {
			d[i] = 1
		} else if v < 0 {
			d[i]--
		}
	}
}

// compare returns a comparison by the order of numbers.
func compare[T number](op compute.OpType) Fn {
	switch op {
	case compute.OpTypeEqual:
		return equal[T]
	case compute.OpTypeNotEqual:
		return notEqual[T]
	case compute.OpTypeLessThan:
		return less[T]
	case compute.OpTypeLessOrEqual:
		return lessEqual[T]
	case compute.OpTypeGreaterThan:
		return swapped(less[T])
	case compute.OpTypeGreaterOrEqual:
		return swapped(lessEqual[T])
	}
	return nil
}

// swapped exchanges the first two operands.
func swapped(fn Fn) Fn {
	return func(dst, a, b, c unsafe.Pointer, n int) { fn(dst, b, a, c, n) }
}

func equal[T number](dst, a, b, _ unsafe.Pointer, n int) {
	d, x, y := run[bool](dst, n), run[T](a, n), run[T](b, n)
	for i := range d {
		d[i] = x[i] == y[i]
	}
}

func notEqual[T number](dst, a, b, _ unsafe.Pointer, n int) {
	d, x, y := run[bool](dst, n), run[T](a, n), run[T](b, n)
	for i := range d {
		d[i] = x[i] != y[i]
	}
}

func less[T number](dst, a, b, _ unsafe.Pointer, n int) {
	d, x, y := run[bool](dst, n), run[T](a, n), run[T](b, n)
	for i := range d {
		d[i] = x[i] < y[i]
	}
}

func lessEqual[T number](dst, a, b, _ unsafe.Pointer, n int) {
	d, x, y := run[bool](dst, n), run[T](a, n), run[T](b, n)
	for i := range d {
		d[i] = x[i] <= y[i]
	}
}

// untotal names the plain comparison that a total-order comparison becomes where the order of
// numbers is total, and gives other operations back as they are.
func untotal(op compute.OpType) compute.OpType {
	switch op {
	case compute.OpTypeEqualTotalOrder:
		return compute.OpTypeEqual
	case compute.OpTypeNotEqualTotalOrder:
		return compute.OpTypeNotEqual
	case compute.OpTypeLessThanTotalOrder:
		return compute.OpTypeLessThan
	case compute.OpTypeLessOrEqualTotalOrder:
		return compute.OpTypeLessOrEqual
	case compute.OpTypeGreaterThanTotalOrder:
		return compute.OpTypeGreaterThan
	case compute.OpTypeGreaterOrEqualTotalOrder:
		return compute.OpTypeGreaterOrEqual
	}
	return op
}
