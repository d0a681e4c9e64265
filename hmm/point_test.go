package hmm

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// With many rows the posterior is narrow: the log-likelihood at the expected parameters is near
// that of the chain the rows come from, and above its own of far parameters.
func TestThePointOfAPosteriorIsWhereItsMassIs(t *testing.T) {
	r := rng.New(1101).Named("point").Rand()
	truth := map[string]Emission{
		"dirichlet-symbols": must(NewDiscrete(3, []float64{.8, .1, .1, .1, .2, .7}))(t),
		"gamma-rate":        must(NewPoisson([]float64{1, 8}))(t),
		"normal-gamma":      must(NewGaussian(Diagonal, 2, []float64{-2, 1, 3, -1}, []float64{1, 2, .5, 1}))(t),
		"normal-wishart":    must(NewGaussian(Full, 2, []float64{-2, 1, 3, -1}, []float64{1, .4, .4, 2, .5, -.1, -.1, 1}))(t),
	}
	for name, e := range posteriors(t, 2) {
		m := must(New([]float64{.5, .5}, []float64{.9, .1, .2, .8}, truth[name]))(t)
		x, _, err := m.Simulate(rng.New(r.Uint64()), 5000)
		if err != nil {
			t.Fatal(err)
		}
		if d, ok := e.(*DirichletSymbols); ok {
			copy(d.Conc, []float64{3, 1, 1, 1, 1, 3})
		} else if err := Seed(e, rng.New(1102), [][]float64{x}); err != nil {
			t.Fatal(err)
		}
		b := must(NewBayes(e, 1, 1))(t)
		must(b.Fit(t.Context(), [][]float64{x}, Default()))(t)
		p := must(b.Point())(t)
		at, best := must(p.LogLik(x))(t), must(m.LogLik(x))(t)
		// The most likely point is above the truth by half a χ² of at most 15 degrees; the
		// expected one lies within a nat a parameter of it.
		if math.Abs(at-best) > 20 {
			t.Errorf("%s: log-likelihood: got %.2f, at the truth %.2f", name, at, best)
		}
		far := 0.0
		for i, v := range p.Trans {
			far = max(far, min(math.Abs(v-m.Trans[i]), math.Abs(v-m.Trans[3-i])))
		}
		if far > .03 { // five standard errors of a row of some 1,600 steps
			t.Errorf("%s: steps: got %v, want %v", name, p.Trans, m.Trans)
		}
		if got := sum(p.Start); math.Abs(got-1) > 1e-12 {
			t.Errorf("%s: start: got a total of %g", name, got)
		}
	}
}

func TestPointsOfKnownPosteriors(t *testing.T) {
	g := must(NewGammaRate(2, 3, 2))(t)
	p := must(must(NewBayes(g, 1, 1))(t).Point())(t)
	near(t, "rate", p.Emit.(*Poisson).Rate[1], 1.5, 0)
	// Steps begin with 1 + 1, and K more on the diagonal.
	near(t, "stay", p.Trans[0], 4./6, 1e-15)
	w := must(NewNormalWishart(1, []float64{1, 2}, 1, 4, []float64{2, 0, 0, 8}))(t)
	p = must(must(NewBayes(w, 1, 1))(t).Point())(t)
	for i, want := range []float64{.5, 0, 0, 2} {
		near(t, "covariance", p.Emit.(*Gaussian).Cov[i], want, 0)
	}
	n := must(NewNormalGamma(1, []float64{5}, 1, 4, []float64{2}))(t)
	p = must(must(NewBayes(n, 1, 1))(t).Point())(t)
	near(t, "variance", p.Emit.(*Gaussian).Cov[0], .5, 0)
	near(t, "mean", p.Emit.(*Gaussian).Mean[0], 5, 0)
	if _, err := must(NewBayes(must(NewPoisson([]float64{1}))(t), 1, 1))(t).Point(); err == nil {
		t.Error("an emission without a posterior: got no error")
	}
	if _, err := (&Bayes{}).Point(); err == nil {
		t.Error("no emission: got no error")
	}
}
