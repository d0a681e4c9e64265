package stock_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/stock"
)

// recording opens a function of GoMLX's engine with a vector of n elements and a scalar.
func recording(t *testing.T, n int) (f compute.Function, vector, scalar compute.Value) {
	t.Helper()
	b, err := gobackend.New("ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Finalize)
	f = b.Builder(t.Name()).Main()
	if vector, err = f.Parameter("x", f32(n), nil); err != nil {
		t.Fatal(err)
	}
	if scalar, err = f.Parameter("n", i32(), nil); err != nil {
		t.Fatal(err)
	}
	return f, vector, scalar
}

// named is a shape of float32 with a name for the axis whose size is open.
func named(dims []int, names ...string) shapes.Shape {
	return shapes.MakeDynamic(dtypes.Float32, dims, names)
}

// TestNamedAxesGetTheirSizes: from bindings, from a scalar whose number is known, or from the
// number of elements.
func TestNamedAxesGetTheirSizes(t *testing.T) {
	none := [3]ir.PadSize{{Input: -1}, {Input: -1}, {Input: -1}}
	end := none
	end[1] = ir.PadSize{Input: 2}
	for _, c := range []struct {
		op   ir.Op
		attr any
		out  shapes.Shape
		in   []int // 0 for the vector, 1 for the scalar, 2 for the fill value
		want []int
	}{
		{compute.OpTypeDynamicReshape, ir.DynamicDims{Dims: []ir.Dim{{Name: "rows", Input: -1}, {Static: 2, Input: -1}}}, named([]int{-1, 2}, "rows", ""), []int{0}, []int{3, 2}},
		{compute.OpTypeDynamicReshape, ir.DynamicDims{Dims: []ir.Dim{{Name: "m", Input: 1}, {Name: "rest", Input: -1}}}, named([]int{-1, -1}, "m", "rest"), []int{0, 1}, []int{2, 3}},
		{compute.OpTypeDynamicBroadcastInDim, ir.DynamicDims{Dims: []ir.Dim{{Name: "batch", Input: -1}, {Static: 6, Input: -1}}, Axes: []int{1}}, named([]int{-1, 6}, "batch", ""), []int{0}, []int{5, 6}},
		{compute.OpTypeDynamicIota, ir.DynamicDims{Dims: []ir.Dim{{Name: "batch", Input: -1}}, Axes: []int{0}}, named([]int{-1}, "batch"), nil, []int{5}},
		{compute.OpTypeDynamicPad, ir.DynamicPad{Sizes: [][3]ir.PadSize{end}}, named([]int{-1}, "padded"), []int{0, 2, 1}, []int{8}},
		{compute.OpTypeReshape, nil, named([]int{-1, 2}, "half", ""), []int{0}, []int{3, 2}},
		{compute.OpTypeBroadcastInDim, ir.Axes{1}, named([]int{-1, 6}, "batch", ""), []int{0}, []int{5, 6}},
	} {
		f, vector, scalar := recording(t, 6)
		fill, err := f.Constant([]float32{0})
		if err != nil {
			t.Fatal(err)
		}
		g := &ir.Graph{Name: "named"}
		params := []*ir.Value{g.Param("x", f32(6)), g.Param("n", i32()), g.Param("fill", f32())}
		var in []*ir.Value
		for _, i := range c.in {
			in = append(in, params[i])
		}
		g.Results = g.Add(c.op, c.attr, in, c.out).Out
		r := &stock.Replay{
			Function: f, Bindings: shapes.AxisBindings{"batch": 5, "half": 3}, Complete: true,
			Size: func(v compute.Value) (int, error) {
				if v != scalar {
					return 0, errors.New("another value")
				}
				return 2, nil
			},
		}
		out, err := r.Graph(g, []compute.Value{vector, scalar, fill})
		if err != nil {
			t.Errorf("%s: %v", ir.OpName(c.op), err)
			continue
		}
		if s, err := f.Shape(out[0]); err != nil || !slices.Equal(s.Dimensions, c.want) {
			t.Errorf("%s: got %v, %v, want %v", ir.OpName(c.op), s, err, c.want)
		}
		for i, name := range c.out.AxisNames {
			if name != "" && r.Bindings[name] != c.want[i] {
				t.Errorf("%s: axis %q: got size %d, want %d", ir.OpName(c.op), name, r.Bindings[name], c.want[i])
			}
		}
	}
}

// TestSizesThatNobodyKnowsAreErrors, as are those that do not fit.
func TestSizesThatNobodyKnowsAreErrors(t *testing.T) {
	for want, c := range map[string]struct {
		attr ir.DynamicDims
		size func(compute.Value) (int, error)
	}{
		"a size that is computed at run time": {ir.DynamicDims{Dims: []ir.Dim{{Name: "m", Input: 1}}}, nil},
		"it depends on data":                  {ir.DynamicDims{Dims: []ir.Dim{{Name: "m", Input: 1}}}, func(compute.Value) (int, error) { return 0, errors.New("it depends on data") }},
		"do not fill": {ir.DynamicDims{Dims: []ir.Dim{{Static: 4, Input: -1}, {Name: "rest", Input: -1}}},
			nil},
	} {
		f, vector, scalar := recording(t, 6)
		g := &ir.Graph{Name: "named"}
		in := []*ir.Value{g.Param("x", f32(6)), g.Param("n", i32())}
		g.Results = g.Add(compute.OpTypeDynamicReshape, c.attr, in, named([]int{-1}, "m")).Out
		r := &stock.Replay{Function: f, Bindings: shapes.AxisBindings{}, Size: c.size, Complete: true}
		if _, err := r.Graph(g, []compute.Value{vector, scalar}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}
