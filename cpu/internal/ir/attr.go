package ir

import (
	"unsafe"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
)

// Attributes of operations, by the names of package compute. An operation that is not
// mentioned has none: what it needs stands in the shapes of its inputs and outputs (Reshape,
// ConvertDType, Bitcast, BroadcastInDim's target, RNGBitGenerator's values, …).

// Param is the attribute of Parameter.
type Param struct {
	// Name is the caller's, Index the place among the graph's parameters.
	Name  string
	Index int
}

// Literal is the attribute of Constant: the elements in row-major order, in memory that nobody
// changes.
type Literal struct {
	// Data holds Bytes bytes.
	Data  unsafe.Pointer
	Bytes int
}

// Axes is the attribute of Transpose (the permutation), Reverse, the Reduce family (never
// empty: all axes are listed) and BroadcastInDim (the output axis of each input axis).
type Axes []int

// Axis is the attribute of Concatenate and Iota, and of FusedSoftmax.
type Axis int

// Slice is the attribute of Slice; every field has one entry an axis.
type Slice struct {
	// Elements Starts, Starts + Strides, … before Limits.
	Starts, Limits, Strides []int
}

// Pad is the attribute of Pad, one entry an axis. Inputs: operand, fill value.
type Pad []compute.PadAxis

// ArgMinMax is the attribute of ArgMinMax.
type ArgMinMax struct {
	// Axis is the one that goes away; IsMin asks for the smallest element.
	Axis  int
	IsMin bool
}

// CumSum is the attribute of CumSum.
type CumSum struct {
	// Axis is the one summed along; Exclusive leaves the element itself out, Reverse begins at the end.
	Axis               int
	Exclusive, Reverse bool
}

// Dot is the attribute of DotGeneral.
type Dot struct {
	// The axes that are summed over, and those that both operands have, in the same order.
	LhsContract, LhsBatch, RhsContract, RhsBatch []int
	Config                                       compute.DotGeneralConfig
}

// Conv is the attribute of ConvGeneral; every list has one entry a spatial axis.
type Conv struct {
	// As for compute.Function.ConvGeneral, with nothing left out.
	Axes                       compute.ConvolveAxesConfig
	Strides                    []int
	Paddings                   [][2]int
	InputDilations             []int
	KernelDilations            []int
	ChannelGroups, BatchGroups int // at least 1
}

// Gather is the attribute of Gather.
type Gather struct {
	// As for compute.Function.Gather.
	IndexVectorAxis                                       int
	OffsetOutputAxes, CollapsedAxes, StartIndexMap, Sizes []int
	Sorted                                                bool
}

// Scatter is the attribute of ScatterSum, ScatterMax and ScatterMin. Inputs: operand, indices,
// updates.
type Scatter struct {
	// As for compute.Function.ScatterSum.
	IndexVectorAxis                             int
	UpdateWindowAxes, InsertedAxes, OperandAxes []int
	Sorted, Unique                              bool
}

// Window is the attribute of ReduceWindow and of SelectAndScatterMax, Min and Sum (which use
// neither Reduce nor the dilations); every list has one entry an axis.
type Window struct {
	// As for compute.Function.ReduceWindow, with nothing left out.
	Reduce                                         compute.ReduceOpType
	Dims, Strides, InputDilations, WindowDilations []int
	Paddings                                       [][2]int
}

// DynamicSlice is the attribute of DynamicSlice. Inputs: operand, one scalar an axis.
// DynamicUpdateSlice has none; its inputs are operand, update, one scalar an axis.
type DynamicSlice struct {
	// Sizes has one entry an axis.
	Sizes []int
}

// FFT is the attribute of FFT.
type FFT struct {
	// As for compute.Function.FFT.
	Kind   compute.FFTType
	Length []int
}

// BatchNorm is the attribute of the three BatchNorm operations.
type BatchNorm struct {
	// Epsilon is added to the variance; Axis is that of the features.
	Epsilon float32
	Axis    int
}

// Sort is the attribute of Sort. Inputs: the tensors, then what the comparator captures; the
// comparator's parameters are the 2N scalars, then the captures.
type Sort struct {
	// The axis, whether equal elements keep their order, and the number of tensors.
	Axis       int
	Stable     bool
	Tensors    int
	Comparator *Graph
}

// While is the attribute of While. Inputs: the state, what the condition captures, what the
// body captures. The parameters of each graph are the state, then its captures.
type While struct {
	// State is the number of values of the state, the others those that each graph captures.
	State                      int
	CondCaptures, BodyCaptures int
	Cond, Body                 *Graph
}

// If is the attribute of If. Inputs: the predicate, what the first branch captures, what the
// second captures. The parameters of each graph are its captures.
type If struct {
	// The number of values that each branch captures.
	TrueCaptures, FalseCaptures int
	True, False                 *Graph
}

// Attention is the attribute of FusedScaledDotProductAttention and of its VJP. Inputs of the
// first: query, key, value and the mask if there is one. Outputs: result and the log-sum-exp of
// every row. Inputs of the VJP: query, key, value, mask if any, result, log-sum-exp, gradient of
// the result.
type Attention struct {
	// Layout orders the axes; Scale multiplies QKᵀ; Causal hides later keys.
	Layout  compute.AttentionAxesLayout
	Scale   float64
	Causal  bool
	HasMask bool
}

// Gemm is the attribute of OpGemm: a DotGeneral whose product goes, tile by tile, into a
// region as load number Load of it, and is not stored itself. Inputs: lhs, rhs, then what the
// other loads read. Outputs: what the region stores.
type Gemm struct {
	// Load is an index of Region.Loads.
	Dot    Dot
	Region *tile.Spec
	Load   int
}

// ConvStep is the attribute of OpConv: a ConvGeneral followed by a region as in [Gemm].
type ConvStep struct {
	// Load is an index of Region.Loads.
	Conv   Conv
	Region *tile.Spec
	Load   int
}

// Adam is the attribute of OpAdam. Inputs: of every array, w, m, v and its gradient; then the
// scalars that adam.Scalars lists, the gradients' scale if Scaled, the guard if Guarded. Outputs:
// of every array, the new w, m and v.
type Adam struct {
	Arrays  int  // that are updated
	Scaled  bool // the gradients are multiplied by a scalar
	Guarded bool // where the guard is false everything stays
}

// View is the attribute of View: element (i₀, i₁, …) of the output is element
// Offset + Σ iₖ·Stridesₖ of the input's memory, counted in elements. Strides may be 0 or negative.
type View struct {
	// Both are counted in elements; Strides has one entry an axis of the output.
	Offset  int
	Strides []int
}
