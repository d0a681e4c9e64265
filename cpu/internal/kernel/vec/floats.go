package vec

import (
	"math"
	"unsafe"

	"github.com/gomlx/compute"
)

// bits32 and bits64 map a float to an integer that orders as
// −NaN < −Inf < … < −0 < +0 < … < +Inf < +NaN.
func bits32(x float32) int64 {
	i := int32(math.Float32bits(x))
	return int64(i ^ i>>31&math.MaxInt32)
}

func bits64(x float64) int64 {
	i := int64(math.Float64bits(x))
	return i ^ i>>63&math.MaxInt64
}

// floats returns an operation on floats; order maps a float to its place in the total order.
// Functions are computed in float64, so that those of float32 are all but correctly rounded.
func floats[T float](op compute.OpType, order func(T) int64) Fn {
	switch op {
	case compute.OpTypeDiv:
		return div[T]
	case compute.OpTypeAbs:
		return unary(func(x T) T { return T(math.Abs(float64(x))) })
	case compute.OpTypeSqrt:
		return unary(func(x T) T { return T(math.Sqrt(float64(x))) })
	case compute.OpTypeRsqrt:
		return unary(func(x T) T { return 1 / T(math.Sqrt(float64(x))) })
	case compute.OpTypePow:
		return binary(func(x, y T) T { return T(math.Pow(float64(x), float64(y))) })
	case compute.OpTypeRem:
		return binary(func(x, y T) T { return T(math.Mod(float64(x), float64(y))) })
	case compute.OpTypeAtan2:
		return binary(func(y, x T) T { return T(math.Atan2(float64(y), float64(x))) })
	case compute.OpTypeIsNaN:
		return func(dst, a, _, _ unsafe.Pointer, n int) { notEqual[T](dst, a, a, nil, n) }
	case compute.OpTypeIsFinite:
		return unary(func(x T) bool { return x-x == 0 })
	}
	if f := function(op); f != nil {
		return unary(func(x T) T { return T(f(float64(x))) })
	}
	if plainOp := untotal(op); plainOp != op {
		return total(plainOp, order)
	}
	return numbers[T](op)
}

// function returns the float64 function of one argument that defines an operation, or nil.
func function(op compute.OpType) func(float64) float64 {
	switch op {
	case compute.OpTypeCeil:
		return math.Ceil
	case compute.OpTypeFloor:
		return math.Floor
	case compute.OpTypeRound:
		return math.RoundToEven
	case compute.OpTypeExp:
		return math.Exp
	case compute.OpTypeExpm1:
		return math.Expm1
	case compute.OpTypeLog:
		return logarithm
	case compute.OpTypeLog1p:
		return math.Log1p
	case compute.OpTypeTanh:
		return math.Tanh
	case compute.OpTypeLogistic:
		return logistic
	case compute.OpTypeErf:
		return math.Erf
	case compute.OpTypeSin:
		return math.Sin
	case compute.OpTypeCos:
		return math.Cos
	}
	return nil
}

// logarithm is ln x. Package math's assembly for amd64 takes subnormal numbers for 2⁻¹⁰²³ or so.
func logarithm(x float64) float64 {
	if x > 0 && x < 0x1p-1022 {
		return math.Log(x*0x1p54) - 54*math.Ln2
	}
	return math.Log(x)
}

// logistic is 1/(1+e⁻ˣ), written so that e never overflows.
func logistic(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}

func div[T float](dst, a, b, _ unsafe.Pointer, n int) {
	d, x, y := run[T](dst, n), run[T](a, n), run[T](b, n)
	for i := range d {
		d[i] = x[i] / y[i]
	}
}

// total returns a comparison in the total order of floats.
func total[T float](op compute.OpType, order func(T) int64) Fn {
	switch op {
	case compute.OpTypeEqual:
		return binary(func(x, y T) bool { return order(x) == order(y) })
	case compute.OpTypeNotEqual:
		return binary(func(x, y T) bool { return order(x) != order(y) })
	case compute.OpTypeLessThan:
		return binary(func(x, y T) bool { return order(x) < order(y) })
	case compute.OpTypeLessOrEqual:
		return binary(func(x, y T) bool { return order(x) <= order(y) })
	case compute.OpTypeGreaterThan:
		return binary(func(x, y T) bool { return order(x) > order(y) })
	case compute.OpTypeGreaterOrEqual:
		return binary(func(x, y T) bool { return order(x) >= order(y) })
	}
	return nil
}
