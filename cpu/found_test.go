package cpu_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// What random graphs found, as small as it gets.

// TestOneStepOfAdamReadsEveryOldArrayBeforeItIsWritten: the second array's gradient is the first
// array, which is given away.
func TestOneStepOfAdamReadsEveryOldArrayBeforeItIsWritten(t *testing.T) {
	const n = 100
	var want [][]float32
	for _, mode := range []string{"unfused", "threads=1", "threads=2"} {
		b := open(t, mode)
		e := program(t, b, func(f *maker) []compute.Value {
			first, second, m, v := f.in(f32(n)), f.in(f32(n)), f.in(f32(n)), f.in(f32(n))
			number := func(x float32) compute.Value { return f.must(f.Constant([]float32{x})) }
			step := func(w, g compute.Value) []compute.Value {
				m := f.must(f.Add(f.must(f.Mul(m, number(.9))), f.must(f.Mul(g, number(.1)))))
				v := f.must(f.Add(f.must(f.Mul(v, number(.99))), f.must(f.Mul(f.must(f.Mul(g, g)), number(.01)))))
				below := f.must(f.Add(f.must(f.Sqrt(v)), number(.5)))
				return []compute.Value{f.must(f.Sub(w, f.must(f.Div(f.must(f.Mul(m, number(.1))), below)))), m, v}
			}
			return append(step(first, second), step(second, first)...)
		})
		var in []compute.Buffer
		for k := range 4 {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(1+k) + float32(i)/n
			}
			in = append(in, buffer(t, b, x, n))
		}
		out, err := e.Execute(in, []bool{true, true, true, true}, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range out {
			got := flat[float32](t, r)
			if mode == "unfused" {
				want = append(want, got)
				continue
			}
			for k := range got {
				if d := got[k] - want[i][k]; d > 1e-6 || d < -1e-6 { // a few ulp of numbers up to 5
					t.Errorf("%s: result %d: element %d: got %v, want %v", mode, i, k, got[k], want[i][k])
					break
				}
			}
		}
	}
}

// TestGatherTakesSingleNumbersForIndexVectors: the axis of index vectors may be the one after the
// last, as in a scatter.
func TestGatherTakesSingleNumbersForIndexVectors(t *testing.T) {
	for _, mode := range []string{"threads=1", "unfused"} {
		b := open(t, mode)
		e := program(t, b, func(f *maker) (out []compute.Value) {
			defer func() {
				if r := recover(); r != nil {
					t.Fatalf("Gather panics: %v", r)
				}
			}()
			x, at := f.in(f32(3, 2)), f.in(shapes.Make(dtypes.Int32, 2))
			return []compute.Value{f.must(f.Gather(x, at, 1, []int{1}, []int{0}, []int{0}, []int{1, 2}, false))}
		})
		out := execute(t, e, buffer(t, b, []float32{1, 2, 3, 4, 5, 6}, 3, 2), buffer(t, b, []int32{2, 0}, 2))
		if got := flat[float32](t, out[0]); got[0] != 5 || got[1] != 6 || got[2] != 1 || got[3] != 2 {
			t.Errorf("%s: got %v, want 5 6 1 2", mode, got)
		}
	}
}
