package cpu

import (
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapeinference"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// reduce records a reduction over axes, all of them if none is named.
func (f *Function) reduce(op compute.OpType, x compute.Value, axes []int) (compute.Value, error) {
	in, err := f.use(op, x)
	if err != nil {
		return nil, err
	}
	s := in[0].Shape
	if logical, ok := logicalReduction[op]; ok && s.DType == dtypes.Bool {
		op = logical
	}
	if err := reducible(op, s.DType); err != nil {
		return nil, err
	}
	axes = slices.Clone(axes)
	if len(axes) == 0 {
		for i := range s.Rank() {
			axes = append(axes, i)
		}
	}
	slices.Sort(axes)
	if len(slices.Compact(slices.Clone(axes))) != len(axes) {
		return nil, errors.Errorf("cpu: %s: axes %v: one is repeated", op, axes)
	}
	for _, a := range axes {
		if a < 0 || a >= s.Rank() {
			return nil, errors.Errorf("cpu: %s: axis %d of shape %s: want 0 to %d", op, a, s, s.Rank()-1)
		}
	}
	if len(axes) == 0 {
		return f.Identity(x)
	}
	out, err := shapeinference.Reduce(s, axes)
	if err != nil {
		return nil, errors.WithMessagef(err, "cpu: %s", op)
	}
	return f.node(op, ir.Axes(axes), out, in...)
}

// logicalReduction holds what the order of false and true makes of reductions of bools.
var logicalReduction = map[compute.OpType]compute.OpType{
	compute.OpTypeReduceMax: compute.OpTypeReduceLogicalOr, compute.OpTypeReduceProduct: compute.OpTypeReduceLogicalAnd,
	compute.OpTypeReduceMin: compute.OpTypeReduceLogicalAnd,
}

// reducible gives an error where the data type does not fit a reduction.
func reducible(op compute.OpType, t dtypes.DType) error {
	name, ok := op.String(), true
	switch {
	case strings.HasPrefix(name, "ReduceLogical"):
		ok = t == dtypes.Bool
	case strings.HasPrefix(name, "ReduceBitwise"):
		ok = t.IsInt()
	default:
		ok = t.IsInt() || t.IsFloat()
	}
	if !ok {
		return errors.Errorf("cpu: %s: got data type %s", op, t)
	}
	return nil
}

// ArgMinMax gives the index of the smallest or the largest element along an axis, the first of
// equal ones; a NaN comes before all numbers.
func (f *Function) ArgMinMax(x compute.Value, axis int, dtype dtypes.DType, isMin bool) (compute.Value, error) {
	in, err := f.use(compute.OpTypeArgMinMax, x)
	if err != nil {
		return nil, err
	}
	if in[0].Shape.DType == dtypes.Bool {
		c := chain{f: f}
		return c.do(f.ArgMinMax(c.do(f.ConvertDType(x, dtypes.Uint8)), axis, dtype, isMin)), c.err
	}
	out, err := shapeinference.ArgMinMax(in[0].Shape, axis, dtype)
	if err != nil {
		return nil, errors.WithMessage(err, "cpu: ArgMinMax")
	}
	return f.node(compute.OpTypeArgMinMax, ir.ArgMinMax{Axis: axis, IsMin: isMin}, out, in...)
}

// CumSum gives the running sum along an axis.
func (f *Function) CumSum(x compute.Value, axis int, options compute.CumSumOptions) (compute.Value, error) {
	in, err := f.use(compute.OpTypeCumSum, x)
	if err != nil {
		return nil, err
	}
	out, err := shapeinference.CumSum(in[0].Shape, axis)
	if err != nil {
		return nil, errors.WithMessage(err, "cpu: CumSum")
	}
	return f.node(compute.OpTypeCumSum, ir.CumSum{Axis: axis, Exclusive: options.Exclusive, Reverse: options.Reverse}, out, in...)
}

// ReduceBitwiseAnd gives the bits that are set in all elements along the axes.
func (f *Function) ReduceBitwiseAnd(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce(compute.OpTypeReduceBitwiseAnd, x, axes)
}

// ReduceBitwiseOr gives the bits that are set in any element along the axes.
func (f *Function) ReduceBitwiseOr(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce(compute.OpTypeReduceBitwiseOr, x, axes)
}

// ReduceBitwiseXor gives the bits that are set in an odd number of elements along the axes.
func (f *Function) ReduceBitwiseXor(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce(compute.OpTypeReduceBitwiseXor, x, axes)
}

// ReduceLogicalAnd gives whether all elements are true along the axes.
func (f *Function) ReduceLogicalAnd(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce(compute.OpTypeReduceLogicalAnd, x, axes)
}

// ReduceLogicalOr gives whether any element is true along the axes.
func (f *Function) ReduceLogicalOr(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce(compute.OpTypeReduceLogicalOr, x, axes)
}

// ReduceLogicalXor gives whether an odd number of elements is true along the axes.
func (f *Function) ReduceLogicalXor(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce(compute.OpTypeReduceLogicalXor, x, axes)
}

// ReduceMax gives the largest element along the axes.
func (f *Function) ReduceMax(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce(compute.OpTypeReduceMax, x, axes)
}

// ReduceMin gives the smallest element along the axes.
func (f *Function) ReduceMin(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce(compute.OpTypeReduceMin, x, axes)
}

// ReduceProduct gives the product of the elements along the axes.
func (f *Function) ReduceProduct(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce(compute.OpTypeReduceProduct, x, axes)
}

// ReduceSum gives the sum of the elements along the axes.
func (f *Function) ReduceSum(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce(compute.OpTypeReduceSum, x, axes)
}
