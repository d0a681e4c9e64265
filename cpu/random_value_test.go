package cpu_test

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
)

// integer are the integers that random graphs hold.
type integer interface {
	~int8 | ~int32 | ~int64 | ~uint8 | ~uint32
}

// flatSlice converts numbers to a dtype: unsigned ones lose their sign, bools tell what is above 0.
func flatSlice(dt dtypes.DType, x []float64) any {
	switch dt {
	case dtypes.Float64:
		return x
	case dtypes.Float32:
		return each(x, func(v float64) float32 { return float32(v) })
	case dtypes.Float16:
		return each(x, func(v float64) float16.Float16 { return float16.FromFloat32(float32(v)) })
	case dtypes.BFloat16:
		return each(x, func(v float64) bfloat16.BFloat16 { return bfloat16.FromFloat32(float32(v)) })
	case dtypes.Int8:
		return each(x, func(v float64) int8 { return int8(v) })
	case dtypes.Int32:
		return each(x, func(v float64) int32 { return int32(v) })
	case dtypes.Int64:
		return each(x, func(v float64) int64 { return int64(v) })
	case dtypes.Uint8:
		return each(x, func(v float64) uint8 { return uint8(math.Abs(v)) })
	case dtypes.Uint32:
		return each(x, func(v float64) uint32 { return uint32(math.Abs(v)) })
	case dtypes.Bool:
		return each(x, func(v float64) bool { return v > 0 })
	}
	panic(dt.String())
}

// each applies a function to every element.
func each[A, B any](x []A, f func(A) B) []B {
	out := make([]B, len(x))
	for i, v := range x {
		out[i] = f(v)
	}
	return out
}

// numbers converts the elements of a buffer to float64. Of 64 bits the last may be lost.
func numbers(flat any) []float64 {
	switch x := flat.(type) {
	case []float32:
		return each(x, func(v float32) float64 { return float64(v) })
	case []float64:
		return x
	case []float16.Float16:
		return each(x, float16.Float16.Float64)
	case []bfloat16.BFloat16:
		return each(x, bfloat16.BFloat16.Float64)
	case []int8:
		return integers(x)
	case []int32:
		return integers(x)
	case []int64:
		return integers(x)
	case []uint8:
		return integers(x)
	case []uint32:
		return integers(x)
	case []bool:
		return each(x, func(v bool) float64 {
			if v {
				return 1
			}
			return 0
		})
	}
	panic(fmt.Sprintf("%T", flat))
}

func integers[T integer](x []T) []float64 { return each(x, func(v T) float64 { return float64(v) }) }

// distance is the largest difference of two lists, relative to numbers above 1, and where it is;
// unequal NaN and infinities are infinitely far apart.
func distance(a, b []float64) (worst float64, at int) {
	for i := range a {
		if a[i] == b[i] || math.IsNaN(a[i]) && math.IsNaN(b[i]) {
			continue
		}
		d := math.Abs(a[i]-b[i]) / math.Max(1, math.Abs(b[i]))
		if math.IsNaN(d) {
			d = math.Inf(1)
		}
		if d > worst {
			worst, at = d, i
		}
	}
	return worst, at
}
