package vec

import (
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/gomlx/compute/dtypes"
)

// ArgReducer searches n elements at x, the first of which has the index start, for one that
// comes before the best so far, and puts its value and index in best and index. Of equal
// elements the first is kept; a NaN comes before all numbers. An index of −1 says that there is
// no best yet.
type ArgReducer func(best unsafe.Pointer, index *int, x unsafe.Pointer, start, n int)

// Arg returns the search for the largest element, or for the smallest, or nil if the type has
// none. Convert half precision to float32 first.
func Arg(_ isa.Level, dt dtypes.DType, largest bool) ArgReducer {
	switch dt {
	case dtypes.Float32:
		return argOf[float32](largest)
	case dtypes.Float64:
		return argOf[float64](largest)
	case dtypes.Int8:
		return argOf[int8](largest)
	case dtypes.Int16:
		return argOf[int16](largest)
	case dtypes.Int32:
		return argOf[int32](largest)
	case dtypes.Int64:
		return argOf[int64](largest)
	case dtypes.Uint8, dtypes.Bool:
		return argOf[uint8](largest)
	case dtypes.Uint16:
		return argOf[uint16](largest)
	case dtypes.Uint32:
		return argOf[uint32](largest)
	case dtypes.Uint64:
		return argOf[uint64](largest)
	}
	return nil
}

func argOf[T number](largest bool) ArgReducer {
	if largest {
		return argMax[T]
	}
	return argMin[T]
}

func argMax[T number](best unsafe.Pointer, index *int, x unsafe.Pointer, start, n int) {
	b, at := (*T)(best), *index
	for i, v := range run[T](x, n) {
		if at < 0 || v > *b || v != v && *b == *b {
			*b, at = v, start+i
		}
	}
	*index = at
}

func argMin[T number](best unsafe.Pointer, index *int, x unsafe.Pointer, start, n int) {
	b, at := (*T)(best), *index
	for i, v := range run[T](x, n) {
		if at < 0 || v < *b || v != v && *b == *b {
			*b, at = v, start+i
		}
	}
	*index = at
}
