package cpu

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapeinference"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// binary records an elementwise operation on two operands. A scalar, and an axis of length 1,
// is repeated along the other operand.
func (f *Function) binary(op compute.OpType, a, b compute.Value) (compute.Value, error) {
	in, err := f.use(op, a, b)
	if err != nil {
		return nil, err
	}
	out, err := shapeinference.BinaryOp(op, in[0].Shape, in[1].Shape)
	if err != nil {
		return nil, errors.WithMessagef(err, "cpu: %s", op)
	}
	return f.node(op, nil, out, f.spread(out, in)...)
}

// spread gives operands the dimensions of the output, with explicit broadcasts. Where an axis
// has no size yet that waits until it has one.
func (f *Function) spread(out shapes.Shape, in []*ir.Value) []*ir.Value {
	for i, v := range in {
		if out.IsDynamic() || slices.Equal(v.Shape.Dimensions, out.Dimensions) {
			continue
		}
		to := out.Clone()
		to.DType = v.Shape.DType
		axes := make(ir.Axes, v.Shape.Rank())
		for j := range axes {
			axes[j] = j
		}
		in[i] = f.record(compute.OpTypeBroadcastInDim, axes, []*ir.Value{v}, to)[0].(*value).Value
	}
	return in
}

// Add gives a + b.
func (f *Function) Add(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeAdd, a, b)
}

// Atan2 gives the angle of the point (b, a).
func (f *Function) Atan2(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeAtan2, a, b)
}

// BitwiseAnd gives the bits that are set in both.
func (f *Function) BitwiseAnd(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeBitwiseAnd, a, b)
}

// BitwiseOr gives the bits that are set in either.
func (f *Function) BitwiseOr(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeBitwiseOr, a, b)
}

// BitwiseXor gives the bits that are set in one.
func (f *Function) BitwiseXor(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeBitwiseXor, a, b)
}

// Div gives a / b.
func (f *Function) Div(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeDiv, a, b)
}

// LogicalAnd gives true where both are.
func (f *Function) LogicalAnd(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeLogicalAnd, a, b)
}

// LogicalOr gives true where either is.
func (f *Function) LogicalOr(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeLogicalOr, a, b)
}

// LogicalXor gives true where one is.
func (f *Function) LogicalXor(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeLogicalXor, a, b)
}

// Max gives the larger, or NaN if either is.
func (f *Function) Max(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeMax, a, b)
}

// Min gives the smaller, or NaN if either is.
func (f *Function) Min(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeMin, a, b)
}

// Mul gives a · b.
func (f *Function) Mul(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeMul, a, b)
}

// Pow gives a to the power b.
func (f *Function) Pow(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypePow, a, b)
}

// Rem gives the remainder of a / b, with the sign of a.
func (f *Function) Rem(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeRem, a, b)
}

// Sub gives a − b.
func (f *Function) Sub(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeSub, a, b)
}

// ShiftLeft gives a shifted left by b bits.
func (f *Function) ShiftLeft(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeShiftLeft, a, b)
}

// ShiftRightArithmetic gives a shifted right by b bits, the sign kept.
func (f *Function) ShiftRightArithmetic(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeShiftRightArithmetic, a, b)
}

// ShiftRightLogical gives a shifted right by b bits, zeros moved in.
func (f *Function) ShiftRightLogical(a, b compute.Value) (compute.Value, error) {
	return f.binary(compute.OpTypeShiftRightLogical, a, b)
}
