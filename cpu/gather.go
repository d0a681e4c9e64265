package cpu

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapeinference"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// Gather collects slices of the operand from the places that the indices name; places outside
// are moved to the border. An axis of index vectors one past the last means vectors of one
// number.
func (f *Function) Gather(operand, indices compute.Value, indexVectorAxis int, offsetOutputAxes, collapsedSliceAxes, startIndexMap,
	sliceSizes []int, sorted bool) (compute.Value, error) {
	in, err := f.use(compute.OpTypeGather, operand, indices)
	if err != nil {
		return nil, err
	}
	if s := in[1].Shape; indexVectorAxis == s.Rank() && !s.IsDynamic() {
		column, err := f.Reshape(indices, append(slices.Clone(s.Dimensions), 1)...)
		if err != nil {
			return nil, err
		}
		return f.Gather(operand, column, indexVectorAxis, offsetOutputAxes, collapsedSliceAxes, startIndexMap, sliceSizes, sorted)
	}
	out, err := shapeinference.Gather(in[0].Shape, in[1].Shape, indexVectorAxis, offsetOutputAxes, collapsedSliceAxes,
		startIndexMap, sliceSizes, sorted)
	if err != nil {
		return nil, errors.WithMessage(err, "cpu: Gather")
	}
	a := ir.Gather{
		IndexVectorAxis: indexVectorAxis, OffsetOutputAxes: slices.Clone(offsetOutputAxes),
		CollapsedAxes: slices.Clone(collapsedSliceAxes), StartIndexMap: slices.Clone(startIndexMap),
		Sizes: slices.Clone(sliceSizes), Sorted: sorted,
	}
	return f.node(compute.OpTypeGather, a, out, in...)
}

// scatter records an operation that merges updates into the operand at the places that the
// indices name.
func (f *Function) scatter(op compute.OpType, operand, indices, updates compute.Value, a ir.Scatter) (compute.Value, error) {
	in, err := f.use(op, operand, indices, updates)
	if err != nil {
		return nil, err
	}
	out, err := shapeinference.Scatter(in[0].Shape, in[1].Shape, in[2].Shape, a.IndexVectorAxis, a.UpdateWindowAxes, a.InsertedAxes,
		a.OperandAxes)
	if err != nil {
		return nil, errors.WithMessagef(err, "cpu: %s", op)
	}
	a.UpdateWindowAxes, a.InsertedAxes, a.OperandAxes = slices.Clone(a.UpdateWindowAxes), slices.Clone(a.InsertedAxes), slices.Clone(a.OperandAxes)
	return f.node(op, a, out, in...)
}

// ScatterSum adds updates to the operand.
func (f *Function) ScatterSum(operand, indices, updates compute.Value, indexVectorAxis int, updateWindowAxes, insertedWindowAxes,
	scatterAxesToOperandAxes []int, sorted, unique bool) (compute.Value, error) {
	return f.scatter(compute.OpTypeScatterSum, operand, indices, updates,
		ir.Scatter{IndexVectorAxis: indexVectorAxis, UpdateWindowAxes: updateWindowAxes, InsertedAxes: insertedWindowAxes,
			OperandAxes: scatterAxesToOperandAxes, Sorted: sorted, Unique: unique})
}

// ScatterMax takes the larger of the operand and the updates.
func (f *Function) ScatterMax(operand, indices, updates compute.Value, indexVectorAxis int, updateWindowAxes, insertedWindowAxes,
	scatterAxesToOperandAxes []int, sorted, unique bool) (compute.Value, error) {
	return f.scatter(compute.OpTypeScatterMax, operand, indices, updates,
		ir.Scatter{IndexVectorAxis: indexVectorAxis, UpdateWindowAxes: updateWindowAxes, InsertedAxes: insertedWindowAxes,
			OperandAxes: scatterAxesToOperandAxes, Sorted: sorted, Unique: unique})
}

// ScatterMin takes the smaller of the operand and the updates.
func (f *Function) ScatterMin(operand, indices, updates compute.Value, indexVectorAxis int, updateWindowAxes, insertedWindowAxes,
	scatterAxesToOperandAxes []int, sorted, unique bool) (compute.Value, error) {
	return f.scatter(compute.OpTypeScatterMin, operand, indices, updates,
		ir.Scatter{IndexVectorAxis: indexVectorAxis, UpdateWindowAxes: updateWindowAxes, InsertedAxes: insertedWindowAxes,
			OperandAxes: scatterAxesToOperandAxes, Sorted: sorted, Unique: unique})
}

// scalars gives one start index an axis; the caller may give them in one vector.
func (f *Function) scalars(starts []compute.Value, rank int) ([]compute.Value, error) {
	if len(starts) != 1 {
		return starts, nil
	}
	s, err := f.Shape(starts[0])
	if err != nil || s.Rank() != 1 || s.Dimensions[0] != rank {
		return starts, err
	}
	c := chain{f: f}
	out := make([]compute.Value, rank)
	for i := range out {
		out[i] = c.do(f.Reshape(c.do(f.Slice(starts[0], []int{i}, []int{i + 1}, nil))))
	}
	return out, c.err
}

// position checks the scalars that give a place in the operand.
func position(op compute.OpType, starts []*ir.Value, rank int) error {
	if len(starts) != rank {
		return errors.Errorf("cpu: %s: got %d start indices, want one an axis: %d", op, len(starts), rank)
	}
	for i, s := range starts {
		if s.Shape.Rank() != 0 || !s.Shape.DType.IsInt() {
			return errors.Errorf("cpu: %s: start index %d: got %s, want an integer scalar", op, i, s.Shape)
		}
	}
	return nil
}

// DynamicSlice gives the part of the operand of the given sizes that begins at starts, which
// are moved so that it fits.
func (f *Function) DynamicSlice(operand compute.Value, starts []compute.Value, sizes []int) (compute.Value, error) {
	in, err := f.use(compute.OpTypeDynamicSlice, operand)
	if err != nil {
		return nil, err
	}
	if starts, err = f.scalars(starts, in[0].Shape.Rank()); err != nil {
		return nil, err
	}
	if in, err = f.use(compute.OpTypeDynamicSlice, append([]compute.Value{operand}, starts...)...); err != nil {
		return nil, err
	}
	if err := position(compute.OpTypeDynamicSlice, in[1:], in[0].Shape.Rank()); err != nil {
		return nil, err
	}
	out, err := shapeinference.DynamicSlice(in[0].Shape, sizes)
	if err != nil {
		return nil, errors.WithMessage(err, "cpu: DynamicSlice")
	}
	return f.node(compute.OpTypeDynamicSlice, ir.DynamicSlice{Sizes: slices.Clone(sizes)}, out, in...)
}

// DynamicUpdateSlice gives the operand with the update in the place that begins at starts, which
// are moved so that it fits.
func (f *Function) DynamicUpdateSlice(operand, update compute.Value, starts []compute.Value) (compute.Value, error) {
	in, err := f.use(compute.OpTypeDynamicUpdateSlice, operand)
	if err != nil {
		return nil, err
	}
	if starts, err = f.scalars(starts, in[0].Shape.Rank()); err != nil {
		return nil, err
	}
	if in, err = f.use(compute.OpTypeDynamicUpdateSlice, append([]compute.Value{operand, update}, starts...)...); err != nil {
		return nil, err
	}
	if err := position(compute.OpTypeDynamicUpdateSlice, in[2:], in[0].Shape.Rank()); err != nil {
		return nil, err
	}
	out, err := shapeinference.DynamicUpdateSlice(in[0].Shape, in[1].Shape)
	if err != nil {
		return nil, errors.WithMessage(err, "cpu: DynamicUpdateSlice")
	}
	return f.node(compute.OpTypeDynamicUpdateSlice, nil, out, in...)
}
