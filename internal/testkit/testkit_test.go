package testkit

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// spy counts the failures that a helper reports instead of failing the test itself.
type spy struct {
	testing.TB
	errors, skips int
}

func (s *spy) Helper()               {}
func (s *spy) Errorf(string, ...any) { s.errors++ }
func (s *spy) Skipf(string, ...any)  { s.skips++ }

func TestElementwiseIsInFloat64(t *testing.T) {
	x := 1 + 1e-12
	got := Elementwise(t, func(x *g.Node) *g.Node { return g.Square(x) }, x, 3)
	if want := x * x; got[0] != want || got[1] != 9 {
		t.Errorf("got %v, want %v and 9", got, want)
	}
}

func TestGradientCheckSeesWrongDerivatives(t *testing.T) {
	p := Params(t, dtypes.Float64)
	cube := func(slope float64) model.Func {
		return func(s *model.Scope, in []*g.Node) []*g.Node {
			x := s.Param("x", model.Constant(2), 3)
			y := g.Mul(g.Mul(x, g.Square(x)), in[0])
			extra := g.MulScalar(g.Sub(x, g.StopGradient(x)), slope) // value 0, derivative slope
			return []*g.Node{g.ReduceAllSum(g.Add(y, extra))}
		}
	}
	in := Vector(1, 2, 3)
	if d := CompareGradient(t, p, cube(0), in); d.Count != 3 || d.Scaled > 1e-8 || d.String() == "" {
		t.Errorf("right derivative: got %v, want 3 within 1e-8", d)
	}
	for slope, want := range map[float64]int{0: 0, 1e-3: 1} {
		s := &spy{TB: t}
		GradientWithin(s, 1e-6, p, cube(slope), in)
		if s.errors != want {
			t.Errorf("derivative off by %v: got %d failures, want %d", slope, s.errors, want)
		}
	}
	if x := Export(t, p)[0].Data[0]; x != 2 {
		t.Errorf("parameter after the check: got %v, want 2 as before", x)
	}
}

func TestGoodnessOfFitSeesWrongSamplers(t *testing.T) {
	draws := make([]float64, 10000)
	rng.New(3).NormalFloat64(draws)
	cdf := func(mu, sigma float64) func(float64) float64 {
		return func(x float64) float64 { return .5 * math.Erfc(-(x-mu)/sigma/math.Sqrt2) }
	}
	for _, c := range []struct {
		mu, sigma float64
		want      int
	}{{0, 1, 0}, {.1, 1, 1}, {0, 1.1, 1}} {
		s := &spy{TB: t}
		FitsCDF(s, "normal", draws, cdf(c.mu, c.sigma))
		if s.errors != c.want {
			t.Errorf("N(%v, %v²): got %d failures, want %d", c.mu, c.sigma, s.errors, c.want)
		}
	}
	s := &spy{TB: t}
	FitsCounts(s, "fair", []int{2520, 2480, 2490, 2510}, []float64{.25, .25, .25, .25})
	if s.errors != 0 {
		t.Error("counts near their expectation are refused")
	}
	FitsCounts(s, "loaded", []int{2700, 2300, 2500, 2500}, []float64{.25, .25, .25, .25})
	if s.errors != 1 {
		t.Error("counts five standard deviations off pass")
	}
	MeanWithin(s, "mean", draws, .1, 5)
	MeanWithin(s, "mean", draws, 0, 5)
	Close(s, "close", 1, 1+1e-9, 1e-8)
	Close(s, "far", math.NaN(), 1, 1)
	if s.errors != 3 {
		t.Errorf("means and values: got %d failures, want 2", s.errors-1)
	}
}

func TestQuadrature(t *testing.T) {
	Close(t, "∫e^x", Integrate(math.Exp, 0, 1, 2), math.E-1, 1e-14)
	eps, w := NormalNodes(20)
	for _, c := range []struct {
		power, want float64
	}{{0, 1}, {1, 0}, {2, 1}, {4, 3}, {6, 15}} {
		got := 0.
		for i := range eps {
			got += w[i] * math.Pow(eps[i], c.power)
		}
		Close(t, "normal moment", got, c.want, 1e-12)
	}
	mean, variance, se := Moments([]float64{1, 2, 3, 4})
	if mean != 2.5 || math.Abs(variance-5./3) > 1e-15 || math.Abs(se-math.Sqrt(5./12)) > 1e-15 {
		t.Errorf("moments: got %v, %v, %v", mean, variance, se)
	}
}

func TestDataDirFollowsTheEnvironment(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("ELBO_DATA", dir)
	if got := DataDir(t); got != dir {
		t.Errorf("got %s, want %s", got, dir)
	}
	t.Setenv("ELBO_DATA", filepath.Join(dir, "absent"))
	s := &spy{TB: t}
	if DataDir(s); s.skips != 1 {
		t.Error("a missing folder does not skip the test")
	}
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "internal", "testkit")); err != nil {
		t.Errorf("module root: got %s, which lacks this package", root)
	}
}
