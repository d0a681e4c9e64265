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

// TestRowMajorStridesCountElements: walking an array in order steps through memory one by one.
func TestRowMajorStridesCountElements(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		dims := rapid.SliceOfN(rapid.IntRange(1, 4), 0, 4).Draw(r, "dims")
		strides := ir.RowMajor(dims)
		next := 0
		var walk func(axis, offset int)
		walk = func(axis, offset int) {
			if axis == len(dims) {
				if offset != next {
					t.Fatalf("%v: element %d lies at %d", dims, next, offset)
				}
				next++
				return
			}
			for i := range dims[axis] {
				walk(axis+1, offset+i*strides[axis])
			}
		}
		walk(0, 0)
		if !ir.Contiguous(dims, strides) {
			t.Fatalf("%v: strides %v are not contiguous", dims, strides)
		}
		for axis, d := range dims {
			spoilt := slices.Clone(strides)
			spoilt[axis] += 7
			if ir.Contiguous(dims, spoilt) != (d == 1) {
				t.Fatalf("%v: strides %v: got %v", dims, spoilt, d != 1)
			}
		}
	})
}

// TestLayoutsLeadToTheMemory: a view's layout is its attribute, any other value's is row-major.
func TestLayoutsLeadToTheMemory(t *testing.T) {
	g := &ir.Graph{}
	x := g.Param("x", shapes.Make(dtypes.Float32, 2, 3))
	view := g.Add(ir.OpView, ir.View{Offset: 2, Strides: []int{-1, 3}}, []*ir.Value{x}, shapes.Make(dtypes.Float32, 3, 2)).Out[0]
	y := g.Add(compute.OpTypeNeg, nil, []*ir.Value{view}, view.Shape).Out[0]
	for _, c := range []struct {
		value *ir.Value
		want  ir.Layout
	}{
		{x, ir.Layout{Base: x, Strides: []int{3, 1}}},
		{view, ir.Layout{Base: x, Offset: 2, Strides: []int{-1, 3}}},
		{y, ir.Layout{Base: y, Strides: []int{2, 1}}},
	} {
		got := ir.LayoutOf(c.value)
		if got.Base != c.want.Base || got.Offset != c.want.Offset || !slices.Equal(got.Strides, c.want.Strides) {
			t.Errorf("got %+v, want %+v", got, c.want)
		}
	}
	if err := ir.Verify(g); err != nil {
		t.Error(err)
	}
}

// TestRandomGraphsAreSoundAndSurviveCloning draws chains of elementwise operations.
func TestRandomGraphsAreSoundAndSurviveCloning(t *testing.T) {
	ops := []ir.Op{compute.OpTypeAdd, compute.OpTypeMul, compute.OpTypeMax, compute.OpTypeAbs, compute.OpTypeExp}
	rapid.Check(t, func(r *rapid.T) {
		g := &ir.Graph{Name: "random"}
		values := []*ir.Value{g.Param("x", vector(3)), g.Param("y", vector(3))}
		for range rapid.IntRange(0, 20).Draw(r, "nodes") {
			pick := func() *ir.Value { return values[rapid.IntRange(0, len(values)-1).Draw(r, "input")] }
			op := ops[rapid.IntRange(0, len(ops)-1).Draw(r, "operation")]
			in := []*ir.Value{pick()}
			if op == compute.OpTypeAdd || op == compute.OpTypeMul || op == compute.OpTypeMax {
				in = append(in, pick())
			}
			values = append(values, g.Add(op, nil, in, vector(3)).Out[0])
		}
		g.Results = values[len(values)-1:]
		c := g.Clone()
		if err := ir.Verify(g); err != nil {
			t.Fatal(err)
		}
		if err := ir.Verify(c); err != nil || c.String() != g.String() {
			t.Fatalf("the clone: %v\n%s\nwant\n%s", err, c, g)
		}
		for _, n := range c.Nodes {
			for _, v := range n.In {
				if slices.Contains(values, v) {
					t.Fatal("the clone uses a value of the original")
				}
			}
		}
	})
}
