// Package tile is the elementwise machine: it computes a fused region of elementwise
// operations and reductions tile by tile, so that everything between the loads and the stores
// stays in the first-level cache.
package tile

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
)

// Spec is a region: a loop over an iteration space whose body is straight-line code over
// registers. Registers 0 … len(Loads)−1 are the loads, the result of Code[i] is register
// len(Loads)+i.
//
// The arguments of the region's kernel are its stores, then its loads. A plain store may have
// the address of loads whose strides and element size equal its own: every element is read
// before it is written. Stores may not overlap anything else.
type Spec struct {
	Dims   []int   // the iteration space, outermost axis first; empty for one scalar
	Loads  []Load  // what is read
	Code   []Instr // what is computed
	Stores []Store // what is written

	// RowAxes is the number of innermost dimensions that make up a row, for instructions of the
	// Reduce family: such an instruction reduces A over its row and gives every element of the
	// row the result. 0 where there are none. The axes of a row must be one run of memory in
	// every operand that changes along them, or a single axis. The result is stored once a row
	// as its own ReduceMax over the row.
	RowAxes int
}

// Load reads an operand: element (i₀, i₁, …) of the iteration space is element Σ iₖ·Stridesₖ
// after the argument's address. A stride of 0 broadcasts; a stride may be negative.
type Load struct {
	DType   dtypes.DType // of the elements
	Strides []int        // in elements, one a dimension
}

// Instr computes a register from up to three others. The operations are the elementwise ones
// of package compute, with operands in the order of its methods (Where: condition, onTrue,
// onFalse; Clamp: min, x, max), ConvertDType, the Reduce family over rows, and those below.
type Instr struct {
	Op      compute.OpType // the operation
	DType   dtypes.DType   // of the operands (of onTrue for Where)
	To      dtypes.DType   // of the result
	A, B, C int            // operand registers; unused ones are −1
}

// Operations of float32 and float64 that package compute does not name.
const (
	MulAdd   = compute.OpTypeLast + 100 + iota // a·b + c, rounded once
	ReLU                                       // max(a, 0), with NaN for NaN
	ReLUGrad                                   // a where b > 0, else 0
	Silu                                       // a·logistic(a)

	// LogitsLoss is the negative Bernoulli log-likelihood max(a, 0) − a·b + ln(1 + e^−|a|) of
	// targets b given logits a, LogitsGrad its derivative logistic(a) − b with respect to a; both
	// of float32. They are computed together where the operands are the same.
	LogitsLoss
	LogitsGrad
)

// Store writes a register, or its reduction over some of the dimensions.
type Store struct {
	Reg   int          // the register
	DType dtypes.DType // its type

	// Reduce is OpTypeInvalid for a plain store, else OpTypeReduceSum, …Product, …Max, …Min,
	// …LogicalAnd, …LogicalOr or another of the Reduce family. A sum of float32 is taken in
	// float32, in an order that depends on Dims alone.
	Reduce compute.OpType
	Over   []bool // which dimensions are reduced; nil for a plain store

	// Strides places element (i₀, i₁, …) at Σ iₖ·Stridesₖ; it is 0 where Over is true.
	Strides []int
}
