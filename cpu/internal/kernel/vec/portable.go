//go:build !amd64 || noasm

package vec

import (
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

// Without assembly every operation is the plain loop.

func fast(isa.Level, compute.OpType, dtypes.DType) Fn { return nil }

func fastConvert(_ isa.Level, _, _ dtypes.DType) Fn { return nil }

func fastFill(isa.Level, int) Fn { return nil }

func fastStridedLoad(isa.Level, int) Strided { return nil }

func fastExtra(isa.Level, Op, dtypes.DType) Fn { return nil }

func fastReduce(isa.Level, compute.OpType, dtypes.DType) Reducer { return nil }

func fastPair(isa.Level, pair, dtypes.DType) PairReducer { return nil }

func fastAdam(isa.Level) AdamFn { return nil }

func fastRow(isa.Level, *Row) {}

func fastLogitsLoss(isa.Level) LossFn { return nil }
