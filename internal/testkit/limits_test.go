package testkit

import (
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// fails counts the failures that f reports.
func fails(t *testing.T, f func(t testing.TB)) int {
	t.Helper()
	s := &spy{TB: t}
	f(s)
	return s.errors
}

// TestKolmogorovSmirnovLimit: λ = D√n at 10,000 evenly spread values is 100 times the shift
// of the distribution function, and 2e^(−2λ²) = 1e-5 at λ = 2.4704.
func TestKolmogorovSmirnovLimit(t *testing.T) {
	xs := make([]float64, 10000)
	for i := range xs {
		xs[len(xs)-1-i] = (float64(i) + .5) / float64(len(xs))
	}
	for _, c := range []struct {
		shift float64
		want  int
	}{{0, 0}, {.0246, 0}, {.0248, 1}, {-.0246, 0}, {-.0248, 1}, {math.NaN(), 1}} {
		got := fails(t, func(t testing.TB) { FitsCDF(t, "uniform", xs, func(x float64) float64 { return x + c.shift }) })
		if got != c.want {
			t.Errorf("shift %v: got %d failures, want %d", c.shift, got, c.want)
		}
	}
	if xs[0] < xs[1] {
		t.Error("the draws have been sorted in place")
	}
}

// TestChiSquareLimit: two equal cells of 10,000 draws off by c have χ² = c²/2500, and one
// degree of freedom exceeds 19.51 with probability 1e-5.
func TestChiSquareLimit(t *testing.T) {
	for c, want := range map[int]int{0: 0, 219: 0, 222: 1, -219: 0, -222: 1} {
		got := fails(t, func(t testing.TB) { FitsCounts(t, "coin", []int{5000 + c, 5000 - c}, []float64{.5, .5}) })
		if got != want {
			t.Errorf("cells off by %d: got %d failures, want %d", c, got, want)
		}
	}
}

// TestFalseAlarmsAreRare runs right samplers 200 times: a failure has probability 2e-3.
func TestFalseAlarmsAreRare(t *testing.T) {
	for seed := range uint64(200) {
		u := make([]float32, 400)
		rng.New(seed).Uniform(u)
		xs, counts := make([]float64, len(u)), make([]int, 8)
		for i, v := range u {
			xs[i] = float64(v)
			counts[int(8*v)]++
		}
		FitsCDF(t, "uniform", xs, func(x float64) float64 { return x })
		FitsCounts(t, "uniform", counts, []float64{.125, .125, .125, .125, .125, .125, .125, .125})
	}
}

func TestMeanLimit(t *testing.T) {
	xs := []float64{-1, 1, -1, 1} // mean 0, standard error √(4/3)/2 = .5774
	for want, n := range map[float64]int{0: 0, 2.3: 0, -2.3: 0, 2.32: 1, -2.32: 1} {
		if got := fails(t, func(t testing.TB) { MeanWithin(t, "mean", xs, want, 4) }); got != n {
			t.Errorf("mean %v: got %d failures, want %d", want, got, n)
		}
	}
}

func TestCloseIsRelativeAboveOne(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		got, want, tol float64
		fails          int
	}{
		{1e6, 1e6 + 1, 1e-5, 0}, {1e6, 1e6 + 1, 1e-7, 1}, {1e-9, 0, 1e-8, 0}, {1e-7, 0, 1e-8, 1},
		{inf, inf, 0, 0}, {inf, -inf, 1, 1}, {1, math.NaN(), 1, 1}, {3, 3, 0, 0},
	} {
		if n := fails(t, func(t testing.TB) { Close(t, "value", c.got, c.want, c.tol) }); n != c.fails {
			t.Errorf("%v for %v within %v: got %d failures, want %d", c.got, c.want, c.tol, n, c.fails)
		}
	}
}

func TestQuadratureOfManySizes(t *testing.T) {
	for n := 2; n <= 120; n += 7 {
		eps, w := NormalNodes(n)
		total, second, cosine := 0., 0., 0.
		for i, e := range eps {
			total, second, cosine = total+w[i], second+w[i]*e*e, cosine+w[i]*math.Cos(e)
		}
		Close(t, fmt.Sprint("total of ", n), total, 1, 1e-12)
		Close(t, fmt.Sprint("second moment of ", n), second, 1, 1e-12)
		if n > 15 {
			Close(t, fmt.Sprint("E[cos ε] of ", n), cosine, math.Exp(-.5), 1e-12)
		}
	}
	Close(t, "∫x⁷⁹", Integrate(func(x float64) float64 { return 80 * math.Pow(x, 79) }, 0, 1, 1), 1, 1e-12)
	Close(t, "∫ sin", Integrate(math.Sin, -1, 1, 3), 0, 1e-15)
}

// TestBrokenProgramsStopTheTest: a helper that goes on after an error would compare nonsense.
func TestBrokenProgramsStopTheTest(t *testing.T) {
	stopped := func(f func(tb testing.TB)) bool {
		s, returned, done := &stopper{TB: t}, false, make(chan bool)
		go func() {
			defer close(done)
			f(s)
			returned = true
		}()
		<-done
		return s.fatal && !returned
	}
	broken := func(*model.Scope, []*g.Node) []*g.Node { panic("broken") }
	if !stopped(func(tb testing.TB) { Graph(tb, 1, broken) }) {
		t.Error("Graph goes on after an error")
	}
	p := Params(t, dtypes.Float64)
	if !stopped(func(tb testing.TB) { Import(tb, p, model.Array{Name: "w", Dims: []int{2}}) }) {
		t.Error("Import goes on after an error")
	}
	if n := fails(t, func(tb testing.TB) {
		GradientWithin(tb, 1, p, func(s *model.Scope, _ []*g.Node) []*g.Node {
			return []*g.Node{g.Square(s.Param("w", func(rng.Key, []int) []float64 { return []float64{math.NaN()} }))}
		})
	}); n != 1 {
		t.Errorf("a gradient that is no number: got %d failures, want 1", n)
	}
}

// stopper ends its goroutine on Fatal, as a test does.
type stopper struct {
	testing.TB
	fatal bool
}

func (s *stopper) Helper() {}
func (s *stopper) Fatal(...any) {
	s.fatal = true
	runtime.Goexit()
}

func (s *stopper) Fatalf(string, ...any) { s.Fatal() }

func TestDataDirWithoutTheEnvironment(t *testing.T) {
	t.Setenv("ELBO_DATA", "")
	s := &spy{TB: t}
	dir := DataDir(s)
	if s.skips > 1 || filepath.Base(dir) != "data" || filepath.Base(filepath.Dir(dir)) != "shared" {
		t.Errorf("got %s after %d skips, want shared/data beside the module", dir, s.skips)
	}
}
