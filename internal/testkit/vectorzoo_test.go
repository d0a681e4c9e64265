package testkit

import (
	"math"
	"strings"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// circle is the von Mises distribution's flat case: unit vectors of the plane at even angles, with
// density 1/2π on the circle. It has no parameters and a thin support.
type circle struct{ like *g.Node }

func (d circle) LogProb(x *g.Node) *g.Node {
	norm := g.Squeeze(g.ReduceAndKeep(g.Square(x), g.ReduceSum, -1), -1)
	return g.AddScalar(g.MulScalar(norm, 0), -math.Log(2*math.Pi))
}
func (d circle) Mean() *g.Node     { return g.ZerosLike(d.like) }
func (d circle) Variance() *g.Node { return constantLike(d.like, .5) }

func (d circle) Sample(s *model.Scope, name string, m int) *g.Node {
	n := d.like.Shape().Dim(0)
	angle := g.MulScalar(s.Uniform(name, m, n, 1), 2*math.Pi)
	return g.Concatenate([]*g.Node{g.Cos(angle), g.Sin(angle)}, -1)
}

// circleVectors is its case.
func circleVectors() Vectors {
	return Vectors{
		Name: "circle", Event: []int{2}, Params: []Array{{"unused", []int{2}}}, Cases: [][][]float64{{{0, 0}}, {{1, 1}}},
		Make: func(p []*g.Node) Distribution { return circle{p[0]} },
		Points: func([][]float64) (out [][]float64) {
			for _, a := range spaced(0, 6, 10) {
				out = append(out, []float64{math.Cos(a), math.Sin(a)})
			}
			return out
		},
		LogProb: func([]float64, [][]float64) float64 { return -math.Log(2 * math.Pi) },
		Mean:    func([][]float64) []float64 { return []float64{0, 0} },
		Cov: func(_ [][]float64, i, j int) float64 {
			if i == j {
				return .5
			}
			return 0
		},
		Stats: []Statistic{{"angle", func(x []float64, _ [][]float64) float64 { return math.Atan2(x[1], x[0]) },
			func(v float64, _ [][]float64) float64 { return (v + math.Pi) / (2 * math.Pi) }}},
		NoPath: true,
		Inside: func(x *g.Node) *g.Node {
			return g.Div(x, g.Sqrt(g.ReduceAndKeep(g.Square(x), g.ReduceSum, -1)))
		},
	}
}

// scatter is a matrix of independent normals with one row that is fixed: its elements are a
// constant, whose moments do not vary.
type scatter struct{ scale *g.Node } // C×1

func (d scatter) spread(x *g.Node) *g.Node { return g.ExpandAxes(x, -1) } // to C×1×1
func (d scatter) LogProb(x *g.Node) *g.Node {
	s := d.scale
	for s.Rank() < x.Rank()-1 {
		s = g.ExpandAxes(s, 0)
	}
	row := g.Squeeze(g.SliceAxis(x, -2, g.AxisRange(1, 2)), -2)
	one := g.Sub(g.MulScalar(g.Square(g.Div(row, s)), -.5), g.Log(s))
	return g.AddScalar(g.ReduceSum(one, -1), -math.Log(2*math.Pi))
}

// rows puts a first row of sevens above another.
func (d scatter) rows(top float64, row *g.Node) *g.Node {
	return g.Concatenate([]*g.Node{constantLike(row, top), row}, -2)
}

func (d scatter) wide() *g.Node {
	return g.BroadcastToDims(d.spread(d.scale), d.scale.Shape().Dim(0), 1, 2)
}
func (d scatter) Mean() *g.Node     { return d.rows(7, g.ZerosLike(d.wide())) }
func (d scatter) Variance() *g.Node { return d.rows(0, g.Square(d.wide())) }
func (d scatter) Rsample(s *model.Scope, name string, m int) *g.Node {
	eps := s.Normal(name, m, d.scale.Shape().Dim(0), 1, 2)
	return d.rows(7, g.Mul(eps, g.ExpandAxes(d.wide(), 0)))
}
func (d scatter) Sample(s *model.Scope, name string, m int) *g.Node {
	return g.StopGradient(d.Rsample(s, name, m))
}

// scatterVectors is its case.
func scatterVectors() Vectors {
	return Vectors{
		Name: "scatter", Event: []int{2, 2}, Params: []Array{{"scale", []int{1}}}, Cases: [][][]float64{{{1}}, {{.3}}},
		Make: func(p []*g.Node) Distribution { return scatter{p[0]} },
		Points: func(p [][]float64) (out [][]float64) {
			for _, a := range spaced(-2, 2, 11) {
				out = append(out, []float64{7, 7, a * p[0][0], (1 - a) * p[0][0]})
			}
			return out
		},
		LogProb: func(x []float64, p [][]float64) float64 {
			s := p[0][0]
			return -(x[2]*x[2]+x[3]*x[3])/(2*s*s) - 2*math.Log(s) - math.Log(2*math.Pi)
		},
		Mean: func([][]float64) []float64 { return []float64{7, 7, 0, 0} },
		Cov: func(p [][]float64, i, j int) float64 {
			if i == j && i > 1 {
				return p[0][0] * p[0][0]
			}
			return 0
		},
	}
}

func TestThinSupportsAndMatricesPass(t *testing.T) {
	VectorLaws(t, circleVectors())
	VectorLaws(t, scatterVectors())
	// The circle's density does not change along it, so only moves off it would.
	off := circleVectors()
	off.Inside = nil
	if d := off.GradientLaw(t); d > 1e-7 {
		t.Errorf("a density that is flat everywhere: got an error of %v", d)
	}
}

// TestWrongCasesAreFound: statistics, shapes and covariances that belong to another distribution.
func TestWrongCasesAreFound(t *testing.T) {
	for _, c := range []struct {
		name string
		of   func() Vectors
		bend func(v *Vectors)
		say  string
	}{
		{"an angle of half the circle", circleVectors, func(v *Vectors) {
			v.Stats[0].CDF = func(a float64, _ [][]float64) float64 { return math.Max(0, a/math.Pi) }
		}, "Kolmogorov"},
		{"elements that depend on each other", circleVectors, func(v *Vectors) { v.Cov = func(_ [][]float64, i, j int) float64 { return .5 } }, "covariance 1 0"},
		{"a constant that is another", scatterVectors, func(v *Vectors) { v.Mean = func([][]float64) []float64 { return []float64{7, 8, 0, 0} } }, "mean: got 7, want 8"},
		{"a row that is not fixed", scatterVectors, func(v *Vectors) {
			v.Cov = func(p [][]float64, i, j int) float64 { return p[0][0] * p[0][0] }
		}, "variance: got 0"},
		{"the mass of a support that is thin", scatterVectors, func(v *Vectors) { v.Free = true }, "no covariance with an inverse"},
		{"a formula of another scale", scatterVectors, func(v *Vectors) {
			old := v.LogProb
			v.LogProb = func(x []float64, p [][]float64) float64 { return old(x, [][]float64{{1.0001 * p[0][0]}}) }
		}, "case 1: ln p("},
	} {
		v := c.of()
		c.bend(&v)
		if got := found(t, func(t testing.TB) { VectorLaws(t, v) }); !strings.Contains(got, c.say) {
			t.Errorf("%s: failures: got %q, want one with %q", c.name, got, c.say)
		}
	}
}

// TestMarksOfVectors: draws that jump or have no path have no differences.
func TestMarksOfVectors(t *testing.T) {
	all := len(pairVectors(nil).quantities())
	for name, mark := range map[string]func(v *Vectors){
		"no path": func(v *Vectors) { v.NoPath = true }, "accepted or refused": func(v *Vectors) { v.Accept = true },
		"no entropy": func(v *Vectors) { v.Entropy = nil },
	} {
		v := pairVectors(nil)
		mark(&v)
		if got := len(v.quantities()); got != all-1 {
			t.Errorf("%s: got %d quantities with a gradient, want %d", name, got, all-1)
		}
	}
	accepted := pairVectors(func(d *pair) { d.cut = true })
	accepted.Accept = true // differences say nothing, but the mean of derivatives does
	if got := found(t, func(t testing.TB) { VectorLaws(t, accepted) }); strings.Contains(got, "gradient of Rsample") || !strings.Contains(got, "∂/∂b0") {
		t.Errorf("draws that are accepted or refused: failures: got %q", got)
	}
}

// TestDrawsComeByCase: the layout of draws, M×C×event, is taken apart case by case.
func TestDrawsComeByCase(t *testing.T) {
	v := pairVectors(func(d *pair) { d.spread = 0 })
	for c, xs := range v.Draws(t, 3, 1) {
		if len(xs) != 3 {
			t.Fatalf("case %d: got %d draws, want 3", c, len(xs))
		}
		for _, x := range xs {
			if x[0] != v.Cases[c][0][0] || x[1] != v.Cases[c][0][1] {
				t.Errorf("case %d: got %v, want the location %v", c, x, v.Cases[c][0])
			}
		}
	}
	if elements(nil) != 1 || elements([]int{2, 3}) != 6 {
		t.Error("elements of shapes: want 1 of none and 6 of 2×3")
	}
	wrong := v
	wrong.Event = []int{3}
	s, done := &stopper{TB: t}, make(chan bool)
	go func() { defer close(done); wrong.Draws(s, 3, rng.New(1).Rand().Uint64()) }()
	if <-done; !s.fatal {
		t.Error("draws of another shape: the test goes on")
	}
}
