package dist_test

import (
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

type key = rng.Key

// draws samples n values of the family with parameters p.
func (f family) draws(t *testing.T, p []float64, n int, seed uint64) []float64 {
	t.Helper()
	return tk.Graph(t, seed, func(s *model.Scope, _ []*g.Node) []*g.Node {
		return []*g.Node{f.fixed(s, p, n).Sample(s, "x", 1)}
	})[0]
}

// fixed is the distribution with the same parameters n times.
func (f family) fixed(s *model.Scope, p []float64, n int) dist.Distribution {
	nodes := make([]*g.Node, len(p))
	for j, v := range p {
		nodes[j] = g.BroadcastToDims(g.Scalar(s.Graph(), s.DType(), v), n)
	}
	return f.make(nodes)
}

// expect is E[h(x)] by quadrature or enumeration of the family's own formula.
func (f family) expect(p []float64, h func(x float64) float64) float64 {
	weighted := func(x float64) float64 { return math.Exp(f.logProb(x, p)) * h(x) }
	if f.values != nil {
		sum := 0.
		for _, x := range f.values {
			sum += weighted(x)
		}
		return sum
	}
	lo, hi := f.lo(p), f.hi(p)
	if f.kink {
		return tk.Integrate(weighted, lo, p[0], 16) + tk.Integrate(weighted, p[0], hi, 16)
	}
	return tk.Integrate(weighted, lo, hi, 16)
}

// TestDrawsFollowTheDistribution fails on a right sampler with probability 1e-5 a case.
func TestDrawsFollowTheDistribution(t *testing.T) {
	for _, f := range families {
		for i, p := range f.smooth {
			xs := f.draws(t, p, 10000, uint64(10+i))
			if f.values == nil {
				tk.FitsCDF(t, f.name, xs, func(x float64) float64 { return f.cdf(x, p) })
				continue
			}
			counts, probs, cell := []int{0}, []float64{0}, map[int]int{}
			for k, v := range f.values {
				if probs[len(probs)-1]*1e4 >= 10 { // cells that expect ten draws or more
					counts, probs = append(counts, 0), append(probs, 0)
				}
				cell[k] = len(counts) - 1
				probs[len(probs)-1] += math.Exp(f.logProb(v, p))
			}
			for _, x := range xs {
				k := int(math.Round(x * float64(len(f.values)-1)))
				if math.Abs(x-f.values[k]) > 1e-12 {
					t.Fatalf("%s: draw: got %v, want one of the levels", f.name, x)
				}
				counts[cell[k]]++
			}
			tk.FitsCounts(t, f.name, counts, probs)
		}
	}
}

// TestMomentsMatchDrawsAndQuadrature fails on right draws with probability 6e-7 a moment.
func TestMomentsMatchDrawsAndQuadrature(t *testing.T) {
	for _, f := range families {
		cases, tol := f.smooth, 1e-9 // of the Taylor series near l = 0
		if f.name == "DiscretizedLogistic" {
			// Moments are those of the logistic itself: right where clipping and rounding to
			// levels do not matter, to the 1e-3 of a bin's own variance.
			cases, tol = [][]float64{{.5, -3.2}, {.45, -3.4}}, 1e-3
		}
		one := make([]float64, len(cases))
		means := f.evaluate(t, one, cases, func(d dist.Distribution, _ *g.Node) *g.Node { return d.Mean() })
		variances := f.evaluate(t, one, cases, func(d dist.Distribution, _ *g.Node) *g.Node { return d.Variance() })
		for i, p := range cases {
			tk.Close(t, f.name+" total", f.expect(p, func(float64) float64 { return 1 }), 1, 1e-11)
			mean := f.expect(p, func(x float64) float64 { return x })
			square := func(x float64) float64 { return (x - mean) * (x - mean) }
			tk.Close(t, f.name+" mean", means[i], mean, tol)
			if v := f.expect(p, square); math.Abs(variances[i]-v) > tol*math.Max(v, 1e-2) {
				t.Errorf("%s%v: variance: got %v, want %v", f.name, p, variances[i], v)
			}
			xs := f.draws(t, p, 10000, uint64(40+i))
			tk.MeanWithin(t, f.name, xs, means[i], 5)
			for k, x := range xs {
				xs[k] = square(x)
			}
			tk.MeanWithin(t, f.name+" variance", xs, variances[i], 5)
		}
	}
}

func TestEntropyMatchesQuadrature(t *testing.T) {
	found := 0
	for _, f := range families {
		zero := make([]float64, len(f.smooth))
		var entropic bool
		got := f.evaluate(t, zero, f.smooth, func(d dist.Distribution, x *g.Node) *g.Node {
			e, ok := d.(dist.Entropic)
			if entropic = ok; !ok {
				return x
			}
			return e.Entropy()
		})
		if !entropic {
			continue
		}
		found++
		for i, p := range f.smooth {
			tk.Close(t, f.name+" entropy", got[i], f.expect(p, func(x float64) float64 { return -f.logProb(x, p) }), 1e-11)
		}
	}
	if found != 3 {
		t.Errorf("families with an entropy: got %d, want 3", found)
	}
	got := families[0].evaluate(t, []float64{0}, [][]float64{{0, 0}}, func(d dist.Distribution, _ *g.Node) *g.Node { return d.(dist.Normal).Entropy() })
	tk.Close(t, "entropy of N(0, 1)", got[0], 1.4189385332, 1e-10)
}

// TestMomentsHaveTheShapeOfTheLocation: a scale of 1×1 belongs to every element.
func TestMomentsHaveTheShapeOfTheLocation(t *testing.T) {
	out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
		n, l := dist.Normal{Loc: in[0], LogScale: in[1]}, dist.Laplace{Loc: in[0], LogScale: in[1]}
		d := dist.DiscretizedLogistic{Loc: in[0], LogScale: in[1]}
		return []*g.Node{n.Entropy(), n.Variance(), l.Entropy(), l.Variance(), d.Variance(), n.LogProb(in[0])}
	}, tk.Matrix(make([]float64, 6), 2, 3), tk.Matrix([]float64{.5}, 1, 1))
	for i, v := range out {
		if len(v) != 6 || v[0] != v[5] {
			t.Errorf("output %d: got %v, want six equal values", i, v)
		}
	}
}

// TestLogProbTakesDrawsOfData: M×B×D against parameters of B×D.
func TestLogProbTakesDrawsOfData(t *testing.T) {
	for _, f := range families {
		xs, params := f.points()
		xs, params = xs[:6], params[:6]
		row := f.evaluate(t, xs, params, func(d dist.Distribution, x *g.Node) *g.Node { return d.LogProb(x) })
		twice := f.evaluate(t, xs, params, func(d dist.Distribution, x *g.Node) *g.Node {
			return d.LogProb(g.Stack([]*g.Node{x, x}, 0))
		})
		for i, v := range row {
			if len(twice) != 12 || twice[i] != v || twice[6+i] != v {
				t.Fatalf("%s: got %v, want %v twice", f.name, twice, row)
			}
		}
	}
}

// TestPathwiseGradient holds the derivatives of E[z²] = μ² + σ² to those of single draws; a
// right sampler fails with probability 6e-5 a line.
func TestPathwiseGradient(t *testing.T) {
	const n = 200000
	const mu, logSigma = .7, .3
	grads := func(loc, scale float64) [][]float64 {
		return tk.Graph(t, 5, func(s *model.Scope, _ []*g.Node) []*g.Node {
			m := s.Param("mu", model.Constant(loc), n, 2)
			l := s.Param("logscale", model.Constant(scale), n, 2)
			z := dist.Normal{Loc: m, LogScale: l}.Rsample(s, "z", 1)
			out := g.Gradient(g.ReduceAllSum(g.Square(z)), m, l)
			first := func(x *g.Node) *g.Node { return g.Squeeze(g.Slice(x, g.AxisRange(), g.AxisElem(0)), -1) }
			return []*g.Node{first(out[0]), first(out[1])}
		})
	}
	out := grads(mu, logSigma)
	tk.MeanWithin(t, "∂/∂μ", out[0], 2*mu, 4)
	tk.MeanWithin(t, "∂/∂ ln σ", out[1], 2*math.Exp(2*logSigma), 4)
	_, variance, _ := tk.Moments(grads(0, 0)[0])
	if math.Abs(variance-4) > .05*4 {
		t.Errorf("variance of ∂/∂μ₁ of Σz² at N(0, I): got %v, want 4 within 5 %%", variance)
	}
}
