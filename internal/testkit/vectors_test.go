package testkit

import (
	"math"
	"strings"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// pair is N(μ, LLᵀ) of two numbers with L = [[1, 0], [b, 1]] and faults that the laws have to find.
type pair struct {
	loc, b   *g.Node // C×2 and C×1
	mass     float64 // added to ln p
	spread   float64 // factor of the draws' deviation
	mean     float64 // added to the mean
	variance float64 // factor of the variance
	entropy  float64 // added to the entropy
	cut      bool    // draws do not follow b
	blind    bool    // ln p has no derivative by b
}

// cells returns the two elements of an array, each with a last axis of one.
func cells(x *g.Node) (a, b *g.Node) {
	return g.SliceAxis(x, -1, g.AxisRange(0, 1)), g.SliceAxis(x, -1, g.AxisRange(1, 2))
}

func (d pair) LogProb(x *g.Node) *g.Node {
	loc, b := d.loc, d.b
	for loc.Rank() < x.Rank() {
		loc, b = g.ExpandAxes(loc, 0), g.ExpandAxes(b, 0)
	}
	if d.blind {
		b = g.StopGradient(b)
	}
	first, second := cells(g.Sub(x, loc))
	rest := g.Sub(second, g.Mul(b, first))
	quad := g.MulScalar(g.Add(g.Square(first), g.Square(rest)), -.5)
	return g.AddScalar(g.Squeeze(quad, -1), d.mass-math.Log(2*math.Pi))
}

func (d pair) Mean() *g.Node { return g.AddScalar(d.loc, d.mean) }

func (d pair) Variance() *g.Node {
	v := g.Concatenate([]*g.Node{g.OnesLike(d.b), g.AddScalar(g.Square(d.b), 1)}, -1)
	return g.MulScalar(v, d.variance)
}

func (d pair) Entropy() *g.Node {
	zero := g.Squeeze(g.ZerosLike(d.b), -1)
	return g.AddScalar(zero, d.entropy+1+math.Log(2*math.Pi))
}

func (d pair) Rsample(s *model.Scope, name string, m int) *g.Node {
	first, second := cells(g.MulScalar(s.Normal(name, append([]int{m}, d.loc.Shape().Dimensions...)...), d.spread))
	b := g.ExpandAxes(d.b, 0)
	if d.cut {
		b = g.StopGradient(b)
	}
	z := g.Concatenate([]*g.Node{first, g.Add(second, g.Mul(b, first))}, -1)
	return g.Add(z, g.ExpandAxes(d.loc, 0))
}

func (d pair) Sample(s *model.Scope, name string, m int) *g.Node {
	return g.StopGradient(d.Rsample(s, name, m))
}

// pairVectors is the case of the laws.
func pairVectors(fault func(d *pair)) Vectors {
	return Vectors{
		Name: "pair", Event: []int{2}, Params: []Array{{"loc", []int{2}}, {"b", []int{1}}}, Free: true,
		Cases: [][][]float64{{{0, 0}, {0}}, {{1, -2}, {.7}}},
		Make: func(p []*g.Node) Distribution {
			d := pair{loc: p[0], b: p[1], spread: 1, variance: 1}
			if fault != nil {
				fault(&d)
			}
			return d
		},
		Points: func(p [][]float64) (out [][]float64) {
			for i := range 12 {
				out = append(out, []float64{p[0][0] + float64(i)/3 - 2, p[0][1] + math.Sin(float64(i))})
			}
			return append(out, []float64{40, -40})
		},
		LogProb: func(x []float64, p [][]float64) float64 {
			first := x[0] - p[0][0]
			rest := x[1] - p[0][1] - p[1][0]*first
			return -(first*first+rest*rest)/2 - math.Log(2*math.Pi)
		},
		Entropy: func([][]float64) float64 { return 1 + math.Log(2*math.Pi) },
		Mean:    func(p [][]float64) []float64 { return p[0] },
		Cov: func(p [][]float64, i, j int) float64 {
			b := p[1][0]
			return []float64{1, b, b, 1 + b*b}[2*i+j]
		},
		Stats: []Statistic{{"sum", func(x []float64, _ [][]float64) float64 { return x[0] + x[1] }, func(v float64, p [][]float64) float64 {
			sd := math.Hypot(1+p[1][0], 1)
			return .5 * math.Erfc(-(v-p[0][0]-p[0][1])/sd/math.Sqrt2)
		}}},
	}
}

func TestARightVectorPasses(t *testing.T) {
	v := pairVectors(nil)
	VectorLaws(t, v)
	if worst := v.FollowsFormula(t); worst > 1e-14 {
		t.Errorf("error of the formula: got %v, want that of rounding", worst)
	}
	v.LogProb, v.Entropy, v.Stats = nil, nil, nil // what is not given is not asked for
	VectorLaws(t, v)
	all, n := v.Data()
	if n != 13 || len(all) != 13*2*2 || all[2] != v.Points(v.Cases[1])[0][0] {
		t.Errorf("points: got %d in %d numbers, want 13 of two cases in turn", n, len(all))
	}
}

// TestWrongVectorsAreFound: each fault is seen by the law that it breaks.
func TestWrongVectorsAreFound(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault func(d *pair)
		say   []string
	}{
		{"a constant of a fifth too much", func(d *pair) { d.mass = .2 }, []string{"ln p(", "mass: mean of 20000"}},
		{"draws 10 % too narrow", func(d *pair) { d.spread = .9 }, []string{"sum: 10000 draws", "mass: mean", "covariance 1 1", "entropy: mean"}},
		{"a wrong mean", func(d *pair) { d.mean = 1e-9 }, []string{"mean: got"}},
		{"a wrong variance", func(d *pair) { d.variance = 1 + 1e-9 }, []string{"variance: got"}},
		{"a wrong entropy", func(d *pair) { d.entropy = 1e-9 }, []string{"entropy: got"}},
		{"a density without a derivative", func(d *pair) { d.blind = true }, []string{"gradient of LogProb"}},
		{"draws that do not follow a parameter", func(d *pair) { d.cut = true }, []string{"gradient of Rsample", "∂/∂b0"}},
	} {
		got := found(t, func(t testing.TB) { VectorLaws(t, pairVectors(c.fault)) })
		for _, say := range c.say {
			if !strings.Contains(got, say) {
				t.Errorf("%s: failures: got %q, want one with %q", c.name, got, say)
			}
		}
	}
}

// TestMomentsThatAreGivenButNotThere and constants: a distribution without a mean has to say so.
func TestMomentsThatAreGivenButNotThere(t *testing.T) {
	v := pairVectors(nil)
	v.Mean = nil
	if got := found(t, func(t testing.TB) { v.MomentsLaw(t) }); !strings.Contains(got, "want none") {
		t.Errorf("failures: got %q", got)
	}
	few := pairVectors(nil)
	few.Points = func(p [][]float64) [][]float64 { return [][]float64{{0, 0}} }
	if got := found(t, func(t testing.TB) { few.FollowsFormula(t) }); !strings.Contains(got, "want at least 20") {
		t.Errorf("two points: failures: got %q", got)
	}
	for want, n := range map[float64]int{2: 0, 2.1: 1} {
		if got := fails(t, func(t testing.TB) { MeanOrConstant(t, "constant", []float64{2, 2, 2}, want, 5) }); got != n {
			t.Errorf("constant figures beside %v: got %d failures, want %d", want, got, n)
		}
	}
	flat := pairVectors(func(d *pair) { d.spread = 0 })
	if got := found(t, func(t testing.TB) { flat.MassLaw(t) }); !strings.Contains(got, "no covariance") {
		t.Errorf("draws that are one point: failures: got %q", got)
	}
}
