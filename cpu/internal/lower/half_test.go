package lower_test

import (
	"unsafe"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
)

// half writes a number of half precision.
func half(at unsafe.Pointer, t dtypes.DType, x float32) {
	if t == f16 {
		*(*float16.Float16)(at) = float16.FromFloat32(x)
	} else {
		*(*bfloat16.BFloat16)(at) = bfloat16.FromFloat32(x)
	}
}

// wide reads a number of half precision.
func wide(at unsafe.Pointer, t dtypes.DType) float64 {
	if t == f16 {
		return float64((*(*float16.Float16)(at)).Float32())
	}
	return float64((*(*bfloat16.BFloat16)(at)).Float32())
}

// at32 gives an element of an array of float32.
func at32(p unsafe.Pointer, i int) *float32 { return (*float32)(unsafe.Add(p, 4*i)) }
