package cpu

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapeinference"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// DynamicDimensionSize gives the length of an axis as an int32 scalar.
func (f *Function) DynamicDimensionSize(x compute.Value, axis int) (compute.Value, error) {
	in, err := f.use(compute.OpTypeDynamicDimensionSize, x)
	if err != nil {
		return nil, err
	}
	s := in[0].Shape
	if axis < 0 || axis >= s.Rank() {
		return nil, errors.Errorf("cpu: DynamicDimensionSize: axis %d of %s", axis, s)
	}
	if size := s.Dimensions[axis]; size != shapes.DynamicDim {
		return f.Constant([]int32{int32(size)})
	}
	return f.node(compute.OpTypeDynamicDimensionSize, ir.Axis(axis), shapes.Make(dtypes.Int32), in...)
}

// DynamicShape gives the dimensions as a vector of int32.
func (f *Function) DynamicShape(x compute.Value) (compute.Value, error) {
	in, err := f.use(compute.OpTypeDynamicShape, x)
	if err != nil {
		return nil, err
	}
	s := in[0].Shape
	if s.IsDynamic() {
		return f.node(compute.OpTypeDynamicShape, nil, shapes.Make(dtypes.Int32, s.Rank()), in...)
	}
	dims := make([]int32, s.Rank())
	for i, d := range s.Dimensions {
		dims[i] = int32(d)
	}
	return f.Constant(dims, s.Rank())
}

// targets turns target dimensions into an attribute, and adds the values in them to the inputs.
// A size that is computed becomes static where it is known already; where it depends on data it
// is refused.
func (f *Function) targets(op compute.OpType, specs []compute.DynamicDimensionSpec, in []*ir.Value) ([]ir.Dim, []compute.DynamicDimensionSpec, []*ir.Value, error) {
	dims, specs := make([]ir.Dim, len(specs)), slices.Clone(specs)
	for i, s := range specs {
		dims[i] = ir.Dim{Static: s.Static, Name: s.Name, Input: -1}
		if s.Value == nil {
			continue
		}
		size, known, v, err := f.size(op, s.Value)
		switch {
		case err != nil:
			return nil, nil, nil, errors.WithMessagef(err, "dimension %d", i)
		case known && s.Name != "":
			dims[i] = ir.Dim{Static: size, Input: -1}
			specs[i] = compute.DynamicDimensionSpec{Static: size}
		default:
			dims[i].Input = len(in)
			in = append(in, v)
		}
	}
	return dims, specs, in, nil
}

// size gives the number in a scalar if it is known, else its value.
func (f *Function) size(op compute.OpType, x compute.Value) (size int, known bool, v *ir.Value, err error) {
	in, err := f.use(op, x)
	if err != nil {
		return 0, false, nil, err
	}
	if in[0].Shape.Size() != 1 || !in[0].Shape.DType.IsInt() {
		return 0, false, nil, errors.Errorf("cpu: %s: a size: got %s, want an integer scalar", op, in[0].Shape)
	}
	size, known, err = f.fold(in[0])
	return size, known, in[0], err
}

// DynamicReshape gives x with dimensions that may be computed from others.
func (f *Function) DynamicReshape(x compute.Value, specs ...compute.DynamicDimensionSpec) (compute.Value, error) {
	const op = compute.OpTypeDynamicReshape
	in, err := f.use(op, x)
	if err != nil {
		return nil, err
	}
	if len(specs) == 0 {
		return f.Reshape(x)
	}
	dims, specs, in, err := f.targets(op, specs, in)
	if err != nil {
		return nil, err
	}
	out, err := shapeinference.DynamicReshape(in[0].Shape, specs)
	if err != nil {
		return nil, errors.WithMessagef(err, "cpu: %s", op)
	}
	if !out.IsDynamic() && !in[0].Shape.IsDynamic() {
		return f.Reshape(x, out.Dimensions...)
	}
	return f.node(op, ir.DynamicDims{Dims: dims}, out, in...)
}

// DynamicBroadcastInDim is BroadcastInDim to dimensions that may be computed from others.
func (f *Function) DynamicBroadcastInDim(x compute.Value, axes []int, specs ...compute.DynamicDimensionSpec) (compute.Value, error) {
	const op = compute.OpTypeDynamicBroadcastInDim
	in, err := f.use(op, x)
	if err != nil {
		return nil, err
	}
	dims, specs, in, err := f.targets(op, specs, in)
	if err != nil {
		return nil, err
	}
	out, err := shapeinference.DynamicBroadcastInDim(in[0].Shape, axes, specs, f.builder.axes)
	if err != nil {
		return nil, errors.WithMessagef(err, "cpu: %s", op)
	}
	if !out.IsDynamic() {
		return f.BroadcastInDim(x, out, axes)
	}
	return f.node(op, ir.DynamicDims{Dims: dims, Axes: slices.Clone(axes)}, out, in...)
}

// DynamicIota is Iota with dimensions that may be computed from others.
func (f *Function) DynamicIota(dtype dtypes.DType, axis int, specs ...compute.DynamicDimensionSpec) (compute.Value, error) {
	const op = compute.OpTypeDynamicIota
	if err := f.open("DynamicIota"); err != nil {
		return nil, err
	}
	dims, specs, in, err := f.targets(op, specs, nil)
	if err != nil {
		return nil, err
	}
	out, err := shapeinference.DynamicIota(dtype, axis, specs, f.builder.axes)
	if err != nil {
		return nil, errors.WithMessagef(err, "cpu: %s", op)
	}
	if !out.IsDynamic() {
		return f.Iota(out, axis)
	}
	return f.node(op, ir.DynamicDims{Dims: dims, Axes: []int{axis}}, out, in...)
}

// DynamicPad is Pad with amounts that may be computed from dimensions.
func (f *Function) DynamicPad(x, fill compute.Value, axes ...compute.DynamicPadAxis) (compute.Value, error) {
	const op = compute.OpTypeDynamicPad
	in, err := f.use(op, x, fill)
	if err != nil {
		return nil, err
	}
	axes, a := slices.Clone(axes), ir.DynamicPad{}
	for i := range axes {
		var sizes [3]ir.PadSize
		for j, p := range []struct {
			static *int
			value  *compute.Value
		}{{&axes[i].Start, &axes[i].StartValue}, {&axes[i].End, &axes[i].EndValue}, {&axes[i].Interior, &axes[i].InteriorValue}} {
			sizes[j] = ir.PadSize{Static: *p.static, Input: -1}
			if *p.value == nil {
				continue
			}
			size, known, v, err := f.size(op, *p.value)
			switch {
			case err != nil:
				return nil, errors.WithMessagef(err, "axis %d", i)
			case known:
				*p.static, *p.value = size, nil
				sizes[j].Static = size
			default:
				sizes[j].Input = len(in)
				in = append(in, v)
			}
		}
		a.Sizes, a.Names = append(a.Sizes, sizes), append(a.Names, axes[i].TargetAxisName)
	}
	out, err := shapeinference.DynamicPad(in[0].Shape, axes...)
	if err != nil {
		return nil, errors.WithMessagef(err, "cpu: %s", op)
	}
	if !out.IsDynamic() && !in[0].Shape.IsDynamic() && len(in) == 2 {
		plain := make([]compute.PadAxis, len(axes))
		for i, s := range a.Sizes {
			plain[i] = compute.PadAxis{Start: s[0].Static, End: s[1].Static, Interior: s[2].Static}
		}
		return f.Pad(x, fill, plain...)
	}
	return f.node(op, a, out, in...)
}
