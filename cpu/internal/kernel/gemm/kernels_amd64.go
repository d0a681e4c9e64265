//go:build amd64 && !noasm

package gemm

import (
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

//go:generate go run -C ../../avo ./gemm -pkg gemm -out ../kernel/gemm/zz_micro_amd64.s -stubs ../kernel/gemm/zz_micro_amd64.go

var (
	avx512Single = []Micro{{14, 32, tile14x32f32avx512}, {9, 48, tile9x48f32avx512}, {28, 16, tile28x16f32avx512}}
	avx512Double = []Micro{{14, 16, tile14x16f64avx512}, {9, 24, tile9x24f64avx512}, {28, 8, tile28x8f64avx512}}
	avx2Single   = []Micro{{6, 16, tile6x16f32avx2}, {4, 24, tile4x24f32avx2}, {12, 8, tile12x8f32avx2}}
	avx2Double   = []Micro{{6, 8, tile6x8f64avx2}, {4, 12, tile4x12f64avx2}, {12, 4, tile12x4f64avx2}}
)

// native lists the micro-kernels in assembly; nil where there are none.
func native(l isa.Level, dt dtypes.DType) []Micro {
	switch {
	case l == isa.AVX512 && dt == dtypes.Float32:
		return avx512Single
	case l == isa.AVX512 && dt == dtypes.Float64:
		return avx512Double
	case l == isa.AVX2 && dt == dtypes.Float32:
		return avx2Single
	case l == isa.AVX2 && dt == dtypes.Float64:
		return avx2Double
	}
	return nil
}

// peakLoop is the loop of fused multiply-adds and the floating-point operations of one of
// its turns: two for each element of 14 vectors.
func peakLoop(l isa.Level, dt dtypes.DType) (loop func(int), flop int) {
	lanes := map[isa.Level]int{isa.AVX2: 32, isa.AVX512: 64}[l] / dt.Size()
	switch {
	case l == isa.AVX512 && dt == dtypes.Float32:
		loop = peakf32avx512
	case l == isa.AVX512 && dt == dtypes.Float64:
		loop = peakf64avx512
	case l == isa.AVX2 && dt == dtypes.Float32:
		loop = peakf32avx2
	case l == isa.AVX2 && dt == dtypes.Float64:
		loop = peakf64avx2
	}
	return loop, 2 * 14 * lanes
}

// turnLanes is the number of lines that turnLines takes; 0 without assembly.
func turnLanes(l isa.Level, dt dtypes.DType) int {
	switch l {
	case isa.AVX512:
		return 64 / dt.Size()
	case isa.AVX2:
		return 32 / dt.Size()
	}
	return 0
}

// turnLines transposes lines.
func turnLines(l isa.Level, dt dtypes.DType, t *turn) {
	switch {
	case l == isa.AVX512 && dt == dtypes.Float32:
		transposef32avx512(t)
	case l == isa.AVX512:
		transposef64avx512(t)
	case dt == dtypes.Float32:
		transposef32avx2(t)
	default:
		transposef64avx2(t)
	}
}

// nativeDots is [plainDots] in assembly, without Do where there is none.
func nativeDots(l isa.Level, dt dtypes.DType) Micro {
	switch {
	case l == isa.AVX512 && dt == dtypes.Float32:
		return Micro{3, dotCols, dotsf32avx512}
	case l == isa.AVX512 && dt == dtypes.Float64:
		return Micro{3, dotCols, dotsf64avx512}
	case l == isa.AVX2 && dt == dtypes.Float32:
		return Micro{2, dotCols, dotsf32avx2}
	case l == isa.AVX2 && dt == dtypes.Float64:
		return Micro{2, dotCols, dotsf64avx2}
	}
	return Micro{}
}
