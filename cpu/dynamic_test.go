package cpu_test

import (
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu"
)

// rows is a float32 matrix with any number of rows, of a named axis.
func rows(name string, columns int) shapes.Shape {
	return shapes.MakeDynamic(dtypes.Float32, []int{shapes.DynamicDim, columns}, []string{name, ""})
}

// TestNamedAxesTakeTheSizesOfTheInputs runs one executable on several numbers of rows; each
// number is compiled once.
func TestNamedAxesTakeTheSizesOfTheInputs(t *testing.T) {
	for _, mode := range modes {
		b := open(t, mode)
		e := program(t, b, func(f *maker) []compute.Value {
			x, bias := f.in(rows("batch", 2)), f.in(f32(1, 2))
			y := f.must(f.Add(x, bias))
			count := f.must(f.ConvertDType(f.must(f.DynamicDimensionSize(y, 0)), dtypes.Float32))
			mean := f.must(f.Div(f.must(f.ReduceSum(y, 0)), count))
			all := f.must(f.DynamicReshape(y, compute.DynamicDimensionSpec{Name: "elements"}))
			return []compute.Value{y, mean, all, f.must(f.DynamicShape(x))}
		})
		if out := e.Outputs(); !out[0].IsDynamic() || out[0].AxisName(0) != "batch" {
			t.Errorf("%s: outputs: got %v", mode, out)
		}
		bias := buffer(t, b, []float32{10, 20}, 1, 2)
		for _, n := range []int{1, 3, 2, 3} {
			x := make([]float32, 2*n)
			want := make([]float32, 2*n)
			for i := range x {
				x[i], want[i] = float32(i), float32(i+10*(1+i%2))
			}
			out := execute(t, e, buffer(t, b, x, n, 2), bias)
			if got := flat[float32](t, out[0]); !slices.Equal(got, want) {
				t.Errorf("%s: %d rows: got %v, want %v", mode, n, got, want)
			}
			if got, want := flat[float32](t, out[1]), []float32{float32(n-1) + 10, float32(n) + 20}; !slices.Equal(got, want) {
				t.Errorf("%s: %d rows: mean: got %v, want %v", mode, n, got, want)
			}
			if s, _ := out[2].Shape(); s.Rank() != 1 || s.Dimensions[0] != 2*n {
				t.Errorf("%s: %d rows: got %v", mode, n, s)
			}
			if got := flat[int32](t, out[3]); !slices.Equal(got, []int32{int32(n), 2}) {
				t.Errorf("%s: %d rows: got shape %v", mode, n, got)
			}
		}
		if got := b.(*cpu.Backend).Stats().Programs; got != 3 {
			t.Errorf("%s: got %d programs, want 3", mode, got)
		}
	}
}

// TestSizesMayBeComputedFromOthers: padding to twice the rows, broadcasting and counting to a sum.
func TestSizesMayBeComputedFromOthers(t *testing.T) {
	for _, mode := range modes {
		b := open(t, mode)
		e := program(t, b, func(f *maker) []compute.Value {
			x := f.in(rows("n", 1))
			n := f.must(f.DynamicDimensionSize(x, 0))
			twice := f.must(f.Add(n, n))
			zero := f.must(f.Constant([]float32{0}))
			padded := f.must(f.DynamicPad(x, zero, compute.DynamicPadAxis{EndValue: n, TargetAxisName: "m"}))
			to := compute.DynamicDimensionSpec{Name: "m", Value: twice}
			wide := f.must(f.DynamicBroadcastInDim(f.must(f.Constant([]float32{7})), nil, to))
			count := f.must(f.DynamicIota(dtypes.Float32, 0, to))
			return []compute.Value{padded, f.must(f.Add(wide, count))}
		})
		out := execute(t, e, buffer(t, b, []float32{1, 2, 3}, 3, 1))
		if got := flat[float32](t, out[0]); !slices.Equal(got, []float32{1, 2, 3, 0, 0, 0}) {
			t.Errorf("%s: got %v", mode, got)
		}
		if got := flat[float32](t, out[1]); !slices.Equal(got, []float32{7, 8, 9, 10, 11, 12}) {
			t.Errorf("%s: got %v", mode, got)
		}
	}
}

// TestNamedAxesReachIntoControlFlow: a loop over the rows, with slices at run-time positions.
func TestNamedAxesReachIntoControlFlow(t *testing.T) {
	i32 := shapes.Make(dtypes.Int32)
	b := open(t, "threads=1")
	e := program(t, b, func(f *maker) []compute.Value {
		x := f.in(rows("n", 2))
		cond := f.closure(func(c *maker) []compute.Value {
			i := c.in(i32)
			c.in(rows("n", 2))
			return []compute.Value{c.must(c.LessThan(i, c.must(c.DynamicDimensionSize(x, 0))))}
		})
		body := f.closure(func(c *maker) []compute.Value {
			i, y := c.in(i32), c.in(rows("n", 2))
			return []compute.Value{c.must(c.Add(i, c.must(c.Constant([]int32{1})))), c.must(c.Add(y, x))}
		})
		out, err := f.While(cond, body, f.must(f.Constant([]int32{0})), x)
		if err != nil {
			t.Fatalf("%+v", err)
		}
		return out
	})
	for n := 1; n < 4; n++ {
		x := make([]float32, 2*n)
		for i := range x {
			x[i] = 1
		}
		out := execute(t, e, buffer(t, b, x, n, 2))
		if got := flat[float32](t, out[1])[2*n-1]; got != float32(n+1) {
			t.Errorf("%d rows: got %v, want %d", n, got, n+1)
		}
	}
}

// TestSmallIntegerParametersMayDecideSizes: their values are part of what is specialised.
func TestSmallIntegerParametersMayDecideSizes(t *testing.T) {
	b := open(t, "threads=1")
	e := program(t, b, func(f *maker) []compute.Value {
		n := f.in(shapes.Make(dtypes.Int32))
		return []compute.Value{f.must(f.DynamicIota(dtypes.Int32, 0, compute.DynamicDimensionSpec{Name: "n", Value: n}))}
	})
	for _, n := range []int32{3, 1, 3} {
		if got := flat[int32](t, execute(t, e, buffer(t, b, []int32{n}))[0]); len(got) != int(n) || got[n-1] != n-1 {
			t.Errorf("got %v for %d", got, n)
		}
	}
	_, err := e.Execute([]compute.Buffer{buffer(t, b, []int32{-2})}, nil, 0)
	wantError(t, err, "got size -2")
}

func TestShapesThatDoNotFitNamedAxesAreErrors(t *testing.T) {
	b := open(t, "threads=1")
	f := &maker{b.Builder("sizes").Main(), t}
	x := f.in(f32(2))
	size := f.must(f.ConvertDType(f.must(f.ReduceSum(x)), dtypes.Int32))
	_, err := f.DynamicIota(dtypes.Int32, 0, compute.DynamicDimensionSpec{Name: "n", Value: size})
	if !compute.IsNotImplemented(err) {
		t.Errorf("a size that follows from floats: got %v, want ErrNotImplemented", err)
	}
	_, err = f.DynamicReshape(x, compute.DynamicDimensionSpec{Name: "n", Value: x})
	wantError(t, err, "want an integer scalar")
	e := program(t, b, func(f *maker) []compute.Value {
		return []compute.Value{f.must(f.Add(f.in(rows("n", 2)), f.in(rows("n", 2))))}
	})
	two, three := buffer(t, b, make([]float32, 4), 2, 2), buffer(t, b, make([]float32, 6), 3, 2)
	for part, in := range map[string][]compute.Buffer{
		"conflicting values":   {two, three},
		"dimension 1 mismatch": {two, buffer(t, b, make([]float32, 2), 2, 1)},
		"got shape (Int32)":    {two, buffer(t, b, make([]int32, 4), 2, 2)},
		"got <nil>":            {two, nil},
	} {
		_, err := e.Execute(in, nil, 0)
		wantError(t, err, part)
	}
}

// TestStaticCallsOfDynamicOperationsAreStatic: without named axes nothing waits for execution.
func TestStaticCallsOfDynamicOperationsAreStatic(t *testing.T) {
	b := open(t, "threads=1")
	e := program(t, b, func(f *maker) []compute.Value {
		x := f.in(f32(2, 3))
		n := f.must(f.Mul(f.must(f.DynamicDimensionSize(x, 0)), f.must(f.DynamicDimensionSize(x, 1))))
		return []compute.Value{f.must(f.DynamicReshape(x, compute.DynamicDimensionSpec{Name: "n", Value: n}))}
	})
	if s := e.Outputs()[0]; s.IsDynamic() || s.Dimensions[0] != 6 {
		t.Errorf("got %v, want 6 elements", s)
	}
}
