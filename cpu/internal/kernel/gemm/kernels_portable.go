//go:build !amd64 || noasm

package gemm

import (
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
)

func native(isa.Level, dtypes.DType) []Micro { return nil }

func peakLoop(isa.Level, dtypes.DType) (func(int), int) { return nil, 0 }

func turnLanes(isa.Level, dtypes.DType) int { return 0 }

func turnLines(isa.Level, dtypes.DType, *turn) {}

func nativeDots(isa.Level, dtypes.DType) Micro { return Micro{} }
