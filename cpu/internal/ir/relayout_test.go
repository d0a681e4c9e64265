package ir_test

import (
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"pgregory.net/rapid"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// elements lists where the elements of a layout lie, in row-major order.
func elements(dims []int, l ir.Layout) []int {
	out := []int{l.Offset}
	for i, d := range dims {
		var next []int
		for _, at := range out {
			for k := range d {
				next = append(next, at+k*l.Strides[i])
			}
		}
		out = next
	}
	return out
}

// value makes a parameter of the given dimensions.
func value(dims ...int) (*ir.Graph, *ir.Value) {
	g := &ir.Graph{}
	return g, g.Param("x", shapes.Make(dtypes.Int32, dims...))
}

func f32(dims ...int) shapes.Shape { return shapes.Make(dtypes.Float32, dims...) }

func TestRelayoutSaysWhereElementsLie(t *testing.T) {
	g, x := value(2, 3)
	for _, c := range []struct {
		op   ir.Op
		attr any
		out  shapes.Shape
		want []int
	}{
		{compute.OpTypeIdentity, nil, f32(2, 3), []int{0, 1, 2, 3, 4, 5}},
		{compute.OpTypeReshape, nil, f32(3, 1, 2), []int{0, 1, 2, 3, 4, 5}},
		{compute.OpTypeTranspose, ir.Axes{1, 0}, f32(3, 2), []int{0, 3, 1, 4, 2, 5}},
		{compute.OpTypeBroadcastInDim, ir.Axes{1, 2}, f32(2, 2, 3), []int{0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5}},
		{compute.OpTypeSlice, ir.Slice{Starts: []int{1, 0}, Limits: []int{2, 3}, Strides: []int{1, 2}}, f32(1, 2), []int{3, 5}},
		{compute.OpTypeSlice, ir.Slice{Starts: []int{0, 1}, Limits: []int{2, 2}}, f32(2, 1), []int{1, 4}},
		{compute.OpTypeReverse, ir.Axes{1}, f32(2, 3), []int{2, 1, 0, 5, 4, 3}},
		{compute.OpTypeReverse, ir.Axes{0, 1}, f32(2, 3), []int{5, 4, 3, 2, 1, 0}},
		{compute.OpTypeBitcast, nil, shapes.Make(dtypes.Uint32, 2, 3), []int{0, 1, 2, 3, 4, 5}},
		{compute.OpTypeBitcast, nil, shapes.Make(dtypes.Uint16, 2, 3, 2), []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
		{ir.OpView, ir.View{Offset: 4, Strides: []int{-3, 1}}, f32(2, 2), []int{4, 5, 1, 2}},
	} {
		n := g.Add(c.op, c.attr, []*ir.Value{x}, c.out)
		l, ok := ir.Relayout(n)
		if !ok || l.Base != x {
			t.Errorf("%s: got base %v, %v", ir.OpName(c.op), l.Base, ok)
		} else if got := elements(c.out.Dimensions, l); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", ir.OpName(c.op), got, c.want)
		}
	}
}

func TestRelayoutRefusesOtherOperations(t *testing.T) {
	g, x := value(2, 3)
	for _, op := range []ir.Op{compute.OpTypeNeg, compute.OpTypeOptimizationBarrier, ir.OpCopy} {
		if _, ok := ir.Relayout(g.Add(op, nil, []*ir.Value{x}, x.Shape)); ok {
			t.Errorf("%s: got a layout", ir.OpName(op))
		}
	}
	if _, ok := ir.Relayout(g.Add(compute.OpTypeConstant, nil, nil, x.Shape)); ok {
		t.Error("constant: got a layout")
	}
}

func TestBitcastToLargerElementsNeedsThemTogether(t *testing.T) {
	g := &ir.Graph{}
	x := g.Param("x", shapes.Make(dtypes.Uint16, 3, 2))
	n := g.Add(compute.OpTypeBitcast, nil, []*ir.Value{x}, shapes.Make(dtypes.Uint32, 3))
	if l, ok := ir.Relayout(n); !ok || !slices.Equal(l.Strides, []int{1}) {
		t.Errorf("got %v, %v", l, ok)
	}
	for _, in := range []ir.Layout{{Strides: []int{1, 3}}, {Offset: 1, Strides: []int{2, 1}}, {Strides: []int{3, 1}}} {
		if l, ok := ir.RelayoutFrom(n, in); ok {
			t.Errorf("%v: got %v", in, l)
		}
	}
}

func TestViewsOfWhatIsNotRowMajorAreRefused(t *testing.T) {
	g, x := value(2, 3)
	n := g.Add(ir.OpView, ir.View{Strides: []int{1}}, []*ir.Value{x}, f32(6))
	if _, ok := ir.RelayoutFrom(n, ir.Layout{Strides: []int{1, 2}}); ok {
		t.Error("got a layout")
	}
}

// A reshape keeps the elements and their order, and is refused only where no strides exist: a
// run of output elements of one axis would need different steps.
func TestReshapeKeepsTheOrderOfElements(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		factors := rapid.SliceOfN(rapid.IntRange(1, 3), 1, 5).Draw(t, "factors")
		from, to := grouped(t, factors), grouped(t, factors)
		g, x := value(from...)
		axes := rapid.Permutation(order(len(from))).Draw(t, "axes")
		var dims []int
		for _, a := range axes {
			dims = append(dims, from[a])
		}
		y := g.Add(compute.OpTypeTranspose, ir.Axes(axes), []*ir.Value{x}, f32(dims...))
		in, _ := ir.Relayout(y)
		z := g.Add(compute.OpTypeReshape, nil, y.Out, f32(to...))
		l, ok := ir.RelayoutFrom(z, in)
		want := elements(dims, in)
		if ok && !slices.Equal(elements(to, l), want) {
			t.Fatalf("%v of strides %v to %v: got strides %v", dims, in.Strides, to, l.Strides)
		}
		if !ok && stridesExist(to, want) {
			t.Fatalf("%v of strides %v to %v: got no strides", dims, in.Strides, to)
		}
	})
}

// stridesExist tries the only strides that can be right: the steps from the first element.
func stridesExist(dims, want []int) bool {
	l := ir.Layout{Offset: want[0], Strides: make([]int, len(dims))}
	row := ir.RowMajor(dims)
	for i, d := range dims {
		if d > 1 {
			l.Strides[i] = want[row[i]] - want[0]
		}
	}
	return slices.Equal(elements(dims, l), want)
}

func order(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// grouped multiplies neighbouring factors at random.
func grouped(t *rapid.T, factors []int) []int {
	out := []int{factors[0]}
	for _, f := range factors[1:] {
		if rapid.Bool().Draw(t, "merge") {
			out[len(out)-1] *= f
		} else {
			out = append(out, f)
		}
	}
	return out
}
