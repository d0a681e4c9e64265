package cpu

import (
	"reflect"
	"slices"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapeinference"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
)

// Constant gives a tensor of the elements of a slice, which is copied.
func (f *Function) Constant(flat any, dims ...int) (compute.Value, error) {
	if err := f.open("Constant"); err != nil {
		return nil, err
	}
	t := reflect.TypeOf(flat)
	if t == nil || t.Kind() != reflect.Slice {
		return nil, errors.Errorf("cpu: Constant: got %T, want a slice of numbers or bools", flat)
	}
	for _, d := range dims {
		if d < 0 {
			return nil, errors.Errorf("cpu: Constant: got dimensions %v, want none below 0", dims)
		}
	}
	shape := shapes.Make(dtypes.FromGoType(t.Elem()), dims...)
	if err := checkShape(shape); err != nil {
		return nil, errors.WithMessage(err, "Constant")
	}
	from, err := flatBytes(flat, shape)
	if err != nil {
		return nil, errors.WithMessage(err, "Constant")
	}
	data := kernel.Alloc(len(from))
	copy(unsafe.Slice((*byte)(data), len(from)), from)
	return f.node(compute.OpTypeConstant, ir.Literal{Data: data, Bytes: len(from)}, shape)
}

// Iota gives the index of every element along an axis.
func (f *Function) Iota(shape shapes.Shape, axis int) (compute.Value, error) {
	if err := f.open("Iota"); err != nil {
		return nil, err
	}
	if axis < 0 || axis >= shape.Rank() {
		return nil, errors.Errorf("cpu: Iota: axis %d of shape %s: want 0 to %d", axis, shape, shape.Rank()-1)
	}
	if !shape.DType.IsInt() && !shape.DType.IsFloat() {
		return nil, errors.Errorf("cpu: Iota: got data type %s, want a number", shape.DType)
	}
	return f.node(compute.OpTypeIota, ir.Axis(axis), shape.Clone())
}

// Reshape gives x with other dimensions of the same product.
func (f *Function) Reshape(x compute.Value, dims ...int) (compute.Value, error) {
	in, err := f.use(compute.OpTypeReshape, x)
	if err != nil {
		return nil, err
	}
	for _, d := range dims {
		if d < 0 {
			return nil, errors.Errorf("cpu: Reshape: got dimensions %v, want none below 0", dims)
		}
	}
	out, err := shapeinference.Reshape(in[0].Shape, slices.Clone(dims))
	if err != nil {
		return nil, errors.WithMessage(err, "cpu: Reshape")
	}
	return f.node(compute.OpTypeReshape, nil, out, in...)
}

// BroadcastInDim repeats x along the axes of a shape that broadcastAxes does not name, and along
// those where x has length 1.
func (f *Function) BroadcastInDim(x compute.Value, shape shapes.Shape, broadcastAxes []int) (compute.Value, error) {
	in, err := f.use(compute.OpTypeBroadcastInDim, x)
	if err != nil {
		return nil, err
	}
	if err := shapeinference.BroadcastInDim(in[0].Shape, shape, broadcastAxes, f.builder.axes); err != nil {
		return nil, errors.WithMessage(err, "cpu: BroadcastInDim")
	}
	if !slices.IsSorted(broadcastAxes) {
		return nil, errors.Errorf("cpu: BroadcastInDim: axes %v: want them ascending", broadcastAxes)
	}
	out := shape.Clone()
	out.DType = in[0].Shape.DType
	return f.node(compute.OpTypeBroadcastInDim, ir.Axes(slices.Clone(broadcastAxes)), out, in...)
}

// Transpose permutes the axes.
func (f *Function) Transpose(x compute.Value, permutation ...int) (compute.Value, error) {
	in, err := f.use(compute.OpTypeTranspose, x)
	if err != nil {
		return nil, err
	}
	out, err := shapeinference.Transpose(in[0].Shape, permutation)
	if err != nil {
		return nil, errors.WithMessage(err, "cpu: Transpose")
	}
	return f.node(compute.OpTypeTranspose, ir.Axes(slices.Clone(permutation)), out, in...)
}

// Reverse gives x with the order of the elements along the axes reversed.
func (f *Function) Reverse(x compute.Value, axes ...int) (compute.Value, error) {
	in, err := f.use(compute.OpTypeReverse, x)
	if err != nil {
		return nil, err
	}
	for _, a := range axes {
		if a < 0 || a >= in[0].Shape.Rank() {
			return nil, errors.Errorf("cpu: Reverse: axis %d of shape %s: want 0 to %d", a, in[0].Shape, in[0].Shape.Rank()-1)
		}
	}
	return f.node(compute.OpTypeReverse, ir.Axes(slices.Clone(axes)), in[0].Shape, in...)
}

// Slice gives the part of x from starts to before limits, each strides-th element of it.
func (f *Function) Slice(x compute.Value, starts, limits, strides []int) (compute.Value, error) {
	in, err := f.use(compute.OpTypeSlice, x)
	if err != nil {
		return nil, err
	}
	s := in[0].Shape
	if len(strides) == 0 {
		strides = ones(s.Rank())
	}
	if len(starts) != s.Rank() || len(limits) != s.Rank() || len(strides) != s.Rank() {
		return nil, errors.Errorf("cpu: Slice: starts %v, limits %v, strides %v: want one an axis of %s", starts, limits, strides, s)
	}
	out, err := shapeinference.Slice(s, starts, limits, strides)
	if err != nil {
		return nil, errors.WithMessage(err, "cpu: Slice")
	}
	a := ir.Slice{Starts: slices.Clone(starts), Limits: slices.Clone(limits), Strides: slices.Clone(strides)}
	for i, limit := range a.Limits {
		if limit == shapes.DynamicDim {
			a.Limits[i] = s.Dimensions[i]
		}
	}
	return f.node(compute.OpTypeSlice, a, out, in...)
}

// Pad adds fill before, after and between the elements of x; negative amounts take elements off.
func (f *Function) Pad(x, fill compute.Value, axes ...compute.PadAxis) (compute.Value, error) {
	in, err := f.use(compute.OpTypePad, x, fill)
	if err != nil {
		return nil, err
	}
	s := in[0].Shape
	if in[1].Shape.Rank() != 0 || in[1].Shape.DType != s.DType {
		return nil, errors.Errorf("cpu: Pad: fill: got %s, want a scalar of %s", in[1].Shape, s.DType)
	}
	out, err := shapeinference.Pad(s, axes...)
	if err != nil {
		return nil, errors.WithMessage(err, "cpu: Pad")
	}
	a := make(ir.Pad, s.Rank())
	copy(a, axes)
	for i, p := range a {
		if p.Interior < 0 || out.Dimensions[i] < 0 && s.Dimensions[i] >= 0 {
			return nil, errors.Errorf("cpu: Pad: axis %d of %s: got %+v", i, s, p)
		}
	}
	return f.node(compute.OpTypePad, a, out, in...)
}

// Concatenate joins operands along an axis.
func (f *Function) Concatenate(axis int, operands ...compute.Value) (compute.Value, error) {
	in, err := f.use(compute.OpTypeConcatenate, operands...)
	if err != nil {
		return nil, err
	}
	if len(in) == 1 {
		return f.values(in)[0], nil
	}
	all := make([]shapes.Shape, len(in))
	for i, v := range in {
		all[i] = v.Shape
	}
	out, err := shapeinference.Concatenate(all, axis)
	if err != nil {
		return nil, errors.WithMessage(err, "cpu: Concatenate")
	}
	return f.node(compute.OpTypeConcatenate, ir.Axis(axis), out, in...)
}

// Where gives onTrue where the condition holds, onFalse elsewhere.
func (f *Function) Where(condition, onTrue, onFalse compute.Value) (compute.Value, error) {
	in, err := f.use(compute.OpTypeWhere, condition, onTrue, onFalse)
	if err != nil {
		return nil, err
	}
	out, err := shapeinference.Where(in[0].Shape, in[1].Shape, in[2].Shape)
	if err != nil {
		return nil, errors.WithMessage(err, "cpu: Where")
	}
	return f.node(compute.OpTypeWhere, nil, out, f.spread(out, in)...)
}

// Clamp keeps x between low and high, which are scalars or have its shape.
func (f *Function) Clamp(low, x, high compute.Value) (compute.Value, error) {
	in, err := f.use(compute.OpTypeClamp, low, x, high)
	if err != nil {
		return nil, err
	}
	out, err := shapeinference.BinaryOp(compute.OpTypeMax, in[0].Shape, in[1].Shape)
	if err == nil {
		out, err = shapeinference.BinaryOp(compute.OpTypeMin, out, in[2].Shape)
	}
	if err != nil {
		return nil, errors.WithMessage(err, "cpu: Clamp")
	}
	return f.node(compute.OpTypeClamp, nil, out, f.spread(out, in)...)
}

func ones(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = 1
	}
	return out
}
