package tile

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel/vec"
)

// Limits of a region; a larger one is an error of [New].
const (
	maxDims  = 8    // dimensions left after merging
	maxRegs  = 128  // operands, stores and live intermediate results together, and one; a power of 2
	maxOps   = 64   // loads and stores, a power of 2
	maxReds  = 16   // reductions
	maxRow   = 8192 // elements of a row that a row program keeps
	maxElems = math.MaxInt / 64

	none = maxRegs - 1 // the place in machine.ptr of operands that an instruction lacks: nil
)

// isReduce reports whether an operation belongs to the Reduce family.
func isReduce(op compute.OpType) bool {
	return merger(op, dtypes.InvalidDType) != compute.OpTypeInvalid
}

// merger is the elementwise operation that merges two results of a reduction.
func merger(reduce compute.OpType, dt dtypes.DType) compute.OpType {
	switch reduce {
	case compute.OpTypeReduceSum:
		return compute.OpTypeAdd
	case compute.OpTypeReduceProduct:
		return compute.OpTypeMul
	case compute.OpTypeReduceMax:
		if dt == dtypes.Bool {
			return compute.OpTypeLogicalOr
		}
		return compute.OpTypeMax
	case compute.OpTypeReduceMin:
		if dt == dtypes.Bool {
			return compute.OpTypeLogicalAnd
		}
		return compute.OpTypeMin
	case compute.OpTypeReduceBitwiseAnd:
		return compute.OpTypeBitwiseAnd
	case compute.OpTypeReduceBitwiseOr:
		return compute.OpTypeBitwiseOr
	case compute.OpTypeReduceBitwiseXor:
		return compute.OpTypeBitwiseXor
	case compute.OpTypeReduceLogicalAnd:
		return compute.OpTypeLogicalAnd
	case compute.OpTypeReduceLogicalOr:
		return compute.OpTypeLogicalOr
	case compute.OpTypeReduceLogicalXor:
		return compute.OpTypeLogicalXor
	}
	return compute.OpTypeInvalid
}

// accumulator is the type in which a reduction is taken: float32 for half precision.
func accumulator(dt dtypes.DType) dtypes.DType {
	if dt == dtypes.Float16 || dt == dtypes.BFloat16 {
		return dtypes.Float32
	}
	return dt
}

// operation finds the loop that computes an instruction, or nil. Row reductions have none.
func operation(l isa.Level, in Instr) vec.Fn {
	if op, ok := extras[in.Op]; ok {
		return vec.Extra(l, op, in.DType)
	}
	switch in.Op {
	case LogitsLoss, LogitsGrad:
		return logits(l, in)
	case compute.OpTypeConvertDType:
		return vec.Convert(l, in.DType, in.To)
	}
	return vec.Lookup(l, in.Op, in.DType)
}

// extras are the operations that package vec has besides those of package compute.
var extras = map[compute.OpType]vec.Op{MulAdd: vec.MulAdd, ReLU: vec.ReLU, ReLUGrad: vec.ReLUGrad, Silu: vec.Silu}

// logits is the loss of logits or its derivative. What is not wanted goes to c, a spare slot.
func logits(l isa.Level, in Instr) vec.Fn {
	if in.DType != dtypes.Float32 {
		return nil
	}
	both := vec.LogitsLoss(l)
	if in.Op == LogitsGrad {
		return func(dst, a, b, c unsafe.Pointer, n int) { both(c, dst, a, b, n) }
	}
	return func(dst, a, b, c unsafe.Pointer, n int) { both(dst, c, a, b, n) }
}

// operands counts the registers that an instruction reads: A, B and C in this order.
func (in Instr) operands() int {
	switch {
	case in.A < 0:
		return 0
	case in.B < 0:
		return 1
	case in.C < 0:
		return 2
	}
	return 3
}

// arity is the number of operands that an operation wants.
func arity(op compute.OpType) int {
	switch op {
	case compute.OpTypeWhere, compute.OpTypeClamp, MulAdd:
		return 3
	case compute.OpTypeAdd, compute.OpTypeSub, compute.OpTypeMul, compute.OpTypeDiv, compute.OpTypeRem,
		compute.OpTypePow, ReLUGrad, LogitsLoss, LogitsGrad, compute.OpTypeMax, compute.OpTypeMin, compute.OpTypeAtan2,
		compute.OpTypeBitwiseAnd, compute.OpTypeBitwiseOr, compute.OpTypeBitwiseXor,
		compute.OpTypeLogicalAnd, compute.OpTypeLogicalOr, compute.OpTypeLogicalXor,
		compute.OpTypeShiftLeft, compute.OpTypeShiftRightArithmetic, compute.OpTypeShiftRightLogical,
		compute.OpTypeEqual, compute.OpTypeNotEqual, compute.OpTypeLessThan, compute.OpTypeLessOrEqual,
		compute.OpTypeGreaterThan, compute.OpTypeGreaterOrEqual,
		compute.OpTypeEqualTotalOrder, compute.OpTypeNotEqualTotalOrder,
		compute.OpTypeLessThanTotalOrder, compute.OpTypeLessOrEqualTotalOrder,
		compute.OpTypeGreaterThanTotalOrder, compute.OpTypeGreaterOrEqualTotalOrder:
		return 2
	}
	return 1
}

// check finds what is wrong with a spec, or what this package cannot do.
func check(l isa.Level, s Spec) error {
	size := 1
	for i, d := range s.Dims {
		if d < 0 || d > maxElems/size {
			return fmt.Errorf("tile: dimension %d: got %d", i, d)
		}
		size *= max(d, 1)
	}
	if s.RowAxes < 0 || s.RowAxes > len(s.Dims) {
		return fmt.Errorf("tile: row axes: got %d of %d", s.RowAxes, len(s.Dims))
	}
	for i, ld := range s.Loads {
		if len(ld.Strides) != len(s.Dims) || !movable(ld.DType) {
			return fmt.Errorf("tile: load %d: got %d strides for %d dimensions of %v", i, len(ld.Strides), len(s.Dims), ld.DType)
		}
	}
	for i, in := range s.Code {
		if err := checkInstr(l, s, i, in); err != nil {
			return err
		}
	}
	for i, st := range s.Stores {
		if err := checkStore(l, s, st); err != nil {
			return fmt.Errorf("tile: store %d: %w", i, err)
		}
	}
	return nil
}

// movable reports whether elements of a type can be moved one by one.
func movable(dt dtypes.DType) bool {
	return dt != dtypes.InvalidDType && vec.Copy(isa.Portable, dt.Size()) != nil && !dt.IsPacked()
}

func checkInstr(l isa.Level, s Spec, i int, in Instr) error {
	for _, r := range [3]int{in.A, in.B, in.C} {
		if r < -1 || r >= len(s.Loads)+i {
			return fmt.Errorf("tile: instruction %d: register %d is not defined before it", i, r)
		}
	}
	switch {
	case in.operands() != arity(in.Op):
		return fmt.Errorf("tile: instruction %d: %v: got %d operands, want %d", i, in.Op, in.operands(), arity(in.Op))
	case isReduce(in.Op):
		if s.RowAxes == 0 || in.To != in.DType || vec.Reduce(l, in.Op, accumulator(in.DType)) == nil {
			return fmt.Errorf("tile: instruction %d: no %v of %v over %d axes", i, in.Op, in.DType, s.RowAxes)
		}
	case operation(l, in) == nil:
		return fmt.Errorf("tile: instruction %d: no %v of %v", i, in.Op, in.DType)
	}
	return nil
}

func checkStore(l isa.Level, s Spec, st Store) error {
	if st.Reg < 0 || st.Reg >= len(s.Loads)+len(s.Code) {
		return fmt.Errorf("register %d is not defined", st.Reg)
	}
	if len(st.Strides) != len(s.Dims) || !movable(st.DType) {
		return fmt.Errorf("got %d strides for %d dimensions of %v", len(st.Strides), len(s.Dims), st.DType)
	}
	if got := typeOf(s, st.Reg); got != st.DType {
		return fmt.Errorf("got type %v of a register of %v", st.DType, got)
	}
	if st.Reduce == compute.OpTypeInvalid {
		return nil
	}
	if len(st.Over) != len(s.Dims) {
		return fmt.Errorf("%v: got %d flags for %d dimensions", st.Reduce, len(st.Over), len(s.Dims))
	}
	for i, over := range st.Over {
		if over && st.Strides[i] != 0 {
			return fmt.Errorf("%v: dimension %d: got stride %d where it is reduced, want 0", st.Reduce, i, st.Strides[i])
		}
	}
	if vec.Reduce(l, st.Reduce, accumulator(st.DType)) == nil {
		return fmt.Errorf("no %v of %v", st.Reduce, st.DType)
	}
	return nil
}

// typeOf is the type of a register.
func typeOf(s Spec, reg int) dtypes.DType {
	if reg < len(s.Loads) {
		return s.Loads[reg].DType
	}
	return s.Code[reg-len(s.Loads)].To
}
