package vec

import (
	"math"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/gomlx/compute/dtypes"
)

// Op is an elementwise operation that has no compute.OpType.
type Op int

// The extra operations, all on Float32 and Float64.
const (
	MulAdd   Op = iota // a·b + c, rounded once
	ReLU               // max(a, 0), with NaN for NaN
	ReLUGrad           // a where b > 0, else 0: the gradient a of a ReLU's result with respect to its argument (or result) b
	Silu               // a · logistic(a)
)

// Extra returns an extra operation on Float32 or Float64, or nil for other types.
func Extra(l isa.Level, op Op, dt dtypes.DType) Fn {
	if fn := fastExtra(l, op, dt); fn != nil {
		return fn
	}
	switch dt {
	case dtypes.Float32:
		if op == MulAdd {
			return mulAdd32
		}
		return extra[float32](op)
	case dtypes.Float64:
		if op == MulAdd {
			return mulAdd64
		}
		return extra[float64](op)
	}
	return nil
}

func extra[T float](op Op) Fn {
	switch op {
	case ReLU:
		return unary(func(x T) T { return max(x, 0) })
	case ReLUGrad:
		return reluGrad[T]
	case Silu:
		return unary(func(x T) T { return T(float64(x) * logistic(float64(x))) })
	}
	return nil
}

func reluGrad[T float](dst, a, b, _ unsafe.Pointer, n int) {
	d, grad, x := run[T](dst, n), run[T](a, n), run[T](b, n)
	for i := range d {
		v := grad[i]
		if !(x[i] > 0) {
			v = 0
		}
		d[i] = v
	}
}

func mulAdd64(dst, a, b, c unsafe.Pointer, n int) {
	d, x, y, z := run[float64](dst, n), run[float64](a, n), run[float64](b, n), run[float64](c, n)
	for i := range d {
		d[i] = math.FMA(x[i], y[i], z[i])
	}
}

func mulAdd32(dst, a, b, c unsafe.Pointer, n int) {
	d, x, y, z := run[float32](dst, n), run[float32](a, n), run[float32](b, n), run[float32](c, n)
	for i := range d {
		d[i] = fma32(x[i], y[i], z[i])
	}
}

// fma32 is x·y + z rounded once. The product is exact in float64; the sum is rounded there to
// odd, so that rounding it again to float32 equals rounding the exact sum (Boldo and Melquiond
// 2008, "Emulation of a FMA and correctly rounded sums").
func fma32(x, y, z float32) float32 {
	p, q := float64(x)*float64(y), float64(z)
	s := p + q
	t := s - p
	e := (p - (s - t)) + (q - t) // what the sum lost, exactly (Knuth's TwoSum)
	bits := math.Float64bits(s)
	if e != 0 && bits&1 == 0 && s-s == 0 {
		if (e > 0) == (s > 0) {
			bits++
		} else {
			bits--
		}
	}
	return float32(math.Float64frombits(bits))
}
