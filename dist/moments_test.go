package dist_test

import (
	"fmt"
	"math"
	"sort"
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

// TestDrawsFollowTheDistribution fails on a right sampler with probability 1e-5 a case.
func TestDrawsFollowTheDistribution(t *testing.T) {
	for _, f := range families {
		for i, p := range f.smooth {
			xs := f.draws(t, p, 10000, uint64(10+i))
			if f.values == nil {
				tk.FitsCDF(t, fmt.Sprint(f.name, p), xs, func(x float64) float64 { return f.cdf(x, p) })
				continue
			}
			f.fitsCounts(t, p, xs)
		}
	}
}

// fitsCounts compares draws with the probabilities of the values, in cells that expect ten
// draws or more. What exceeds the last value, which has next to no mass, counts with it.
func (f family) fitsCounts(t *testing.T, p, xs []float64) {
	values := f.values(p)
	counts, probs, cell := []int{0}, []float64{0}, make([]int, len(values))
	for k, v := range values {
		if probs[len(probs)-1]*float64(len(xs)) >= 10 {
			counts, probs = append(counts, 0), append(probs, 0)
		}
		cell[k] = len(counts) - 1
		probs[len(probs)-1] += math.Exp(f.logProb(v, p))
	}
	last := len(probs) - 1
	if last > 0 && probs[last]*float64(len(xs)) < 10 { // too few are left: one cell fewer
		probs[last-1] += probs[last]
		counts, probs = counts[:last], probs[:last]
	}
	for _, x := range xs {
		k := sort.SearchFloat64s(values, x-1e-12)
		if k == len(values) {
			k--
		} else if math.Abs(x-values[k]) > 1e-12 {
			t.Fatalf("%s%v: draw: got %v, want one of the values", f.name, p, x)
		}
		counts[min(cell[k], len(counts)-1)]++
	}
	if len(counts) > 1 {
		tk.FitsCounts(t, fmt.Sprint(f.name, p), counts, probs)
	}
}

// moments are the mean and variance by the family's own formulas or by quadrature.
func (f family) moments(p []float64) (mean, variance float64) {
	if f.mean != nil {
		mean = f.mean(p)
	} else {
		mean = f.expect(p, func(x float64) float64 { return x })
	}
	if f.variance != nil {
		return mean, f.variance(p)
	}
	return mean, f.expect(p, func(x float64) float64 { return (x - mean) * (x - mean) })
}

// TestMomentsMatchDrawsAndQuadrature fails on right draws with probability 6e-7 a moment.
func TestMomentsMatchDrawsAndQuadrature(t *testing.T) {
	for _, f := range families {
		if f.circular {
			continue
		}
		cases, tol := f.smooth, or(f.tol.moments, 1e-9)
		if f.momentsAt != nil {
			cases = f.momentsAt
		}
		one := make([]float64, len(cases))
		means := f.evaluate(t, one, cases, meanOf)
		variances := f.evaluate(t, one, cases, varianceOf)
		for i, p := range cases {
			name := fmt.Sprint(f.name, p)
			tk.Close(t, name+" total", f.expect(p, func(float64) float64 { return 1 }), 1, 1e-11)
			mean, variance := f.moments(p)
			if f.noMoments {
				same(t, name+" mean", means[i], mean)
				same(t, name+" variance", variances[i], variance)
				continue
			}
			tk.Close(t, name+" mean", means[i], mean, tol)
			if math.Abs(variances[i]-variance) > tol*math.Max(variance, 1e-2) {
				t.Errorf("%s: variance: got %v, want %v", name, variances[i], variance)
			}
			xs := f.draws(t, p, 10000, uint64(40+i))
			tk.MeanWithin(t, name, xs, means[i], 5)
			for k, x := range xs {
				xs[k] = (x - mean) * (x - mean)
			}
			tk.MeanWithin(t, name+" variance", xs, variances[i], 5)
		}
	}
}

// same fails the test unless two values are equal or both NaN.
func same(t *testing.T, name string, got, want float64) {
	t.Helper()
	if got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
		t.Errorf("%s: got %v, want %v", name, got, want)
	}
}

func TestEntropyMatchesQuadrature(t *testing.T) {
	for _, f := range families {
		if !has[dist.Entropic](t, f) {
			continue
		}
		got := f.evaluate(t, make([]float64, len(f.smooth)), f.smooth, entropyOf)
		for i, p := range f.smooth {
			want := f.expect(p, func(x float64) float64 { return -f.logProb(x, p) })
			tk.Close(t, fmt.Sprint(f.name, p, " entropy"), got[i], want, or(f.tol.entropy, 1e-11))
		}
	}
	got := normalFamily.evaluate(t, []float64{0}, [][]float64{{0, 0}}, entropyOf)
	tk.Close(t, "entropy of N(0, 1)", got[0], 1.4189385332, 1e-10)
}

// TestCDFFollowsTheFormula compares distribution functions at the data of the value tests.
func TestCDFFollowsTheFormula(t *testing.T) {
	for _, f := range families {
		if !has[dist.Cumulative](t, f) || f.cdf == nil {
			continue
		}
		xs, params := f.points()
		got := f.evaluate(t, xs, params, cdfOf)
		for i, x := range xs {
			tk.Close(t, fmt.Sprint(f.name, params[i], " P(X ≤ ", x, ")"), got[i], f.cdf(x, params[i]), 1e-11)
		}
	}
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
		row := f.evaluate(t, xs, params, logProbOf)
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
