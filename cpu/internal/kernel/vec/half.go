package vec

import (
	"math"
	"sync"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

func isHalf(dt dtypes.DType) bool { return dt == dtypes.Float16 || dt == dtypes.BFloat16 }

// block is the number of elements that half-precision operations widen at a time.
const block = 256

// blocks are the float32 copies of the operands and of the result.
type blocks [4][block]float32

// spare keeps blocks between calls: on the stack they would escape through the Fn they go to.
var spare = sync.Pool{New: func() any { return new(blocks) }}

// half computes an operation on half-precision operands in float32.
func half(l isa.Level, op compute.OpType, dt dtypes.DType) Fn {
	switch op {
	case compute.OpTypeIdentity, compute.OpTypeWhere:
		return Lookup(l, op, dtypes.Uint16)
	}
	fn := Lookup(l, op, dtypes.Float32)
	if fn == nil {
		return nil
	}
	return halfFn(fn, Convert(l, dt, dtypes.Float32), Convert(l, dtypes.Float32, dt), isPredicate(op))
}

// isPredicate reports whether an operation on floats gives Bool.
func isPredicate(op compute.OpType) bool {
	switch untotal(op) {
	case compute.OpTypeEqual, compute.OpTypeNotEqual, compute.OpTypeLessThan, compute.OpTypeLessOrEqual,
		compute.OpTypeGreaterThan, compute.OpTypeGreaterOrEqual, compute.OpTypeIsFinite, compute.OpTypeIsNaN:
		return true
	}
	return false
}

// halfFn wraps a float32 operation in conversions; those to the result's type are left out for
// a predicate.
func halfFn(fn, widen, narrow Fn, predicate bool) Fn {
	return func(dst, a, b, c unsafe.Pointer, n int) {
		s := spare.Get().(*blocks)
		defer spare.Put(s)
		for i := 0; i < n; i += block {
			m := min(block, n-i)
			var p [3]unsafe.Pointer
			for j, x := range [3]unsafe.Pointer{a, b, c} {
				if x != nil {
					p[j] = unsafe.Pointer(&s[j])
					widen(p[j], unsafe.Add(x, 2*i), nil, nil, m)
				}
			}
			if predicate {
				fn(unsafe.Add(dst, i), p[0], p[1], p[2], m)
				continue
			}
			fn(unsafe.Pointer(&s[3]), p[0], p[1], p[2], m)
			narrow(unsafe.Add(dst, 2*i), unsafe.Pointer(&s[3]), nil, nil, m)
		}
	}
}

// convertHalf converts from or to half precision, by way of float32.
func convertHalf(l isa.Level, from, to dtypes.DType) Fn {
	switch {
	case from == dtypes.Float32 && to == dtypes.Float16:
		return unary(toFloat16)
	case from == dtypes.Float32 && to == dtypes.BFloat16:
		return unary(toBFloat16)
	case from == dtypes.Float16 && to == dtypes.Float32:
		return unary(fromFloat16)
	case from == dtypes.BFloat16 && to == dtypes.Float32:
		return unary(fromBFloat16)
	}
	first, second := Convert(l, from, dtypes.Float32), Convert(l, dtypes.Float32, to)
	if first == nil || second == nil {
		return nil
	}
	return through(first, second, from.Size(), to.Size())
}

// through chains two conversions by way of float32.
func through(first, second Fn, fromSize, toSize int) Fn {
	return func(dst, a, _, _ unsafe.Pointer, n int) {
		s := spare.Get().(*blocks)
		defer spare.Put(s)
		for i := 0; i < n; i += block {
			m, mid := min(block, n-i), unsafe.Pointer(&s[0])
			first(mid, unsafe.Add(a, fromSize*i), nil, nil, m)
			second(unsafe.Add(dst, toSize*i), mid, nil, nil, m)
		}
	}
}

func fromBFloat16(x uint16) float32 { return math.Float32frombits(uint32(x) << 16) }

// toBFloat16 rounds half to even. NaN gets its quiet bit, so that none becomes Inf.
func toBFloat16(x float32) uint16 {
	bits := math.Float32bits(x)
	if x != x {
		return uint16(bits>>16) | 0x40
	}
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}

// fromFloat16 shifts exponent and mantissa into place and scales by the difference of the
// exponents' biases, which also normalises subnormal numbers.
func fromFloat16(x uint16) float32 {
	sign, rest := uint32(x&0x8000)<<16, uint32(x&0x7fff)<<13
	if rest >= 0x7c00<<13 {
		if rest > 0x7c00<<13 {
			rest |= 1 << 22
		}
		return math.Float32frombits(sign | 0x7f800000 | rest)
	}
	v := math.Float32frombits(rest) * 0x1p112
	return math.Float32frombits(sign | math.Float32bits(v))
}

// toFloat16 rounds half to even. A subnormal result is rounded by adding the number whose last
// bit weighs as much as the last bit of the result, 2⁻²⁴.
func toFloat16(x float32) uint16 {
	bits := math.Float32bits(x)
	sign, rest := uint16(bits>>16&0x8000), bits&0x7fffffff
	switch {
	case rest > 0x7f800000: // NaN
		return sign | 0x7e00 | uint16(rest>>13&0x3ff)
	case rest >= 0x477ff000: // at least 65520, which rounds to 2¹⁶
		return sign | 0x7c00
	case rest < 0x38800000: // less than 2⁻¹⁴
		v := math.Float32frombits(rest) + 0.5
		return sign | uint16(math.Float32bits(v)-math.Float32bits(0.5))
	}
	rest -= (127 - 15) << 23
	return sign | uint16((rest+0xfff+rest>>13&1)>>13)
}
