package lower_test

import (
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapeinference"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/lower"
)

func TestConcatenationsAgreeWithTheStockEngine(t *testing.T) {
	for _, dt := range []dtypes.DType{f32, f64, boo, bf6} {
		check(t, graph(func(g *ir.Graph) []*ir.Value {
			x, y := parameter(g, dt, 3, 4), parameter(g, dt, 3, 4)
			tr := transposed(g, y, 1, 0)
			cat := func(axis, rows, cols int, in ...*ir.Value) *ir.Value {
				return node(g, compute.OpTypeConcatenate, ir.Axis(axis), dt, []int{rows, cols}, in...)
			}
			return []*ir.Value{cat(0, 9, 4, x, y, x), cat(1, 3, 8, x, y), cat(0, 8, 3, tr, tr), cat(0, 3, 4, x)}
		}))
	}
}

func TestPaddingsAgreeWithTheStockEngine(t *testing.T) {
	for _, dt := range []dtypes.DType{f32, f64, boo, bf6} {
		check(t, graph(func(g *ir.Graph) []*ir.Value {
			x, fill := parameter(g, dt, 3, 4), parameter(g, dt)
			padded := func(x *ir.Value, axes ...compute.PadAxis) *ir.Value {
				s, err := shapeinference.Pad(x.Shape, axes...)
				if err != nil {
					t.Fatal(err)
				}
				return node(g, compute.OpTypePad, ir.Pad(axes), dt, s.Dimensions, x, fill)
			}
			return []*ir.Value{
				padded(x, compute.PadAxis{Start: 1, End: 2}, compute.PadAxis{End: 3}),
				padded(transposed(g, x, 1, 0), compute.PadAxis{Interior: 2}, compute.PadAxis{Start: 2, Interior: 1}),
			}
		}))
	}
}

// Of the elements 0 … 3 the window starts at −1 and ends where the last would be number 2.
func TestNegativePaddingsCut(t *testing.T) {
	x, fill, want := []float32{0, 1, 2, 3}, []float32{9}, []float32{9, 0, 9, 1, 9, 2}
	g := graph(func(g *ir.Graph) []*ir.Value {
		return []*ir.Value{node(g, compute.OpTypePad, ir.Pad{{Start: 1, End: -2, Interior: 1}}, f32, []int{6},
			parameter(g, f32, 4), parameter(g, f32))}
	})
	checkAgainst(t, g, []unsafe.Pointer{unsafe.Pointer(&x[0]), unsafe.Pointer(&fill[0])}, []unsafe.Pointer{unsafe.Pointer(&want[0])})
}

// rows gathers rows of a matrix.
func rows(x, index *ir.Value) ir.Gather {
	return ir.Gather{IndexVectorAxis: index.Shape.Rank() - 1, OffsetOutputAxes: []int{index.Shape.Rank() - 1},
		CollapsedAxes: []int{0}, StartIndexMap: []int{0}, Sizes: []int{1, x.Shape.Dimensions[1]}}
}

// indices is a constant of small numbers.
func indices(g *ir.Graph, values []int32, dims ...int) *ir.Value {
	return node(g, compute.OpTypeConstant, ir.Literal{Data: unsafe.Pointer(&values[0]), Bytes: 4 * len(values)}, i32, dims)
}

func TestGathersAgreeWithTheStockEngine(t *testing.T) {
	for _, dt := range []dtypes.DType{f32, f64, bf6, boo} {
		check(t, graph(func(g *ir.Graph) []*ir.Value {
			x := parameter(g, dt, 7, 5)
			index := indices(g, []int32{3, 0, 6, 6, 1, 2}, 6, 1)
			pairs := indices(g, []int32{0, 1, 3, 2, 5, 0}, 3, 2)
			window := ir.Gather{IndexVectorAxis: 1, OffsetOutputAxes: []int{1, 2}, StartIndexMap: []int{0, 1}, Sizes: []int{2, 3}}
			return []*ir.Value{
				node(g, compute.OpTypeGather, rows(x, index), dt, []int{6, 5}, x, index),
				node(g, compute.OpTypeGather, window, dt, []int{3, 2, 3}, x, pairs),
				node(g, compute.OpTypeGather, window, dt, []int{3, 2, 3}, transposed(g, reshaped(g, x, 5, 7), 1, 0), pairs),
			}
		}))
	}
}

func TestDynamicSlicesAgreeWithTheStockEngine(t *testing.T) {
	check(t, graph(func(g *ir.Graph) []*ir.Value {
		x, u := parameter(g, f32, 6, 5), parameter(g, f32, 2, 3)
		var out []*ir.Value
		for _, at := range [][]int32{{0, 0}, {2, 1}, {5, 4}, {-3, 9}} {
			i, j := indices(g, at[:1]), indices(g, at[1:])
			out = append(out, node(g, compute.OpTypeDynamicSlice, ir.DynamicSlice{Sizes: []int{2, 3}}, f32, []int{2, 3}, x, i, j),
				node(g, compute.OpTypeDynamicUpdateSlice, nil, f32, []int{6, 5}, x, u, i, j))
		}
		return out
	}))
}

// A cache that is handed over is not copied: the update is all that is written.
func TestAnUpdatedSliceLeavesTheRestInPlace(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		cache, u, at := parameter(g, f32, 100, 8), parameter(g, f32, 1, 8), parameter(g, i32)
		next := node(g, compute.OpTypeDynamicUpdateSlice, nil, f32, []int{100, 8}, cache, u, at, indices(g, []int32{0}))
		return []*ir.Value{next}
	})
	if got := inPlace(t, g, lower.Options{}); got[0] != 0 {
		t.Errorf("got %v, want parameter 0", got)
	}
	check(t, g)
}

// The places are read while the update is written.
func TestAnUpdateAtAPlaceThatTheOperandHoldsIsNotInPlace(t *testing.T) {
	g := graph(func(g *ir.Graph) []*ir.Value {
		x, u := parameter(g, i32, 9), parameter(g, i32, 2)
		at := reshaped(g, node(g, compute.OpTypeSlice, ir.Slice{Starts: []int{1}, Limits: []int{2}}, i32, []int{1}, x))
		return []*ir.Value{node(g, compute.OpTypeDynamicUpdateSlice, nil, i32, []int{9}, x, u, at)}
	})
	if got := inPlace(t, g, lower.Options{}); got[0] != -1 {
		t.Errorf("got parameter %d, want none", got[0])
	}
	check(t, g)
}
