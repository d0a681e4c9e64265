package bench

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/backend"
)

// result builds a piece of work, runs it on ramps, and gives its elements and dimensions.
func result(t *testing.T, w work) (y []float32, dims []int) {
	t.Helper()
	b, err := backend.Open("elbo:threads=1")
	if err != nil {
		t.Fatal(err)
	}
	builder := b.Builder(t.Name())
	f := builder.Main()
	var values []compute.Value
	var in []compute.Buffer
	for _, d := range w.inputs {
		s := shapes.Make(dtypes.Float32, d...)
		v, err := f.Parameter("x", s, nil)
		if err != nil {
			t.Fatal(err)
		}
		x, err := b.BufferFromFlatData(0, ramp(s.Size()), s)
		if err != nil {
			t.Fatal(err)
		}
		values, in = append(values, v), append(in, x)
	}
	out, err := w.build(f, values)
	if err != nil {
		t.Fatalf("%s: %v", w.name, err)
	}
	if err := f.Return([]compute.Value{out}, nil); err != nil {
		t.Fatal(err)
	}
	ex, err := builder.Compile()
	if err != nil {
		t.Fatal(err)
	}
	defer ex.Finalize()
	results, err := ex.Execute(in, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	flat, err := results[0].Data()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(flat.([]float32)), ex.Outputs()[0].Dimensions
}

// near compares with numbers in float64.
//
// Tolerance: sums of at most 784 products of numbers below 1, in float32.
func near(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d elements, want %d", what, len(got), len(want))
	}
	for i := range want {
		if math.Abs(float64(got[i])-want[i]) > 1e-4*math.Max(1, math.Abs(want[i])) {
			t.Fatalf("%s: element %d: got %v, want %v", what, i, got[i], want[i])
		}
	}
}

// TestProductsAreWhatTheirNamesSay multiplies the small ones of the suite by the definition.
func TestProductsAreWhatTheirNamesSay(t *testing.T) {
	for _, w := range products() {
		if w.flops > 1e8 {
			continue
		}
		y, dims := result(t, w)
		m, n := dims[0], dims[1]
		a, b := ramp(w.inputs[0][0]*w.inputs[0][1]), ramp(w.inputs[1][0]*w.inputs[1][1])
		k := len(a) / m
		if got := 2 * float64(m) * float64(n) * float64(k); got != w.flops {
			t.Errorf("%s: got %g operations, want %g", w.name, w.flops, got)
		}
		left := func(i, l int) float32 { return a[i*k+l] }
		if strings.Contains(w.name, "Aᵀ") {
			left = func(i, l int) float32 { return a[l*m+i] }
		}
		right := func(l, j int) float32 { return b[l*n+j] }
		if strings.Contains(w.name, "Bᵀ") {
			right = func(l, j int) float32 { return b[j*k+l] }
		}
		for _, at := range [][2]int{{0, 0}, {m - 1, n - 1}, {m / 2, n / 3}} {
			sum := 0.
			for l := range k {
				sum += float64(left(at[0], l)) * float64(right(l, at[1]))
			}
			near(t, w.name, y[at[0]*n+at[1]:][:1], []float64{sum})
		}
	}
}

// convolved is a convolution of N×H×H×in with k×k×in×out by its definition.
func (c image) convolved(x, kernel []float32) []float64 {
	side := c.side()
	y := make([]float64, c.n*side*side*c.out)
	c.each(func(input, weight, output int) { y[output] += float64(x[input]) * float64(kernel[weight]) })
	return y
}

// each visits the products that a convolution adds up.
func (c image) each(visit func(input, weight, output int)) {
	side := c.side()
	for n := range c.n {
		for oy := range side {
			for ox := range side {
				for ky := range c.k {
					for kx := range c.k {
						iy, ix := oy*c.stride+ky-c.pad(), ox*c.stride+kx-c.pad()
						if iy < 0 || iy >= c.h || ix < 0 || ix >= c.h {
							continue
						}
						for i := range c.in {
							for o := range c.out {
								visit(((n*c.h+iy)*c.h+ix)*c.in+i, ((ky*c.k+kx)*c.in+i)*c.out+o, ((n*side+oy)*side+ox)*c.out+o)
							}
						}
					}
				}
			}
		}
	}
}

// TestConvolutionsAndTheirGradientsAreTheirDefinitions, on images small enough for loops.
func TestConvolutionsAndTheirGradientsAreTheirDefinitions(t *testing.T) {
	for _, c := range []image{{2, 6, 3, 5, 3, 1}, {1, 8, 2, 4, 4, 2}, {3, 5, 1, 2, 3, 1}, {2, 4, 4, 3, 1, 1}} {
		x, kernel, dy := ramp(c.n*c.h*c.h*c.in), ramp(c.k*c.k*c.in*c.out), ramp(c.n*c.side()*c.side()*c.out)
		y, dims := result(t, c.forward())
		if !slices.Equal(dims, c.y()) {
			t.Fatalf("%+v: got %v, want %v", c, dims, c.y())
		}
		near(t, c.name("forward"), y, c.convolved(x, kernel))
		if c.stride > 1 {
			continue
		}
		dx, dw := make([]float64, len(x)), make([]float64, len(kernel))
		c.each(func(input, weight, output int) {
			dx[input] += float64(dy[output]) * float64(kernel[weight])
			dw[weight] += float64(dy[output]) * float64(x[input])
		})
		y, dims = result(t, c.inputGradient())
		if !slices.Equal(dims, c.x()) {
			t.Fatalf("∂x: got %v, want %v", dims, c.x())
		}
		near(t, c.name("∂x"), y, dx)
		y, dims = result(t, c.kernelGradient())
		if !slices.Equal(dims, c.kernel()) {
			t.Fatalf("∂w: got %v, want %v", dims, c.kernel())
		}
		near(t, c.name("∂w"), y, dw)
	}
}

// TestElementwiseWorkIsWhatItsNameSays, at a few elements.
func TestElementwiseWorkIsWhatItsNameSays(t *testing.T) {
	want := map[string]func(x float64) float64{
		"exp": math.Exp, "log1p": math.Log1p, "tanh": math.Tanh, "erf": math.Erf, "sin": math.Sin,
		"logistic": func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
		"x·y + x":  func(x float64) float64 { return x*x + x },
	}
	x := ramp(128 * 784)
	for _, w := range elementwise() {
		y, dims := result(t, w)
		f, pointwise := want[w.name]
		switch {
		case pointwise:
			var all []float64
			for _, v := range x {
				all = append(all, f(float64(v)))
			}
			near(t, w.name, y, all)
		case w.name == "transpose":
			if !slices.Equal(dims, []int{784, 128}) || y[1] != x[784] {
				t.Errorf("transpose: got %v and %v, want %v", dims, y[1], x[784])
			}
		case w.name == "sum of rows" || w.name == "sum of columns":
			sum, step, count := 0., 1, 784
			if w.name == "sum of columns" {
				step, count = 784, 128
			}
			for i := range count {
				sum += float64(x[i*step])
			}
			near(t, w.name, y[:1], []float64{sum})
		default:
			t.Errorf("%s: no definition", w.name)
		}
	}
}

// TestNamesAreUnique, so that records of two machines can be laid side by side.
func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range slices.Concat(products(), convolutions(), elementwise()) {
		if key := w.group + " " + w.name; seen[key] || w.name == "" {
			t.Errorf("got %q twice", key)
		} else {
			seen[key] = true
		}
		if (w.group == "elementwise") != (w.flops == 0) {
			t.Errorf("%s: got %g operations", w.name, w.flops)
		}
	}
}

// sleeper is an executable that takes a while, and fails from some execution on.
type sleeper struct {
	compute.Executable
	calls, fails int
	takes        []time.Duration
}

func (s *sleeper) Execute([]compute.Buffer, []bool, compute.DeviceNum) ([]compute.Buffer, error) {
	s.calls++
	if s.calls == s.fails {
		return nil, errors.New("out of order")
	}
	time.Sleep(s.takes[min(s.calls, len(s.takes))-1])
	return nil, nil
}

// TestTheFastestExecutionCounts, of at least three, and of as many as the time allows.
func TestTheFastestExecutionCounts(t *testing.T) {
	ms := time.Millisecond
	s := &sleeper{takes: []time.Duration{60 * ms, 5 * ms, 60 * ms}}
	best, err := fastest(s, nil, 0)
	if err != nil || s.calls != 3 || best < 5*ms || best >= 60*ms {
		t.Errorf("got %v after %d executions, %v; want about 5 ms after 3", best, s.calls, err)
	}
	s = &sleeper{takes: []time.Duration{ms}}
	if _, err := fastest(s, nil, 50*ms); err != nil || s.calls < 4 {
		t.Errorf("got %d executions in 50 ms, %v", s.calls, err)
	}
	s = &sleeper{takes: []time.Duration{ms}, fails: 2}
	if _, err := fastest(s, nil, 0); err == nil || s.calls != 2 {
		t.Errorf("got %v after %d executions, want the error of the second", err, s.calls)
	}
}

// TestRampsStayBelowOne and do not repeat within a row.
func TestRampsStayBelowOne(t *testing.T) {
	x := ramp(3000)
	seen := map[float32]int{}
	for i, v := range x {
		if v < 0 || v >= 1 {
			t.Fatalf("element %d: got %v", i, v)
		}
		if at, again := seen[v]; again && i-at < 1000 {
			t.Fatalf("elements %d and %d: both are %v", at, i, v)
		}
		seen[v] = i
	}
}
