package cpu

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapeinference"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// ReduceWindow reduces every window of the input to one element. Strides default to the
// window's dimensions.
func (f *Function) ReduceWindow(input compute.Value, reduction compute.ReduceOpType, dims, strides, inputDilations,
	windowDilations []int, paddings [][2]int) (compute.Value, error) {
	in, err := f.use(compute.OpTypeReduceWindow, input)
	if err != nil {
		return nil, err
	}
	s := in[0].Shape
	if s.DType == dtypes.Bool && reduction != compute.ReduceOpSum {
		c := chain{f: f}
		y := c.do(f.ReduceWindow(c.do(f.ConvertDType(input, dtypes.Uint8)), reduction, dims, strides, inputDilations, windowDilations, paddings))
		return c.do(f.ConvertDType(y, dtypes.Bool)), c.err
	}
	out, err := shapeinference.ReduceWindow(s, dims, strides, inputDilations, windowDilations, paddings)
	if err != nil {
		return nil, errors.WithMessage(err, "cpu: ReduceWindow")
	}
	if reduction < compute.ReduceOpSum || reduction > compute.ReduceOpMin || !s.DType.IsFloat() && !s.DType.IsInt() {
		return nil, errors.Wrapf(compute.ErrNotImplemented, "cpu: ReduceWindow: %s of %s", reduction, s.DType)
	}
	a := window(s.Rank(), dims, strides, paddings)
	a.Reduce = reduction
	if len(inputDilations) > 0 {
		a.InputDilations = slices.Clone(inputDilations)
	}
	if len(windowDilations) > 0 {
		a.WindowDilations = slices.Clone(windowDilations)
	}
	return f.node(compute.OpTypeReduceWindow, a, out, in...)
}

// window fills in what the caller left out.
func window(rank int, dims, strides []int, paddings [][2]int) ir.Window {
	a := ir.Window{
		Dims: slices.Clone(dims), Strides: slices.Clone(strides), Paddings: slices.Clone(paddings),
		InputDilations: ones(rank), WindowDilations: ones(rank),
	}
	if len(dims) == 0 {
		a.Dims = ones(rank)
	}
	if len(strides) == 0 {
		a.Strides = slices.Clone(a.Dims)
	}
	if len(paddings) == 0 {
		a.Paddings = make([][2]int, rank)
	}
	return a
}

func (f *Function) selectAndScatter(op compute.OpType, operand, source compute.Value, dims, strides []int,
	paddings [][2]int) (compute.Value, error) {
	in, err := f.use(op, operand, source)
	if err != nil {
		return nil, err
	}
	out, err := shapeinference.SelectAndScatter(in[0].Shape, in[1].Shape, dims, strides, paddings)
	if err != nil {
		return nil, errors.WithMessagef(err, "cpu: %s", op)
	}
	return f.node(op, window(in[0].Shape.Rank(), dims, strides, paddings), out, in...)
}

// SelectAndScatterMax adds each element of the source where its window of the operand has its maximum.
func (f *Function) SelectAndScatterMax(operand, source compute.Value, dims, strides []int, paddings [][2]int) (compute.Value, error) {
	return f.selectAndScatter(compute.OpTypeSelectAndScatterMax, operand, source, dims, strides, paddings)
}

// SelectAndScatterMin adds each element of the source where its window of the operand has its minimum.
func (f *Function) SelectAndScatterMin(operand, source compute.Value, dims, strides []int, paddings [][2]int) (compute.Value, error) {
	return f.selectAndScatter(compute.OpTypeSelectAndScatterMin, operand, source, dims, strides, paddings)
}
