package vec

import (
	"math"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

// Reducer combines n elements at x with the accumulator, one element of the same type, which
// it updates. [Neutral] gives the accumulator's first value.
//
// To reduce over rows instead, combine each row with a run of accumulators by [Lookup].
type Reducer func(acc, x unsafe.Pointer, n int)

// laneBytes is the size of the partial results of a reduction: 64 of float32, 32 of float64.
const laneBytes = 256

// Reduce returns the reduction named by a compute.OpTypeReduce… (Sum, Product, Max, Min,
// BitwiseAnd/Or/Xor of integers, LogicalAnd/Or/Xor of Bool), or nil if there is none. Convert
// half precision to float32 first.
//
// The result of floats is fixed to the bit. Element i goes to the partial result i mod L, where
// L is 64 for float32 and 32 for float64; partial results start at 0 (1 for a product). Then the
// upper half of them is combined with the lower, element by element, until one is left, and
// that is combined with the accumulator.
func Reduce(l isa.Level, op compute.OpType, dt dtypes.DType) Reducer {
	if fn := fastReduce(l, op, dt); fn != nil {
		return fn
	}
	switch dt {
	case dtypes.Float32:
		return reduceNumbers[float32](op)
	case dtypes.Float64:
		return reduceNumbers[float64](op)
	case dtypes.Int8:
		return reduceIntegers[int8](op)
	case dtypes.Int16:
		return reduceIntegers[int16](op)
	case dtypes.Int32:
		return reduceIntegers[int32](op)
	case dtypes.Int64:
		return reduceIntegers[int64](op)
	case dtypes.Uint8:
		return reduceIntegers[uint8](op)
	case dtypes.Uint16:
		return reduceIntegers[uint16](op)
	case dtypes.Uint32:
		return reduceIntegers[uint32](op)
	case dtypes.Uint64:
		return reduceIntegers[uint64](op)
	case dtypes.Bool:
		return reduceBools(op)
	}
	return nil
}

func reduceIntegers[T integer](op compute.OpType) Reducer {
	if fn := reduceBits[T](op); fn != nil {
		return fn
	}
	return reduceNumbers[T](op)
}

func reduceBools(op compute.OpType) Reducer {
	switch op {
	case compute.OpTypeReduceLogicalAnd, compute.OpTypeReduceMin:
		return reduceIntegers[uint8](compute.OpTypeReduceBitwiseAnd)
	case compute.OpTypeReduceLogicalOr, compute.OpTypeReduceMax:
		return reduceIntegers[uint8](compute.OpTypeReduceBitwiseOr)
	case compute.OpTypeReduceLogicalXor:
		return reduceIntegers[uint8](compute.OpTypeReduceBitwiseXor)
	}
	return nil
}

func reduceNumbers[T number](op compute.OpType) Reducer {
	switch op {
	case compute.OpTypeReduceSum:
		return reduceSum[T]
	case compute.OpTypeReduceProduct:
		return reduceProduct[T]
	case compute.OpTypeReduceMax:
		return reduceMax[T]
	case compute.OpTypeReduceMin:
		return reduceMin[T]
	}
	return nil
}

func reduceSum[T number](acc, x unsafe.Pointer, n int) {
	var lanes [laneBytes]T
	count := laneBytes / int(unsafe.Sizeof(lanes[0]))
	for v := run[T](x, n); len(v) > 0; v = v[min(count, len(v)):] {
		for j, e := range v[:min(count, len(v))] {
			lanes[j] += e
		}
	}
	*(*T)(acc) += tree(lanes[:count])
}

// tree adds the upper half of the lanes to the lower until one is left.
func tree[T number](lanes []T) T {
	for half := len(lanes) / 2; half > 0; half /= 2 {
		for j := range half {
			lanes[j] += lanes[j+half]
		}
	}
	return lanes[0]
}

func reduceProduct[T number](acc, x unsafe.Pointer, n int) {
	var lanes [laneBytes]T
	count := laneBytes / int(unsafe.Sizeof(lanes[0]))
	for j := range lanes {
		lanes[j] = 1
	}
	for v := run[T](x, n); len(v) > 0; v = v[min(count, len(v)):] {
		for j, e := range v[:min(count, len(v))] {
			lanes[j] *= e
		}
	}
	for half := count / 2; half > 0; half /= 2 {
		for j := range half {
			lanes[j] *= lanes[j+half]
		}
	}
	*(*T)(acc) *= lanes[0]
}

func reduceMax[T number](acc, x unsafe.Pointer, n int) {
	a := *(*T)(acc)
	for _, v := range run[T](x, n) {
		a = max(a, v)
	}
	*(*T)(acc) = a
}

func reduceMin[T number](acc, x unsafe.Pointer, n int) {
	a := *(*T)(acc)
	for _, v := range run[T](x, n) {
		a = min(a, v)
	}
	*(*T)(acc) = a
}

// Neutral writes the value that a reduction starts from: 0, 1, the type's lowest or highest
// value (−Inf and +Inf for floats), all bits set, or true. It reports whether the reduction
// exists for the type, half precision included.
func Neutral(op compute.OpType, dt dtypes.DType, acc unsafe.Pointer) bool {
	if isHalf(dt) {
		var v float32
		ok := Neutral(op, dtypes.Float32, unsafe.Pointer(&v))
		if ok {
			Convert(isa.Portable, dtypes.Float32, dt)(acc, unsafe.Pointer(&v), nil, nil, 1)
		}
		return ok
	}
	if Reduce(isa.Portable, op, dt) == nil {
		return false
	}
	bits := neutralBits(op, dt)
	copy(run[byte](acc, dt.Size()), run[byte](unsafe.Pointer(&bits), dt.Size()))
	return true
}

// neutralBits gives the first value of an accumulator in the low bytes.
func neutralBits(op compute.OpType, dt dtypes.DType) uint64 {
	top := uint64(1) << (dt.Bits() - 1)
	switch op {
	case compute.OpTypeReduceBitwiseAnd:
		return math.MaxUint64
	case compute.OpTypeReduceLogicalAnd:
		return 1
	case compute.OpTypeReduceProduct:
		var one uint64
		Convert(isa.Portable, dtypes.Uint64, dt)(unsafe.Pointer(&one), unsafe.Pointer(&[1]uint64{1}), nil, nil, 1)
		return one
	case compute.OpTypeReduceMax, compute.OpTypeReduceMin:
		return extreme(op == compute.OpTypeReduceMax, dt, top)
	}
	return 0
}

// extreme gives the lowest value of a type, or the highest; top is its highest bit.
func extreme(lowest bool, dt dtypes.DType, top uint64) uint64 {
	sign := uint64(0)
	if lowest {
		sign = top
	}
	switch {
	case dt == dtypes.Float32:
		return sign | uint64(math.Float32bits(float32(math.Inf(1))))
	case dt == dtypes.Float64:
		return sign | math.Float64bits(math.Inf(1))
	case dt == dtypes.Bool && !lowest:
		return 1
	case lowest && (dt.IsUnsigned() || dt == dtypes.Bool):
		return 0
	case lowest:
		return top
	case dt.IsUnsigned():
		return math.MaxUint64
	}
	return top - 1
}
