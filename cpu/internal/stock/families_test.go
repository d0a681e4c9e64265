package stock_test

import (
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// TestFamiliesReachTheirMethods runs one node of each family with an answer by hand.
func TestFamiliesReachTheirMethods(t *testing.T) {
	six := []float32{1, 2, 3, 4, 5, 6} // 2×3
	u64 := shapes.Make(dtypes.Uint64, 3)
	for _, c := range []struct {
		op     ir.Op
		attr   any
		out    shapes.Shape
		in     []shapes.Shape
		args   []unsafe.Pointer
		result []float32
	}{
		{compute.OpTypeTranspose, ir.Axes{1, 0}, f32(3, 2), []shapes.Shape{f32(2, 3)}, []unsafe.Pointer{at(six)}, []float32{1, 4, 2, 5, 3, 6}},
		{compute.OpTypeReverse, ir.Axes{1}, f32(2, 3), []shapes.Shape{f32(2, 3)}, []unsafe.Pointer{at(six)}, []float32{3, 2, 1, 6, 5, 4}},
		{compute.OpTypeReshape, nil, f32(6), []shapes.Shape{f32(2, 3)}, []unsafe.Pointer{at(six)}, six},
		{ir.OpCopy, nil, f32(2, 3), []shapes.Shape{f32(2, 3)}, []unsafe.Pointer{at(six)}, six},
		{compute.OpTypeBroadcastInDim, ir.Axes{1}, f32(2, 3), []shapes.Shape{f32(3)}, []unsafe.Pointer{at(six)}, []float32{1, 2, 3, 1, 2, 3}},
		{compute.OpTypeSlice, ir.Slice{Starts: []int{0, 0}, Limits: []int{2, 3}, Strides: []int{1, 2}}, f32(2, 2),
			[]shapes.Shape{f32(2, 3)}, []unsafe.Pointer{at(six)}, []float32{1, 3, 4, 6}},
		{compute.OpTypeConcatenate, ir.Axis(0), f32(3), []shapes.Shape{f32(1), f32(2)}, []unsafe.Pointer{at(six), at(six[1:])}, []float32{1, 2, 3}},
		{compute.OpTypeIota, ir.Axis(0), f32(3), nil, nil, []float32{0, 1, 2}},
		{compute.OpTypeReduceSum, ir.Axes{0}, f32(3), []shapes.Shape{f32(2, 3)}, []unsafe.Pointer{at(six)}, []float32{5, 7, 9}},
		{compute.OpTypeReduceMax, ir.Axes{0, 1}, f32(), []shapes.Shape{f32(2, 3)}, []unsafe.Pointer{at(six)}, []float32{6}},
		{compute.OpTypeCumSum, ir.CumSum{Axis: 1, Exclusive: true}, f32(2, 3), []shapes.Shape{f32(2, 3)}, []unsafe.Pointer{at(six)}, []float32{0, 1, 3, 0, 4, 9}},
		{compute.OpTypeReduceWindow, ir.Window{Reduce: compute.ReduceOpSum, Dims: []int{1, 2}, Strides: []int{1, 1}, InputDilations: []int{1, 1},
			WindowDilations: []int{1, 1}, Paddings: make([][2]int, 2)}, f32(2, 2), []shapes.Shape{f32(2, 3)}, []unsafe.Pointer{at(six)}, []float32{3, 5, 9, 11}},
		{compute.OpTypeSelectAndScatterMax, ir.Window{Dims: []int{1, 3}, Strides: []int{1, 3}, Paddings: make([][2]int, 2)}, f32(2, 3),
			[]shapes.Shape{f32(2, 3), f32(2, 1)}, []unsafe.Pointer{at(six), at(six)}, []float32{0, 0, 1, 0, 0, 2}},
		{compute.OpTypeDotGeneral, ir.Dot{LhsContract: []int{1}, RhsContract: []int{1}}, f32(2, 2), []shapes.Shape{f32(2, 3), f32(2, 3)},
			[]unsafe.Pointer{at(six), at(six)}, []float32{14, 32, 32, 77}},
		{compute.OpTypeConvGeneral, ir.Conv{Axes: compute.ConvolveAxesConfig{InputBatch: 0, InputChannels: 1, InputSpatial: []int{2},
			KernelOutputChannels: 0, KernelInputChannels: 1, KernelSpatial: []int{2}, OutputBatch: 0, OutputChannels: 1, OutputSpatial: []int{2}},
			Strides: []int{1}, Paddings: [][2]int{{0, 0}}, InputDilations: []int{1}, KernelDilations: []int{1}, ChannelGroups: 1, BatchGroups: 1},
			f32(1, 1, 5), []shapes.Shape{f32(1, 1, 6), f32(1, 1, 2)}, []unsafe.Pointer{at(six), at([]float32{1, 10})}, []float32{21, 32, 43, 54, 65}},
		{compute.OpTypeGather, ir.Gather{IndexVectorAxis: 1, OffsetOutputAxes: []int{1}, CollapsedAxes: []int{0}, StartIndexMap: []int{0}, Sizes: []int{1, 3}},
			f32(2, 3), []shapes.Shape{f32(2, 3), i32(2, 1)}, []unsafe.Pointer{at(six), at([]int32{1, 0})}, []float32{4, 5, 6, 1, 2, 3}},
		{compute.OpTypeScatterSum, ir.Scatter{IndexVectorAxis: 1, UpdateWindowAxes: []int{1}, InsertedAxes: []int{0}, OperandAxes: []int{0}},
			f32(2, 3), []shapes.Shape{f32(2, 3), i32(2, 1), f32(2, 3)}, []unsafe.Pointer{at(six), at([]int32{1, 1}), at(six)}, []float32{1, 2, 3, 9, 12, 15}},
		{compute.OpTypeWhere, nil, f32(2), []shapes.Shape{shapes.Make(dtypes.Bool, 2), f32(2), f32(2)},
			[]unsafe.Pointer{at([]bool{true, false}), at(six), at(six[2:])}, []float32{1, 4}},
		{compute.OpTypeClamp, nil, f32(3), []shapes.Shape{f32(3), f32(3), f32(3)},
			[]unsafe.Pointer{at([]float32{2, 2, 2}), at(six), at([]float32{2, 2, 2})}, []float32{2, 2, 2}},
		{compute.OpTypeBitcast, nil, f32(1), []shapes.Shape{i32(1)}, []unsafe.Pointer{at([]int32{0x3f800000})}, []float32{1}},
		{compute.OpTypeConvertDType, nil, f32(1), []shapes.Shape{i32(1)}, []unsafe.Pointer{at([]int32{-3})}, []float32{-3}},
		{compute.OpTypeSchedulingBarrier, nil, f32(1), []shapes.Shape{f32(1), u64}, []unsafe.Pointer{at(six), at(make([]uint64, 3))}, []float32{1}},
		{compute.OpTypeOptimizationBarrier, nil, f32(1), []shapes.Shape{f32(1)}, []unsafe.Pointer{at(six)}, []float32{1}},
	} {
		got := make([]float32, len(c.result))
		runGraph(t, single(c.op, c.attr, []shapes.Shape{c.out}, c.in...), c.args, []unsafe.Pointer{at(got)})
		if !slices.Equal(got, c.result) {
			t.Errorf("%s: got %v, want %v", ir.OpName(c.op), got, c.result)
		}
	}
}

// TestRandomBitsFollowFromTheState: the same state gives the same bits, the next state others.
func TestRandomBitsFollowFromTheState(t *testing.T) {
	state := []uint64{1, 2, 3}
	draw := func(state []uint64) (next, bits []uint64) {
		next, bits = make([]uint64, 3), make([]uint64, 4)
		g := single(compute.OpTypeRNGBitGenerator, nil, []shapes.Shape{compute.RNGStateShape, shapes.Make(dtypes.Uint64, 4)}, compute.RNGStateShape)
		runGraph(t, g, []unsafe.Pointer{at(state)}, []unsafe.Pointer{at(next), at(bits)})
		return next, bits
	}
	next, a := draw(state)
	_, b := draw(state)
	_, c := draw(next)
	if !slices.Equal(a, b) || slices.Equal(a, c) || slices.Equal(a, make([]uint64, 4)) {
		t.Errorf("got %v, %v and %v", a, b, c)
	}
}

// TestControlFlowRunsItsGraphs: a loop that doubles while a branch says so, then a sort with a
// captured direction.
func TestControlFlowRunsItsGraphs(t *testing.T) {
	boolean := shapes.Make(dtypes.Bool)
	one := func(g *ir.Graph, op ir.Op, s shapes.Shape, in ...*ir.Value) *ir.Value {
		return g.Add(op, nil, in, s).Out[0]
	}
	cond, body := &ir.Graph{Name: "cond"}, &ir.Graph{Name: "body"}
	x, limit := cond.Param("x", f32()), cond.Param("limit", f32())
	cond.Results = []*ir.Value{one(cond, compute.OpTypeLessThan, boolean, x, limit)}
	y := body.Param("y", f32())
	body.Results = []*ir.Value{one(body, compute.OpTypeAdd, f32(), y, y)}
	g := &ir.Graph{Name: "main"}
	start, most, list, up := g.Param("start", f32()), g.Param("most", f32()), g.Param("list", f32(3)), g.Param("up", boolean)
	w := g.Add(compute.OpTypeWhile, ir.While{State: 1, CondCaptures: 1, Cond: cond, Body: body}, []*ir.Value{start, most}, f32()).Out[0]
	yes, no := &ir.Graph{Name: "yes"}, &ir.Graph{Name: "no"}
	yes.Results = []*ir.Value{yes.Param("w", f32())}
	no.Results = []*ir.Value{one(no, compute.OpTypeNeg, f32(), no.Param("w", f32()))}
	branch := ir.If{TrueCaptures: 1, FalseCaptures: 1, True: yes, False: no}
	chosen := g.Add(compute.OpTypeIf, branch, []*ir.Value{up, w, w}, f32()).Out[0]
	less := &ir.Graph{Name: "less"}
	l, r, u := less.Param("l", f32()), less.Param("r", f32()), less.Param("up", boolean)
	less.Results = []*ir.Value{one(less, compute.OpTypeWhere, boolean, u, one(less, compute.OpTypeLessThan, boolean, l, r),
		one(less, compute.OpTypeGreaterThan, boolean, l, r))}
	sorted := g.Add(compute.OpTypeSort, ir.Sort{Tensors: 1, Comparator: less, Stable: true}, []*ir.Value{list, up}, f32(3)).Out[0]
	g.Results = []*ir.Value{w, chosen, sorted}
	if err := ir.Verify(g); err != nil {
		t.Fatal(err)
	}
	for up, want := range map[bool][]float32{true: {12, 12, 1, 2, 3}, false: {12, -12, 3, 2, 1}} {
		got := make([]float32, 5)
		runGraph(t, g, []unsafe.Pointer{at([]float32{1.5}), at([]float32{10}), at([]float32{2, 3, 1}), at([]bool{up})},
			[]unsafe.Pointer{at(got), at(got[1:]), at(got[2:])})
		if !slices.Equal(got, want) {
			t.Errorf("up %v: got %v, want %v", up, got, want)
		}
	}
}
