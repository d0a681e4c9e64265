package lower_test

import (
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/lower"
)

func TestViewsAgreeWithTheStockEngine(t *testing.T) {
	for _, dt := range []dtypes.DType{f32, f64, f16, i8} {
		t.Run(dt.String(), func(t *testing.T) {
			check(t, graph(func(g *ir.Graph) []*ir.Value {
				x := parameter(g, dt, 2, 3, 4)
				tr := transposed(g, x, 2, 0, 1)
				slice := node(g, compute.OpTypeSlice, ir.Slice{Starts: []int{0, 1, 1}, Limits: []int{2, 3, 4}, Strides: []int{1, 1, 2}}, dt, []int{2, 2, 2}, x)
				rev := node(g, compute.OpTypeReverse, ir.Axes{0, 2}, dt, []int{2, 3, 4}, x)
				wide := node(g, compute.OpTypeBroadcastInDim, ir.Axes{1, 2, 3}, dt, []int{5, 2, 3, 4}, x)
				return []*ir.Value{x, tr, reshaped(g, tr, 8, 3), reshaped(g, tr, 4, 6), slice, reshaped(g, slice, 8), rev,
					transposed(g, rev, 1, 2, 0), wide, reshaped(g, wide, 10, 12), reshaped(g, x, 24)}
			}))
		})
	}
}

// GoMLX's engine has no complex numbers.
func TestComplexNumbersAreMoved(t *testing.T) {
	x := []complex128{1, 2i, 3, 4i, 5, 6i}
	want := []complex128{1, 4i, 2i, 5, 3, 6i}
	checkAgainst(t, graph(func(g *ir.Graph) []*ir.Value {
		return []*ir.Value{transposed(g, parameter(g, dtypes.Complex128, 2, 3), 1, 0)}
	}), []unsafe.Pointer{unsafe.Pointer(&x[0])}, []unsafe.Pointer{unsafe.Pointer(&want[0])})
}

func TestViewsOfViewsAreReadInPlace(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		x := parameter(g, f32, 4, 6)
		y := reshaped(g, transposed(g, reshaped(g, x, 2, 2, 2, 3), 2, 0, 1, 3), 2, 4, 3)
		z := node(g, compute.OpTypeReverse, ir.Axes{1}, f32, []int{2, 4, 3}, y)
		return []*ir.Value{like(g, compute.OpTypeNeg, z)}
	})
	p := lowered(t, g, lower.Options{Level: isa.Portable})
	if len(p.Steps) != 1 || p.Arena != 0 {
		t.Errorf("got more than one step:\n%v", p)
	}
	check(t, g)
}

func TestAReshapeThatStridesCannotExpressIsCopiedOnce(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		return []*ir.Value{reshaped(g, transposed(g, parameter(g, f32, 4, 6), 1, 0), 24)}
	})
	if p := lowered(t, g, lower.Options{}); len(p.Steps) != 1 || p.Arena != 0 {
		t.Errorf("got more than one step:\n%v", p)
	}
}

func TestBitcastsKeepTheBits(t *testing.T) {
	check(t, graph(func(g *ir.Graph) []*ir.Value {
		x, y := parameter(g, u32, 3, 4), parameter(g, u64, 5)
		return []*ir.Value{
			node(g, compute.OpTypeBitcast, nil, i32, []int{4, 3}, transposed(g, x, 1, 0)),
			node(g, compute.OpTypeBitcast, nil, u32, []int{5, 2}, y),
			node(g, compute.OpTypeBitcast, nil, u64, []int{5}, node(g, compute.OpTypeBitcast, nil, u32, []int{5, 2}, y)),
		}
	}))
}

func TestViewNodesOfThePassesAreFollowed(t *testing.T) {
	g := &ir.Graph{Name: "view"}
	x := parameter(g, f32, 3, 4)
	v := node(g, ir.OpView, ir.View{Offset: 11, Strides: []int{-1, -4}}, f32, []int{4, 3}, x)
	tr := node(g, ir.OpView, ir.View{Offset: 0, Strides: []int{1, 2}}, f32, []int{2, 2}, transposed(g, x, 1, 0))
	g.Results = []*ir.Value{like(g, compute.OpTypeNeg, v), node(g, ir.OpCopy, nil, f32, []int{4, 3}, v), tr}
	params := memory(shapesOf(g.Params), 0)
	for i, a := range unsafe.Slice((*float32)(params[0]), 12) {
		_ = a
		*(*float32)(unsafe.Add(params[0], 4*i)) = float32(i)
	}
	neg := []float32{-11, -7, -3, -10, -6, -2, -9, -5, -1, -8, -4, 0}
	pos := []float32{11, 7, 3, 10, 6, 2, 9, 5, 1, 8, 4, 0}
	// Of the transposed array 0 4 8 1 5 9 2 … the view reads elements 0, 2, 1, 3.
	four := []float32{0, 8, 4, 1}
	checkAgainst(t, g, params, []unsafe.Pointer{unsafe.Pointer(&neg[0]), unsafe.Pointer(&pos[0]), unsafe.Pointer(&four[0])})
}

func TestBarriersCostNothing(t *testing.T) {
	g := &ir.Graph{Name: "barriers"}
	x, y := parameter(g, f32, 3, 4), parameter(g, f32, 2)
	both := g.Add(compute.OpTypeOptimizationBarrier, nil, []*ir.Value{x, y}, x.Shape, y.Shape).Out
	z := like(g, compute.OpTypeNeg, both[0])
	s := g.Add(compute.OpTypeSchedulingBarrier, nil, []*ir.Value{both[1], z}, y.Shape).Out[0]
	g.Results = []*ir.Value{z, like(g, compute.OpTypeAbs, s)}
	if p := lowered(t, g, lower.Options{}); len(p.Steps) != 2 {
		t.Errorf("got more than two steps:\n%v", p)
	}
	check(t, g)
}

func TestConstantsAreReadInPlace(t *testing.T) {
	data := []float32{1, 2, 3, 4, 5, 6}
	g := graph(func(g *ir.Graph) []*ir.Value {
		c := node(g, compute.OpTypeConstant, ir.Literal{Data: unsafe.Pointer(&data[0]), Bytes: 24}, f32, []int{2, 3})
		return []*ir.Value{c, transposed(g, c, 1, 0), like(g, compute.OpTypeAdd, c, parameter(g, f32, 2, 3))}
	})
	check(t, g)
}

func TestEmptyArraysCostNothing(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		x, y := parameter(g, f32, 0, 3), parameter(g, f32, 3, 0)
		sum := node(g, compute.OpTypeReduceSum, ir.Axes{0}, f32, []int{3}, x)
		dot := node(g, compute.OpTypeDotGeneral, ir.Dot{LhsContract: []int{1}, RhsContract: []int{0}}, f32, []int{3, 3}, y, x)
		rev := node(g, compute.OpTypeReverse, ir.Axes{0, 1}, f32, []int{0, 3}, x)
		return []*ir.Value{like(g, compute.OpTypeNeg, x), rev, transposed(g, x, 1, 0), x, sum, dot}
	})
	checkAgainst(t, g, memory(shapesOf(g.Params), 0), memory(shapesOf(g.Results), 0))
	if p := lowered(t, g, lower.Options{}); len(p.Steps) != 2 {
		t.Errorf("got more than two steps:\n%v", p)
	}
}

// Shapes that a result shares with nothing else, in one graph: a parameter, a constant, the same
// value twice, a view of a computed value, and a computed value that others read.
func TestResultsMayBeAnyValue(t *testing.T) {
	check(t, graph(func(g *ir.Graph) []*ir.Value {
		x := parameter(g, f32, 3, 4)
		y := like(g, compute.OpTypeExp, x)
		z := like(g, compute.OpTypeNeg, y)
		flat := reshaped(g, y, 12)
		return []*ir.Value{x, x, y, y, flat, transposed(g, y, 1, 0), z, reshaped(g, like(g, compute.OpTypeAbs, z), 2, 6)}
	}))
}

func TestAResultIsComputedInItsOwnMemory(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		y := like(g, compute.OpTypeExp, parameter(g, f32, 3, 4))
		return []*ir.Value{reshaped(g, like(g, compute.OpTypeNeg, y), 12), y}
	})
	if p := lowered(t, g, lower.Options{}); len(p.Steps) != 2 || p.Arena != 0 {
		t.Errorf("got more than two steps:\n%v", p)
	}
}

func TestSubgraphsThatResultsDoNotNeedAreDropped(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		x := parameter(g, f32, 3)
		like(g, compute.OpTypeExp, like(g, compute.OpTypeExp, x))
		return []*ir.Value{like(g, compute.OpTypeNeg, x)}
	})
	if p := lowered(t, g, lower.Options{}); len(p.Steps) != 1 {
		t.Errorf("got more than one step:\n%v", p)
	}
}

func TestANodeWithoutKernelAndFallbackIsAnError(t *testing.T) {
	g := &ir.Graph{Name: "fft"}
	x := parameter(g, c64, 8)
	g.Results = g.Add(compute.OpTypeFFT, ir.FFT{Length: []int{8}}, []*ir.Value{x}, shapes.Make(c64, 8)).Out
	if _, err := lower.Program(g, lower.Options{}); err == nil {
		t.Error("got no error")
	}
}
