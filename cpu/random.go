package cpu

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"
)

// RNGBitGenerator gives the next state of the generator and a tensor of random bits.
func (f *Function) RNGBitGenerator(state compute.Value, shape shapes.Shape) (next, bits compute.Value, err error) {
	in, err := f.use(compute.OpTypeRNGBitGenerator, state)
	if err != nil {
		return nil, nil, err
	}
	s := in[0].Shape
	if s.DType != compute.RNGStateShape.DType || !slices.Equal(s.Dimensions, compute.RNGStateShape.Dimensions) {
		return nil, nil, errors.Errorf("cpu: RNGBitGenerator: state: got %s, want %s", s, compute.RNGStateShape)
	}
	if !shape.IsDynamic() {
		if err := checkShape(shape); err != nil {
			return nil, nil, errors.WithMessage(err, "RNGBitGenerator")
		}
	}
	out := f.record(compute.OpTypeRNGBitGenerator, nil, in, s, shape.Clone())
	return out[0], out[1], nil
}

// OptimizationBarrier gives its operands; no pass looks across it.
func (f *Function) OptimizationBarrier(operands ...compute.Value) ([]compute.Value, error) {
	in, err := f.use(compute.OpTypeOptimizationBarrier, operands...)
	if err != nil {
		return nil, err
	}
	if len(in) == 0 {
		return nil, errors.New("cpu: OptimizationBarrier: got no operands")
	}
	var out []shapes.Shape
	for _, v := range in {
		out = append(out, v.Shape)
	}
	return f.record(compute.OpTypeOptimizationBarrier, nil, in, out...), nil
}

// SchedulingBarrier gives the operand, not before the dependencies are computed.
func (f *Function) SchedulingBarrier(operand compute.Value, dependencies ...compute.Value) (compute.Value, error) {
	in, err := f.use(compute.OpTypeSchedulingBarrier, append([]compute.Value{operand}, dependencies...)...)
	if err != nil {
		return nil, err
	}
	return f.node(compute.OpTypeSchedulingBarrier, nil, in[0].Shape, in...)
}
