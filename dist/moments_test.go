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
	return f.law().Draws(t, p, n, seed)
}

// fixed is the distribution with the same parameters n times.
func (f family) fixed(s *model.Scope, p []float64, n int) dist.Distribution {
	return f.law().Fixed(s, p, n)
}

// TestDrawsFollowTheDistribution fails on a right sampler with probability 1e-5 a case.
func TestDrawsFollowTheDistribution(t *testing.T) {
	for _, f := range families {
		f.law().DrawsLaw(t)
	}
}

// TestMomentsMatchDrawsAndQuadrature fails on right draws with probability 6e-7 a moment.
func TestMomentsMatchDrawsAndQuadrature(t *testing.T) {
	for _, f := range families {
		if !f.circular {
			f.law().MomentsLaw(t)
		}
	}
}

func TestEntropyMatchesQuadrature(t *testing.T) {
	for _, f := range families {
		f.law().EntropyLaw(t)
	}
	got := normalFamily.evaluate(t, []float64{0}, [][]float64{{0, 0}}, entropyOf)
	tk.Close(t, "entropy of N(0, 1)", got[0], 1.4189385332, 1e-10)
}

// TestCDFFollowsTheFormula compares distribution functions at the data of the value tests.
func TestCDFFollowsTheFormula(t *testing.T) {
	for _, f := range families {
		f.law().CDFLaw(t)
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
