package vec

import (
	"math"
	"unsafe"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/gomlx/compute/dtypes"
)

// Convert returns the operation that converts elements at a from one type to another, or nil if
// there is none. Integers wrap around, floats become integers by truncation with saturation and
// NaN becomes 0; what is not 0, NaN too, becomes true; true becomes 1.
func Convert(l isa.Level, from, to dtypes.DType) Fn {
	if from == to {
		return plainCopy(from.Size())
	}
	if fn := fastConvert(l, from, to); fn != nil {
		return fn
	}
	if isHalf(from) || isHalf(to) {
		return convertHalf(l, from, to)
	}
	switch from {
	case dtypes.Bool:
		return fromBool(to)
	case dtypes.Float32:
		return fromFloat[float32](to)
	case dtypes.Float64:
		return fromFloat[float64](to)
	case dtypes.Int8:
		return fromInteger[int8](to)
	case dtypes.Int16:
		return fromInteger[int16](to)
	case dtypes.Int32:
		return fromInteger[int32](to)
	case dtypes.Int64:
		return fromInteger[int64](to)
	case dtypes.Uint8:
		return fromInteger[uint8](to)
	case dtypes.Uint16:
		return fromInteger[uint16](to)
	case dtypes.Uint32:
		return fromInteger[uint32](to)
	case dtypes.Uint64:
		return fromInteger[uint64](to)
	}
	return nil
}

func fromInteger[F integer](to dtypes.DType) Fn {
	switch to {
	case dtypes.Bool:
		return truth[F]
	case dtypes.Float32:
		return cast[F, float32]
	case dtypes.Float64:
		return cast[F, float64]
	case dtypes.Int8:
		return cast[F, int8]
	case dtypes.Int16:
		return cast[F, int16]
	case dtypes.Int32:
		return cast[F, int32]
	case dtypes.Int64:
		return cast[F, int64]
	case dtypes.Uint8:
		return cast[F, uint8]
	case dtypes.Uint16:
		return cast[F, uint16]
	case dtypes.Uint32:
		return cast[F, uint32]
	case dtypes.Uint64:
		return cast[F, uint64]
	}
	return nil
}

// fromBool converts bytes 0 and 1 as the integers that they are.
func fromBool(to dtypes.DType) Fn {
	if to == dtypes.Uint8 || to == dtypes.Int8 {
		return plainCopy(1)
	}
	return fromInteger[uint8](to)
}

func fromFloat[F float](to dtypes.DType) Fn {
	switch to {
	case dtypes.Bool:
		return truth[F]
	case dtypes.Float32:
		return cast[F, float32]
	case dtypes.Float64:
		return cast[F, float64]
	case dtypes.Int8:
		return saturate[F, int8](math.MinInt8, math.MaxInt8)
	case dtypes.Int16:
		return saturate[F, int16](math.MinInt16, math.MaxInt16)
	case dtypes.Int32:
		return saturate[F, int32](math.MinInt32, math.MaxInt32)
	case dtypes.Int64:
		return saturate[F, int64](math.MinInt64, math.MaxInt64)
	case dtypes.Uint8:
		return saturate[F, uint8](0, math.MaxUint8)
	case dtypes.Uint16:
		return saturate[F, uint16](0, math.MaxUint16)
	case dtypes.Uint32:
		return saturate[F, uint32](0, math.MaxUint32)
	case dtypes.Uint64:
		return saturate[F, uint64](0, math.MaxUint64)
	}
	return nil
}

func cast[F, T number](dst, a, _, _ unsafe.Pointer, n int) {
	d, x := run[T](dst, n), run[F](a, n)
	for i := range d {
		d[i] = T(x[i])
	}
}

func truth[F number](dst, a, _, _ unsafe.Pointer, n int) {
	d, x := run[bool](dst, n), run[F](a, n)
	for i := range d {
		d[i] = x[i] != 0
	}
}

// saturate converts to an integer between low and high. Compared as F, high may be one more
// than the largest integer; then a value that reaches it is out of range anyway.
func saturate[F float, T integer](low, high T) Fn {
	least, most := F(low), F(high)
	return unary(func(x F) T {
		switch {
		case x >= most:
			return high
		case x > least:
			return T(x)
		case x <= least:
			return low
		}
		return 0
	})
}
