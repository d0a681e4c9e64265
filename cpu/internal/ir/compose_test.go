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

// moving is an array with a number at every element, and the nodes that have moved it.
type moving struct {
	g    *ir.Graph
	v    *ir.Value
	dims []int
	at   []int // for every element in row-major order, the element of the parameter that it is
}

func newMoving(t *rapid.T) *moving {
	dims := rapid.SliceOfN(rapid.IntRange(1, 4), 0, 4).Draw(t, "dims")
	m := &moving{g: &ir.Graph{Name: "moving"}, dims: dims}
	m.v = m.g.Param("x", f32(dims...))
	for i := range m.v.Shape.Size() {
		m.at = append(m.at, i)
	}
	return m
}

// apply adds a node, and moves the numbers by its definition: from gives the place in the input
// of each place in the output.
func (m *moving) apply(op ir.Op, attr any, dims []int, from func(place []int) []int) {
	m.v = m.g.Add(op, attr, []*ir.Value{m.v}, f32(dims...)).Out[0]
	row := ir.RowMajor(m.dims)
	var at []int
	place := make([]int, len(dims))
	var walk func(axis int)
	walk = func(axis int) {
		if axis == len(dims) {
			flat := 0
			for i, p := range from(place) {
				flat += p * row[i]
			}
			at = append(at, m.at[flat])
			return
		}
		for place[axis] = range dims[axis] {
			walk(axis + 1)
		}
	}
	walk(0)
	m.dims, m.at = dims, at
}

func (m *moving) transpose(t *rapid.T) {
	axes := rapid.Permutation(order(len(m.dims))).Draw(t, "permutation")
	dims := make([]int, len(axes))
	for i, a := range axes {
		dims[i] = m.dims[a]
	}
	m.apply(compute.OpTypeTranspose, ir.Axes(axes), dims, func(place []int) []int {
		out := make([]int, len(place))
		for i, a := range axes {
			out[a] = place[i]
		}
		return out
	})
}

func (m *moving) reverse(t *rapid.T) {
	if len(m.dims) == 0 {
		return
	}
	axis, n := rapid.IntRange(0, len(m.dims)-1).Draw(t, "axis"), slices.Clone(m.dims)
	m.apply(compute.OpTypeReverse, ir.Axes{axis}, n, func(place []int) []int {
		out := slices.Clone(place)
		out[axis] = n[axis] - 1 - out[axis]
		return out
	})
}

func (m *moving) slice(t *rapid.T) {
	var s ir.Slice
	var dims []int
	for _, n := range m.dims {
		start, step := rapid.IntRange(0, n-1).Draw(t, "start"), rapid.IntRange(1, 3).Draw(t, "step")
		limit := rapid.IntRange(start+1, n).Draw(t, "limit")
		s.Starts, s.Limits, s.Strides = append(s.Starts, start), append(s.Limits, limit), append(s.Strides, step)
		dims = append(dims, (limit-start+step-1)/step)
	}
	m.apply(compute.OpTypeSlice, s, dims, func(place []int) []int {
		out := slices.Clone(place)
		for i := range out {
			out[i] = s.Starts[i] + out[i]*s.Strides[i]
		}
		return out
	})
}

func (m *moving) broadcast(t *rapid.T) {
	at, n := rapid.IntRange(0, len(m.dims)).Draw(t, "at"), rapid.IntRange(1, 3).Draw(t, "times")
	dims := slices.Insert(slices.Clone(m.dims), at, n)
	axes := slices.Delete(order(len(dims)), at, at+1)
	was := m.dims
	for i, a := range axes {
		if was[i] == 1 { // axes of length 1 are repeated as well
			dims[a] = rapid.IntRange(1, 2).Draw(t, "widened")
		}
	}
	m.apply(compute.OpTypeBroadcastInDim, ir.Axes(axes), dims, func(place []int) []int {
		out := make([]int, len(was))
		for i, a := range axes {
			if was[i] > 1 {
				out[i] = place[a]
			}
		}
		return out
	})
}

// TestLayoutsComposeThroughAnyMoves follows up to six moves with layouts, and finds every element
// where the definitions of the operations say.
func TestLayoutsComposeThroughAnyMoves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMoving(t)
		l := ir.LayoutOf(m.v)
		moves := []func(*rapid.T){m.transpose, m.reverse, m.slice, m.broadcast}
		for range rapid.IntRange(1, 6).Draw(t, "moves") {
			if len(m.at) > 3000 {
				break
			}
			was := m.v
			if moves[rapid.IntRange(0, len(moves)-1).Draw(t, "move")](t); m.v == was {
				continue // no axis to move
			}
			next, ok := ir.RelayoutFrom(m.v.Def, l)
			if !ok {
				t.Fatalf("no layout of\n%v", m.g)
			}
			if got := elements(m.dims, next); !slices.Equal(got, m.at) {
				t.Fatalf("got elements %v, want %v of\n%v", got, m.at, m.g)
			}
			l = next
		}
		m.g.Results = []*ir.Value{m.v}
		if err := ir.Verify(m.g); err != nil {
			t.Fatal(err)
		}
		// The same as one view of the parameter.
		p := m.g.Params[0]
		view := m.g.Add(ir.OpView, ir.View{Offset: l.Offset, Strides: l.Strides}, []*ir.Value{p}, m.v.Shape).Out[0]
		if err := ir.Verify(m.g); err != nil {
			t.Fatal(err)
		}
		if got := ir.LayoutOf(view); got.Base != p || !slices.Equal(elements(m.dims, got), m.at) {
			t.Fatalf("the view: got %+v", got)
		}
	})
}

// TestViewsAreHeldToTheirMemory draws views and compares the verdict with the elements they reach.
func TestViewsAreHeldToTheirMemory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := &ir.Graph{Name: "view"}
		n := rapid.IntRange(0, 8).Draw(t, "elements")
		x := g.Param("x", f32(n))
		dims := rapid.SliceOfN(rapid.IntRange(0, 3), 0, 3).Draw(t, "dims")
		v := ir.View{Offset: rapid.IntRange(-1, 5).Draw(t, "offset"), Strides: make([]int, len(dims))}
		for i := range dims {
			v.Strides[i] = rapid.IntRange(-3, 3).Draw(t, "stride")
		}
		y := g.Add(ir.OpView, v, []*ir.Value{x}, f32(dims...)).Out[0]
		g.Results = []*ir.Value{y}
		want := true
		if y.Shape.Size() > 0 {
			for _, at := range elements(dims, ir.Layout{Offset: v.Offset, Strides: v.Strides}) {
				want = want && at >= 0 && at < n
			}
		}
		if err := ir.Verify(g); (err == nil) != want {
			t.Fatalf("got %v, want accepted: %v\n%v", err, want, g)
		}
	})
}

// TestReshapesOfEmptyArraysHaveALayout: there is no element that could lie elsewhere.
func TestReshapesOfEmptyArraysHaveALayout(t *testing.T) {
	g := &ir.Graph{}
	x := g.Param("x", f32(0, 3))
	for _, dims := range [][]int{{0}, {3, 0}, {2, 0, 7}} {
		l, ok := ir.Relayout(g.Add(compute.OpTypeReshape, nil, []*ir.Value{x}, f32(dims...)))
		if !ok || len(l.Strides) != len(dims) || l.Base != x {
			t.Errorf("%v: got %+v, %v", dims, l, ok)
		}
	}
	turned := g.Add(compute.OpTypeReverse, ir.Axes{0}, []*ir.Value{x}, x.Shape)
	if l, ok := ir.Relayout(turned); !ok || l.Offset < 0 {
		t.Errorf("reversed: got %+v, %v", l, ok)
	}
}

// TestElementsBelowAByteHaveNoLayout, but for what keeps their order.
func TestElementsBelowAByteHaveNoLayout(t *testing.T) {
	g := &ir.Graph{}
	four := shapes.Make(dtypes.Int4, 2, 4)
	x := g.Param("x", four)
	for _, c := range []struct {
		op   ir.Op
		attr any
		out  shapes.Shape
		want bool
	}{
		{compute.OpTypeIdentity, nil, four, true},
		{compute.OpTypeReshape, nil, shapes.Make(dtypes.Int4, 8), true},
		{compute.OpTypeTranspose, ir.Axes{1, 0}, shapes.Make(dtypes.Int4, 4, 2), false},
		{compute.OpTypeReverse, ir.Axes{0}, four, false},
		{compute.OpTypeSlice, ir.Slice{Starts: []int{0, 0}, Limits: []int{1, 4}, Strides: []int{1, 1}}, shapes.Make(dtypes.Int4, 1, 4), false},
		{compute.OpTypeBitcast, nil, shapes.Make(dtypes.Uint8, 2, 2), false},
	} {
		if _, ok := ir.Relayout(g.Add(c.op, c.attr, []*ir.Value{x}, c.out)); ok != c.want {
			t.Errorf("%s: got a layout: %v, want %v", ir.OpName(c.op), ok, c.want)
		}
	}
}
