// Package vec holds operations on short contiguous runs of elements ("tiles", typically 32 to
// 1024 elements that stay in the first-level cache): the instructions of the engine's
// elementwise virtual machine, with the reductions and row kernels built on them.
//
// Plain Go loops define every operation. The assembly versions give the same bits except
// where a function's accuracy is stated: the float32 functions Exp, Expm1, Log, Log1p, Tanh,
// Logistic, Erf, Sin, Cos and Pow, and Exp and Log of float64, which are within 2 ulp of the exact
// result on every level.
//
// Semantics follow GoMLX's own Go backend, except that
//   - integers divided by zero give all bits set (−1), and the remainder is the dividend,
//     instead of a panic; this is XLA's rule;
//   - floats convert to integers with saturation, and NaN to 0, instead of whatever the
//     machine does; this too is XLA's rule;
//   - Abs clears the sign of −0;
//   - Log of a subnormal float64 is right, where package math's is not on amd64;
//   - Rsqrt rounds twice: it is 1 divided by the rounded root;
//   - numbers round to Float16 half to even, subnormal ones too, and a NaN stays a NaN in both
//     half precisions;
//   - the first NaN, not the last, is the result of ArgMin and ArgMax.
//
// As there, Sign gives 0 for NaN and −0, Max and Min propagate NaN and order −0 before +0,
// Pow of integers with a negative exponent is 1, shifts by at least the width (or by a negative
// count) shift everything out, and Rem has the sign of the dividend.
package vec

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

// Fn applies an operation to n ≥ 0 elements. Operands that the operation lacks may be nil. dst
// may equal an operand exactly, if its elements are not larger, but may not overlap one partly.
// Bools are bytes 0 or 1.
type Fn func(dst, a, b, c unsafe.Pointer, n int)

// Lookup returns the elementwise operation on operands of a type, or nil if there is none.
//
// Operands come in the order of compute.Builder's methods: Where has the condition at a and the
// values for true and false at b and c, of type dt; Clamp has min, x, max. Comparisons, IsFinite
// and IsNaN give Bool. Half precision is computed in float32 and rounded.
func Lookup(l isa.Level, op compute.OpType, dt dtypes.DType) Fn {
	if dt == dtypes.Float16 || dt == dtypes.BFloat16 {
		return half(l, op, dt)
	}
	if fn := fast(l, op, dt); fn != nil {
		return fn
	}
	return plain(op, dt)
}

// plain returns the defining Go loop of an operation, or nil.
func plain(op compute.OpType, dt dtypes.DType) Fn {
	switch op {
	case compute.OpTypeIdentity:
		return plainCopy(dt.Size())
	case compute.OpTypeWhere:
		return plainWhere(dt.Size())
	}
	switch dt {
	case dtypes.Float32:
		return floats[float32](op, bits32)
	case dtypes.Float64:
		return floats[float64](op, bits64)
	case dtypes.Int8:
		return signed[int8, uint8](op)
	case dtypes.Int16:
		return signed[int16, uint16](op)
	case dtypes.Int32:
		return signed[int32, uint32](op)
	case dtypes.Int64:
		return signed[int64, uint64](op)
	case dtypes.Uint8:
		return unsigned[uint8](op)
	case dtypes.Uint16:
		return unsigned[uint16](op)
	case dtypes.Uint32:
		return unsigned[uint32](op)
	case dtypes.Uint64:
		return unsigned[uint64](op)
	case dtypes.Bool:
		return bools(op)
	}
	return nil
}

// Constraints of the generic loops.
type (
	sint  interface{ int8 | int16 | int32 | int64 }
	uint_ interface {
		uint8 | uint16 | uint32 | uint64
	}
	integer interface{ sint | uint_ }
	float   interface{ float32 | float64 }
	number  interface{ integer | float }
)

// run views n elements at p.
func run[T any](p unsafe.Pointer, n int) []T { return unsafe.Slice((*T)(p), n) }

// unary applies f to every element.
func unary[T, R any](f func(T) R) Fn {
	return func(dst, a, _, _ unsafe.Pointer, n int) {
		d, x := run[R](dst, n), run[T](a, n)
		for i := range d {
			d[i] = f(x[i])
		}
	}
}

// binary applies f to every pair of elements.
func binary[T, R any](f func(x, y T) R) Fn {
	return func(dst, a, b, _ unsafe.Pointer, n int) {
		d, x, y := run[R](dst, n), run[T](a, n), run[T](b, n)
		for i := range d {
			d[i] = f(x[i], y[i])
		}
	}
}
