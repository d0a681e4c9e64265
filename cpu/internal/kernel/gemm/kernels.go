package gemm

import (
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

// Kernels lists the micro-kernels of a level for Float32 or Float64, the preferred one for
// large products first. They differ in shape: few columns leave less of a narrow one idle.
// The description that a micro-kernel is given escapes to the heap, unless it lies in memory
// of the caller's own, such as a worker's scratch memory.
func Kernels(l isa.Level, dt dtypes.DType) []Micro {
	if list := native(l, dt); list != nil {
		return list
	}
	switch dt {
	case dtypes.Float32:
		return []Micro{{Rows: goRows, Cols: goCols, Do: blocked[float32]}}
	case dtypes.Float64:
		return []Micro{{Rows: goRows, Cols: goCols, Do: blocked[float64]}}
	}
	return nil
}

// Kernel is the first of [Kernels].
func Kernel(l isa.Level, dt dtypes.DType) Micro { return Kernels(l, dt)[0] }

// dots is the micro-kernel for sums along contiguous lines of both operands.
func dots(l isa.Level, dt dtypes.DType) Micro {
	if m := nativeDots(l, dt); m.Do != nil {
		return m
	}
	if dt == dtypes.Float32 {
		return Micro{dotRows, dotCols, plainDots[float32]}
	}
	return Micro{dotRows, dotCols, plainDots[float64]}
}
