package pool

import (
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
)

// neutral returns what fills a run with the neutral element of a reduction; nil if there is
// none.
func neutral(dt dtypes.DType, r compute.ReduceOpType) func(unsafe.Pointer, int) {
	switch v := element(dt, r).(type) {
	case int8:
		return filler(v)
	case int16:
		return filler(v)
	case int32:
		return filler(v)
	case int64:
		return filler(v)
	case uint8:
		return filler(v)
	case uint16:
		return filler(v)
	case uint32:
		return filler(v)
	case uint64:
		return filler(v)
	case float32:
		return filler(v)
	case float64:
		return filler(v)
	case float16.Float16:
		return filler(v)
	case bfloat16.BFloat16:
		return filler(v)
	}
	return nil
}

// element is the neutral element.
func element(dt dtypes.DType, r compute.ReduceOpType) any {
	switch r {
	case compute.ReduceOpMax:
		return dt.LowestValue()
	case compute.ReduceOpMin:
		return dt.HighestValue()
	case compute.ReduceOpSum:
		return constant(dt, 0)
	case compute.ReduceOpProduct:
		return constant(dt, 1)
	}
	return nil
}

// constant is a small integer as a value of a type; nil if the type is not numeric.
func constant(dt dtypes.DType, x int) any {
	switch dt {
	case dtypes.Int8:
		return int8(x)
	case dtypes.Int16:
		return int16(x)
	case dtypes.Int32:
		return int32(x)
	case dtypes.Int64:
		return int64(x)
	case dtypes.Uint8:
		return uint8(x)
	case dtypes.Uint16:
		return uint16(x)
	case dtypes.Uint32:
		return uint32(x)
	case dtypes.Uint64:
		return uint64(x)
	case dtypes.Float32:
		return float32(x)
	case dtypes.Float64:
		return float64(x)
	case dtypes.Float16:
		return float16.FromFloat32(float32(x))
	case dtypes.BFloat16:
		return bfloat16.FromFloat32(float32(x))
	}
	return nil
}

// filler fills a run with a value.
func filler[T any](v T) func(unsafe.Pointer, int) {
	return func(dst unsafe.Pointer, n int) {
		out := unsafe.Slice((*T)(dst), n)
		for i := range out {
			out[i] = v
		}
	}
}
