package cpu_test

import (
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// TestWhileCapturesValuesOfEnclosingFunctions computes xⁿ: n and x are captured by condition and
// body, the body holds an If that captures from two levels up.
func TestWhileCapturesValuesOfEnclosingFunctions(t *testing.T) {
	i32 := shapes.Make(dtypes.Int32)
	for _, mode := range modes {
		b := open(t, mode)
		e := program(t, b, func(f *maker) []compute.Value {
			x, n := f.in(f32(3)), f.in(i32)
			one := f.must(f.Constant([]int32{1}))
			start := f.must(f.BroadcastInDim(f.must(f.Constant([]float32{1})), f32(3), nil))
			cond := f.closure(func(c *maker) []compute.Value {
				// Captured before the parameters are made: parameters come first all the same.
				limit := c.must(c.Identity(n))
				i := c.in(i32)
				c.in(f32(3))
				return []compute.Value{c.must(c.LessThan(i, limit))}
			})
			body := f.closure(func(c *maker) []compute.Value {
				i, power := c.in(i32), c.in(f32(3))
				never := c.must(c.LessThan(i, c.must(c.Constant([]int32{0}))))
				next, err := c.If(never,
					c.closure(func(d *maker) []compute.Value { return []compute.Value{power} }),
					c.closure(func(d *maker) []compute.Value { return []compute.Value{d.must(d.Mul(power, x))} }))
				if err != nil {
					t.Fatalf("%+v", err)
				}
				return []compute.Value{c.must(c.Add(i, one)), next[0]}
			})
			out, err := f.While(cond, body, f.must(f.Constant([]int32{0})), start)
			if err != nil {
				t.Fatalf("%+v", err)
			}
			return out
		})
		for _, n := range []int32{0, 1, 5} {
			out := execute(t, e, buffer(t, b, []float32{1, 2, -3}, 3), buffer(t, b, []int32{n}))
			want := []float32{1, 1, 1}
			for range n {
				for k, x := range []float32{1, 2, -3} {
					want[k] *= x
				}
			}
			if got := flat[float32](t, out[1]); !slices.Equal(got, want) || flat[int32](t, out[0])[0] != n {
				t.Errorf("%s: n = %d: got %v, want %v", mode, n, got, want)
			}
		}
	}
}

// TestSortMovesTensorsTogether sorts by the first tensor, descending or ascending as a captured
// value says; equal keys keep their order.
func TestSortMovesTensorsTogether(t *testing.T) {
	for _, mode := range modes {
		b := open(t, mode)
		e := program(t, b, func(f *maker) []compute.Value {
			keys, items, up := f.in(f32(2, 4)), f.in(shapes.Make(dtypes.Int32, 2, 4)), f.in(shapes.Make(dtypes.Bool))
			less := f.closure(func(c *maker) []compute.Value {
				l, r := c.in(f32()), c.in(f32())
				c.in(shapes.Make(dtypes.Int32))
				c.in(shapes.Make(dtypes.Int32))
				return []compute.Value{c.must(c.Where(up, c.must(c.LessThan(l, r)), c.must(c.GreaterThan(l, r))))}
			})
			out, err := f.Sort(less, -1, true, keys, items)
			if err != nil {
				t.Fatalf("%+v", err)
			}
			return out
		})
		keys := buffer(t, b, []float32{3, 1, 3, 2, 0, 0, -1, 5}, 2, 4)
		items := buffer(t, b, []int32{0, 1, 2, 3, 4, 5, 6, 7}, 2, 4)
		for _, c := range []struct {
			up    bool
			keys  []float32
			items []int32
		}{
			{true, []float32{1, 2, 3, 3, -1, 0, 0, 5}, []int32{1, 3, 0, 2, 6, 4, 5, 7}},
			{false, []float32{3, 3, 2, 1, 5, 0, 0, -1}, []int32{0, 2, 3, 1, 7, 4, 5, 6}},
		} {
			out := execute(t, e, keys, items, buffer(t, b, []bool{c.up}))
			if k, i := flat[float32](t, out[0]), flat[int32](t, out[1]); !slices.Equal(k, c.keys) || !slices.Equal(i, c.items) {
				t.Errorf("%s: ascending %v: got %v %v, want %v %v", mode, c.up, k, i, c.keys, c.items)
			}
		}
	}
}

// TestControlFlowChecksItsClosures: signatures that do not fit are errors when they are recorded.
func TestControlFlowChecksItsClosures(t *testing.T) {
	f := &maker{open(t, "threads=1").Builder("checks").Main(), t}
	x, yes := f.in(f32(2)), f.must(f.Constant([]bool{true}))
	gives := func(v func(c *maker) compute.Value, params ...shapes.Shape) compute.Function {
		return f.closure(func(c *maker) []compute.Value {
			for _, s := range params {
				c.in(s)
			}
			return []compute.Value{v(c)}
		})
	}
	same := func(*maker) compute.Value { return x }
	shorter := func(c *maker) compute.Value { return c.must(c.ReduceSum(x)) }
	truth := func(*maker) compute.Value { return yes }
	open, err := f.Closure()
	if err != nil {
		t.Fatal(err)
	}
	for part, call := range map[string]func() ([]compute.Value, error){
		"condition: want one bool":    func() ([]compute.Value, error) { return f.While(gives(same, f32(2)), gives(same, f32(2)), x) },
		"parameters of the condition": func() ([]compute.Value, error) { return f.While(gives(truth), gives(same, f32(2)), x) },
		"parameters of the body":      func() ([]compute.Value, error) { return f.While(gives(truth, f32(2)), gives(same, f32()), x) },
		"results of the body":         func() ([]compute.Value, error) { return f.While(gives(truth, f32(2)), gives(shorter, f32(2)), x) },
		"body has not returned":       func() ([]compute.Value, error) { return f.While(gives(truth, f32(2)), open, x) },
		"a branch has parameters":     func() ([]compute.Value, error) { return f.If(yes, gives(same, f32(1)), gives(same)) },
		"results of the second":       func() ([]compute.Value, error) { return f.If(yes, gives(same), gives(shorter)) },
		"first branch has not":        func() ([]compute.Value, error) { return f.If(yes, open, gives(same)) },
		"want 2 parameters":           func() ([]compute.Value, error) { return f.Sort(gives(truth), 0, true, x) },
		"Sort: axis 1":                func() ([]compute.Value, error) { return f.Sort(gives(truth, f32(), f32()), 1, true, x) },
		"got a parameter (Float32)[2]": func() ([]compute.Value, error) {
			return f.Sort(gives(truth, f32(2), f32(2)), 0, true, x)
		},
		"a closure of the function": func() ([]compute.Value, error) {
			return f.If(yes, f.Function, gives(same))
		},
	} {
		_, err := call()
		wantError(t, err, part)
	}
	inner := &maker{open, t}
	v := inner.must(inner.Neg(x))
	_, err = f.Abs(v)
	wantError(t, err, "does not enclose this one")
}
