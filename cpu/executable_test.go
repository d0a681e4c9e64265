package cpu_test

import (
	"slices"
	"sync"
	"testing"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu"
)

// descent is w ← w − 0.5·g with the sum of the new w.
func descent(t testing.TB, b compute.Backend, n int) *cpu.Executable {
	return program(t, b, func(f *maker) []compute.Value {
		w, g := f.in(f32(n)), f.in(f32(n))
		half := f.must(f.Constant([]float32{0.5}))
		next := f.must(f.Sub(w, f.must(f.Mul(g, half))))
		return []compute.Value{next, f.must(f.ReduceSum(next))}
	})
}

func TestDonatedParametersAreUpdatedInPlace(t *testing.T) {
	b := open(t, "threads=2")
	e := descent(t, b, 4)
	w, g := buffer(t, b, []float32{1, 2, 3, 4}, 4), buffer(t, b, []float32{2, 2, 2, 2}, 4)
	at := unsafe.SliceData(flat[float32](t, w))
	out, err := e.Execute([]compute.Buffer{w, g}, []bool{true, false}, 0)
	if err != nil {
		t.Fatal(err)
	}
	got := flat[float32](t, out[0])
	if !slices.Equal(got, []float32{0, 1, 2, 3}) || flat[float32](t, out[1])[0] != 6 {
		t.Errorf("got %v and %v, want 0 1 2 3 and 6", got, flat[float32](t, out[1]))
	}
	if unsafe.SliceData(got) != at {
		t.Error("the result has other memory than the donated parameter")
	}
	if err := w.Finalize(); err != nil {
		t.Errorf("finalizing a donated buffer: got %v, want nothing to happen", err)
	}
	_, err = w.Data()
	wantError(t, err, "it was donated")
	_, err = e.Execute([]compute.Buffer{w, g}, nil, 0)
	wantError(t, err, "input 0")
	if got := flat[float32](t, g); !slices.Equal(got, []float32{2, 2, 2, 2}) {
		t.Errorf("a parameter that was not donated changed to %v", got)
	}
}

func TestStepsAllocateNothing(t *testing.T) {
	b := open(t, "threads=2")
	e := descent(t, b, 1000)
	inputs := []compute.Buffer{buffer(t, b, make([]float32, 1000), 1000), buffer(t, b, make([]float32, 1000), 1000)}
	results := make([]compute.Buffer, 2)
	donate := []bool{true, false}
	step := func() {
		if err := e.ExecuteInto(results, inputs, donate); err != nil {
			t.Fatal(err)
		}
		inputs[0] = results[0]
	}
	if n := testing.AllocsPerRun(100, step); n != 0 {
		t.Errorf("got %v allocations a step, want 0", n)
	}
	if _, err := results[1].Data(); err != nil {
		t.Error(err)
	}
}

// TestDonatedBuffersServeAsResults: with every input donated and none kept, objects and memory
// go round.
func TestDonatedBuffersServeAsResults(t *testing.T) {
	b := open(t, "threads=1")
	e := program(t, b, func(f *maker) []compute.Value {
		return []compute.Value{f.must(f.Transpose(f.in(f32(3, 5)), 1, 0))}
	})
	back := program(t, b, func(f *maker) []compute.Value {
		return []compute.Value{f.must(f.Transpose(f.in(f32(5, 3)), 1, 0))}
	})
	x := make([]float32, 15)
	for i := range x {
		x[i] = float32(i)
	}
	a, c := []compute.Buffer{buffer(t, b, x, 3, 5)}, make([]compute.Buffer, 1)
	donate := []bool{true}
	step := func() {
		c[0] = nil
		if err := e.ExecuteInto(c, a, donate); err != nil {
			t.Fatal(err)
		}
		a[0] = nil
		if err := back.ExecuteInto(a, c, donate); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(50, step); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
	if got := flat[float32](t, a[0]); !slices.Equal(got, x) {
		t.Errorf("got %v, want %v", got, x)
	}
}

// TestResultsAreWrittenOver: a buffer of the right shape in the results keeps its object; one
// that is also an input, or of another shape, is left alone.
func TestResultsAreWrittenOver(t *testing.T) {
	b := open(t, "threads=1")
	e := descent(t, b, 2)
	w, g := buffer(t, b, []float32{1, 2}, 2), buffer(t, b, []float32{0, 0}, 2)
	sum, wrong := buffer(t, b, []float32{9}), buffer(t, b, []float32{9}, 1)
	results := []compute.Buffer{w, sum}
	if err := e.ExecuteInto(results, []compute.Buffer{w, g}, nil); err != nil {
		t.Fatal(err)
	}
	if results[0] == w || results[1] != sum || flat[float32](t, sum)[0] != 3 {
		t.Errorf("got %v and %v", results[0], flat[float32](t, results[1]))
	}
	results = []compute.Buffer{nil, wrong}
	if err := e.ExecuteInto(results, []compute.Buffer{w, g}, nil); err != nil {
		t.Fatal(err)
	}
	if results[1] == wrong || flat[float32](t, wrong)[0] != 9 {
		t.Error("a buffer of another shape was written over")
	}
}

// TestOneBufferTwiceAndDonated: it is read for both parameters and given up once.
func TestOneBufferTwiceAndDonated(t *testing.T) {
	b := open(t, "threads=1")
	e := descent(t, b, 1)
	x := buffer(t, b, []float32{4}, 1)
	out, err := e.Execute([]compute.Buffer{x, x}, []bool{true, true}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := flat[float32](t, out[0])[0]; got != 2 {
		t.Errorf("got %v, want 2", got)
	}
	_, err = x.Data()
	wantError(t, err, "it was donated")
}

func TestFailuresBeforeTheStartLeaveBuffersAlone(t *testing.T) {
	b := open(t, "threads=1")
	e := descent(t, b, 2)
	w, g := buffer(t, b, []float32{1, 2}, 2), buffer(t, b, []float32{1}, 1)
	_, err := e.Execute([]compute.Buffer{w, g}, []bool{true, true}, 0)
	wantError(t, err, "got shape (Float32)[1], want (Float32)[2]")
	for _, x := range []compute.Buffer{w, g} {
		if err := x.Finalize(); err != nil {
			t.Errorf("the buffer is not as it was: %v", err)
		}
	}
	_, err = e.Execute([]compute.Buffer{w}, nil, 0)
	wantError(t, err, "got 1 inputs")
	_, err = e.Execute([]compute.Buffer{w, g}, []bool{true}, 0)
	wantError(t, err, "1 donations")
	_, err = e.Execute([]compute.Buffer{w, g}, nil, 3)
	wantError(t, err, "device: got 3")
	e.Finalize()
	_, err = e.Execute([]compute.Buffer{w, g}, nil, 0)
	wantError(t, err, "is finalized")
}

func TestExecutablesDescribeThemselves(t *testing.T) {
	e := descent(t, open(t, "threads=1"), 3)
	names, in := e.Inputs()
	if !slices.Equal(names, []string{"x", "x"}) || len(in) != 2 || !in[0].Equal(f32(3)) {
		t.Errorf("inputs: got %v %v", names, in)
	}
	if out := e.Outputs(); len(out) != 2 || !out[0].Equal(f32(3)) || !out[1].Equal(f32()) {
		t.Errorf("outputs: got %v", out)
	}
}

// TestExecutionsAtOnceAreIndependent runs one program from eight goroutines, each with numbers
// of its own, half of them donated.
func TestExecutionsAtOnceAreIndependent(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			b := open(t, mode)
			const n = 96
			e := program(t, b, func(f *maker) []compute.Value {
				x := f.in(f32(n, n))
				y := f.must(f.DotGeneral(x, []int{1}, nil, x, []int{0}, nil, compute.DotGeneralConfig{}))
				return []compute.Value{f.must(f.ReduceMax(y)), f.must(f.Neg(x))}
			})
			var wg sync.WaitGroup
			for k := range 8 {
				wg.Go(func() {
					for range 5 {
						x := make([]float32, n*n)
						for i := range x {
							x[i] = float32(k + 1)
						}
						out, err := e.Execute([]compute.Buffer{buffer(t, b, x, n, n)}, []bool{k%2 == 0}, 0)
						if err != nil {
							t.Error(err)
							return
						}
						want := float32(n * (k + 1) * (k + 1)) // exact: small integers
						if got := flat[float32](t, out[0])[0]; got != want || flat[float32](t, out[1])[7] != -float32(k+1) {
							t.Errorf("goroutine %d: got %v, want %v", k, got, want)
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// TestResultsMayBeParametersConstantsAndEachOther covers the results that no operation computes.
func TestResultsMayBeParametersConstantsAndEachOther(t *testing.T) {
	for _, mode := range modes {
		b := open(t, mode)
		e := program(t, b, func(f *maker) []compute.Value {
			x, unused := f.in(f32(2)), f.in(shapes.Make(dtypes.Int32, 0))
			c := f.must(f.Constant([]float32{5, 6}, 2))
			y := f.must(f.Abs(x))
			return []compute.Value{x, c, y, y, x, unused}
		})
		out := execute(t, e, buffer(t, b, []float32{-1, 2}, 2), buffer(t, b, []int32{}, 0))
		for i, want := range [][]float32{{-1, 2}, {5, 6}, {1, 2}, {1, 2}, {-1, 2}} {
			if got := flat[float32](t, out[i]); !slices.Equal(got, want) {
				t.Errorf("%s: result %d: got %v, want %v", mode, i, got, want)
			}
		}
		flat[float32](t, out[2])[0] = 7
		if flat[float32](t, out[3])[0] != 1 {
			t.Errorf("%s: two results share memory", mode)
		}
	}
}
