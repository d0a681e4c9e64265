package move_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/kernel"
	"github.com/elbo-go/elbo/cpu/internal/kernel/move"
	"github.com/elbo-go/elbo/cpu/internal/stock"
)

// operand is an input of an operation that is compared with GoMLX's own engine.
type operand struct {
	shape  shapes.Shape
	memory unsafe.Pointer
}

// element is element i of an array.
func element[T any](p unsafe.Pointer, i int) *T {
	return (*T)(unsafe.Add(p, i*int(unsafe.Sizeof(*new(T)))))
}

// floats is an operand of small whole numbers, whose sums are exact in any order.
func floats(rng *rand.Rand, dims ...int) operand {
	o := operand{shapes.Make(dtypes.Float32, dims...), kernel.Alloc(4 * move.Volume(dims))}
	move.Numbers(rng, dtypes.Float32, o.memory, move.Volume(dims))
	return o
}

// integers is an operand of numbers below a limit.
func integers(rng *rand.Rand, limit int, dims ...int) operand {
	o := operand{shapes.Make(dtypes.Int32, dims...), kernel.Alloc(4 * move.Volume(dims))}
	for i := range move.Volume(dims) {
		*element[int32](o.memory, i) = int32(rng.IntN(limit))
	}
	return o
}

// agree runs an operation on GoMLX's own engine, and its kernel, on the same operands.
func agree(t *testing.T, what string, op ir.Op, attr any, out []shapes.Shape, k kernel.Kernel, rng *rand.Rand, ins ...operand) {
	t.Helper()
	g := &ir.Graph{Name: what}
	var values []*ir.Value
	var params []unsafe.Pointer
	for _, in := range ins {
		values = append(values, g.Param("", in.shape))
		params = append(params, in.memory)
	}
	g.Results = g.Add(op, attr, values, out...).Out
	p, err := stock.Graph(g)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	var want, got []unsafe.Pointer
	for _, s := range out {
		want, got = append(want, kernel.Alloc(int(s.ByteSize()))), append(got, move.Buffer(t, int(s.ByteSize()), true))
	}
	if err := p.Run(params, want); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	move.RunShuffled(rng, k, append(slices.Clone(got), params...)...)
	for i, s := range out {
		move.Same(t, what, got[i], want[i], s.DType.Size(), s.Size())
	}
}

// stocked runs a comparison some times, on the best level.
func stocked(t *testing.T, times int, f func(rng *rand.Rand, l isa.Level)) {
	rng := rand.New(rand.NewPCG(21, 22))
	for range times {
		f(rng, isa.Best())
	}
}

func f32(dims ...int) []shapes.Shape { return []shapes.Shape{shapes.Make(dtypes.Float32, dims...)} }

func TestTransposesAgreeWithGoMLX(t *testing.T) {
	stocked(t, 20, func(rng *rand.Rand, l isa.Level) {
		dims := []int{1 + rng.IntN(20), 1 + rng.IntN(20), 1 + rng.IntN(20)}
		perm := rng.Perm(3)
		x, out := floats(rng, dims...), move.Pick(dims, perm)
		k := move.NewCopy(l, move.CopySpec{Size: 4, Dims: out, Src: move.Pick(move.RowMajor(dims), perm)})
		agree(t, k.Name(), compute.OpTypeTranspose, ir.Axes(perm), f32(out...), k, rng, x)
	})
}

func TestReversalsAgreeWithGoMLX(t *testing.T) {
	stocked(t, 20, func(rng *rand.Rand, l isa.Level) {
		dims := []int{1 + rng.IntN(20), 1 + rng.IntN(20)}
		x, axis := floats(rng, dims...), rng.IntN(2)
		strides, origin := move.RowMajor(dims), 0
		origin = (dims[axis] - 1) * strides[axis]
		strides[axis] = -strides[axis]
		k := shiftedKernel{move.NewCopy(l, move.CopySpec{Size: 4, Dims: dims, Src: strides}), 4 * origin}
		agree(t, k.Name(), compute.OpTypeReverse, ir.Axes{axis}, f32(dims...), k, rng, x)
	})
}

// shiftedKernel begins to read its input further on, as a view does.
type shiftedKernel struct {
	kernel.Kernel
	offset int
}

func (k shiftedKernel) Run(w *kernel.Worker, phase, lo, hi int, args []unsafe.Pointer) {
	k.Kernel.Run(w, phase, lo, hi, []unsafe.Pointer{args[0], unsafe.Add(args[1], k.offset)})
}

func TestConcatenationsAgreeWithGoMLX(t *testing.T) {
	stocked(t, 20, func(rng *rand.Rand, l isa.Level) {
		s := move.ConcatenateSpec{Size: 4, Axis: rng.IntN(3)}
		dims := []int{1 + rng.IntN(9), 1 + rng.IntN(9), 1 + rng.IntN(9)}
		out := slices.Clone(dims)
		out[s.Axis] = 0
		var ins []operand
		for range 1 + rng.IntN(4) {
			part := slices.Clone(dims)
			part[s.Axis] = 1 + rng.IntN(7)
			out[s.Axis] += part[s.Axis]
			s.Parts, ins = append(s.Parts, move.Part{Dims: part}), append(ins, floats(rng, part...))
		}
		k := move.NewConcatenate(l, s)
		agree(t, k.Name(), compute.OpTypeConcatenate, ir.Axis(s.Axis), f32(out...), k, rng, ins...)
	})
}

func TestPaddingsAgreeWithGoMLX(t *testing.T) {
	stocked(t, 30, func(rng *rand.Rand, _ isa.Level) {
		s := move.PadSpec{Size: 4, Dims: []int{2 + rng.IntN(9), 2 + rng.IntN(9), 2 + rng.IntN(9)}}
		for range 3 {
			s.Axes = append(s.Axes, compute.PadAxis{Start: rng.IntN(5) - 1, End: rng.IntN(5) - 1, Interior: rng.IntN(3)})
		}
		k := move.NewPad(s)
		agree(t, k.Name(), compute.OpTypePad, ir.Pad(s.Axes), f32(move.Padded(s)...), k, rng, floats(rng, s.Dims...), floats(rng))
	})
}

func TestGathersAgreeWithGoMLX(t *testing.T) {
	stocked(t, 30, func(rng *rand.Rand, l isa.Level) {
		rows, width := 1+rng.IntN(50), 1+rng.IntN(40)
		s := move.RowsOf(rows, width, 1+rng.IntN(60))
		x, i := floats(rng, rows, width), integers(rng, rows+5, s.Indices...)
		a := ir.Gather{IndexVectorAxis: 1, OffsetOutputAxes: s.OffsetOutputAxes, CollapsedAxes: s.CollapsedAxes, StartIndexMap: s.StartIndexMap, Sizes: s.Sizes}
		k := move.NewGather(l, s)
		agree(t, k.Name(), compute.OpTypeGather, a, f32(s.Indices[0], width), k, rng, x, i)

		// Windows of two axes, the batch behind them.
		n, h, w := 1+rng.IntN(9), 1+rng.IntN(rows), 1+rng.IntN(width)
		s = move.GatherSpec{Size: 4, Operand: []int{rows, width}, Indices: []int{2, n}, Index: dtypes.Int32, IndexVectorAxis: 0,
			OffsetOutputAxes: []int{0, 1}, StartIndexMap: []int{1, 0}, Sizes: []int{h, w}}
		a = ir.Gather{IndexVectorAxis: 0, OffsetOutputAxes: s.OffsetOutputAxes, StartIndexMap: s.StartIndexMap, Sizes: s.Sizes}
		k = move.NewGather(l, s)
		agree(t, k.Name(), compute.OpTypeGather, a, f32(h, w, n), k, rng, x, integers(rng, 50, 2, n))
	})
}

func TestScattersAgreeWithGoMLX(t *testing.T) {
	stocked(t, 20, func(rng *rand.Rand, l isa.Level) {
		for _, op := range []compute.OpType{compute.OpTypeScatterSum, compute.OpTypeScatterMax, compute.OpTypeScatterMin} {
			rows, width, n := 1+rng.IntN(50), 1+rng.IntN(40), 1+rng.IntN(60)
			s := move.ScatterSpec{Op: op, Type: dtypes.Float32, Operand: []int{rows, width}, Indices: []int{n, 1}, Updates: []int{n, width},
				Index: dtypes.Int32, IndexVectorAxis: 1, UpdateWindowAxes: []int{1}, InsertedAxes: []int{0}, OperandAxes: []int{0}}
			a := ir.Scatter{IndexVectorAxis: 1, UpdateWindowAxes: []int{1}, InsertedAxes: []int{0}, OperandAxes: []int{0}}
			k := move.NewScatter(l, s)
			agree(t, k.Name(), op, a, f32(rows, width), k, rng, floats(rng, rows, width), integers(rng, rows, n, 1), floats(rng, n, width))

			// Single elements.
			s.Indices, s.Updates, s.UpdateWindowAxes, s.InsertedAxes, s.OperandAxes = []int{n, 2}, []int{n}, nil, []int{0, 1}, []int{0, 1}
			a = ir.Scatter{IndexVectorAxis: 1, InsertedAxes: s.InsertedAxes, OperandAxes: s.OperandAxes}
			k = move.NewScatter(l, s)
			agree(t, k.Name(), op, a, f32(rows, width), k, rng, floats(rng, rows, width), integers(rng, min(rows, width), n, 2), floats(rng, n))
		}
	})
}

func TestDynamicSlicesAgreeWithGoMLX(t *testing.T) {
	stocked(t, 20, func(rng *rand.Rand, l isa.Level) {
		s := move.DynamicSpec{Size: 4, Operand: []int{3 + rng.IntN(9), 3 + rng.IntN(9)}, Window: []int{1 + rng.IntN(3), 1 + rng.IntN(3)}, Index: dtypes.Int32}
		x, u, i, j := floats(rng, s.Operand...), floats(rng, s.Window...), integers(rng, 14), integers(rng, 14)
		k := move.NewDynamicSlice(l, s)
		agree(t, k.Name(), compute.OpTypeDynamicSlice, ir.DynamicSlice{Sizes: s.Window}, f32(s.Window...), k, rng, x, i, j)
		k = move.NewDynamicUpdateSlice(l, s)
		agree(t, k.Name(), compute.OpTypeDynamicUpdateSlice, nil, f32(s.Operand...), k, rng, x, u, i, j)
	})
}

func TestCountsAndSumsAgreeWithGoMLX(t *testing.T) {
	stocked(t, 20, func(rng *rand.Rand, _ isa.Level) {
		dims, axis := []int{1 + rng.IntN(9), 1 + rng.IntN(9), 1 + rng.IntN(9)}, rng.IntN(3)
		k := move.NewIota(move.IotaSpec{Type: dtypes.Float32, Dims: dims, Axis: axis})
		agree(t, k.Name(), compute.OpTypeIota, ir.Axis(axis), f32(dims...), k, rng)
		a := ir.CumSum{Axis: axis, Exclusive: rng.IntN(2) == 0, Reverse: rng.IntN(2) == 0}
		k = move.NewCumSum(move.CumSumSpec{Type: dtypes.Float32, Dims: dims, Axis: axis, Exclusive: a.Exclusive, Reverse: a.Reverse})
		agree(t, k.Name(), compute.OpTypeCumSum, a, f32(dims...), k, rng, floats(rng, dims...))
	})
}

func TestExtremesAgreeWithGoMLX(t *testing.T) {
	stocked(t, 20, func(rng *rand.Rand, l isa.Level) {
		dims, axis := []int{1 + rng.IntN(9), 1 + rng.IntN(9), 1 + rng.IntN(9)}, rng.IntN(3)
		s := move.ArgMinMaxSpec{Type: dtypes.Float32, Result: dtypes.Int32, Dims: dims, Axis: axis, IsMin: rng.IntN(2) == 0}
		out := shapes.Make(dtypes.Int32, slices.Delete(slices.Clone(dims), axis, axis+1)...)
		k := move.NewArgMinMax(l, s)
		agree(t, k.Name(), compute.OpTypeArgMinMax, ir.ArgMinMax{Axis: axis, IsMin: s.IsMin}, []shapes.Shape{out}, k, rng, floats(rng, dims...))
	})
}

// byFirst is a comparator's graph: of two tensors, the first decides. The parameters are those
// of GoMLX's engine: both sides of a tensor, then both of the next.
func byFirst() *ir.Graph {
	c := &ir.Graph{Name: "by first"}
	scalar := shapes.Make(dtypes.Float32)
	x, y := c.Param("x", scalar), c.Param("y", scalar)
	c.Param("u", scalar)
	c.Param("v", scalar)
	c.Results = c.Add(compute.OpTypeLessThan, nil, []*ir.Value{x, y}, shapes.Make(dtypes.Bool)).Out
	return c
}

func TestSortsAgreeWithGoMLX(t *testing.T) {
	less := func(_ *kernel.Worker, lhs, rhs, _ []unsafe.Pointer, n int, out *byte) {
		for i, x := range unsafe.Slice((*float32)(lhs[0]), n) {
			*element[bool](unsafe.Pointer(out), i) = x < *element[float32](rhs[0], i)
		}
	}
	stocked(t, 20, func(rng *rand.Rand, _ isa.Level) {
		s := move.SortSpec{Dims: []int{1 + rng.IntN(5), 1 + rng.IntN(700)}, Axis: 1, Sizes: []int{4, 4}, Compare: less, Type: dtypes.Float32}
		x, y := floats(rng, s.Dims...), floats(rng, s.Dims...)
		for i := range move.Volume(s.Dims) {
			*element[float32](y.memory, i) = float32(i)
		}
		a := ir.Sort{Axis: 1, Stable: true, Tensors: 2, Comparator: byFirst()}
		out := append(f32(s.Dims...), f32(s.Dims...)...)
		for _, s.Plain = range []bool{false, true} {
			k := move.NewSort(s)
			agree(t, k.Name(), compute.OpTypeSort, a, out, k, rng, x, y)
		}
	})
}
