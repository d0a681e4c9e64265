package hmm

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// strange are values that break what does not expect them.
var strange = []float64{0, 1, 2, -1, .5, 1e-308, 1e308, -1e308, 1e16, 5e-324, math.NaN(), math.Inf(1), math.Inf(-1)}

func TestStrangeSequencesAreErrorsOrHaveAnAnswer(t *testing.T) {
	r := rng.New(501).Named("strange").Rand()
	answered, refused := 0, 0
	for range 100 {
		for name, e := range zoo(t, r, 1+r.IntN(3)) {
			m := must(Uniform(e, .6))(t)
			x := make([]float64, r.IntN(9))
			for i := range x {
				x[i] = strange[r.IntN(len(strange))]
				if r.IntN(2) == 0 {
					x[i] = float64(r.IntN(3))
				}
			}
			p, err := m.Smooth(x)
			_, best, err2 := m.Viterbi(x)
			_, err3 := m.Sample(x, rng.New(1), 2)
			if (err == nil) != (err2 == nil) || (err == nil) != (err3 == nil) {
				t.Fatalf("%s: %v: got %v, %v and %v, want all or none", name, x, err, err2, err3)
			}
			if err != nil {
				refused++
				continue
			}
			answered++
			if math.IsNaN(p.LogLik) || math.IsNaN(best) || best > p.LogLik+1e-9*math.Abs(best) {
				t.Fatalf("%s: %v: got %g and %g", name, x, p.LogLik, best)
			}
			for _, v := range append(p.Smoothed, p.Filtered...) {
				if !(v >= 0 && v <= 1+1e-9) {
					t.Fatalf("%s: %v: marginal: got %g", name, x, v)
				}
			}
		}
	}
	if answered < 100 || refused < 100 {
		t.Errorf("got %d answers and %d refusals, want some of both", answered, refused)
	}
}

func TestStrangeFitsEndInAnErrorOrAFiniteModel(t *testing.T) {
	r := rng.New(502).Named("strange fits").Rand()
	for range 40 {
		models := zoo(t, r, 2)
		for name, e := range posteriors(t, 2) {
			models[name] = e
		}
		for name, e := range models {
			var seqs [][]float64
			for range 1 + r.IntN(3) {
				x := make([]float64, e.Dim()*(1+r.IntN(5)))
				for i := range x {
					x[i] = []float64{0, 1, 2, 1e150, 1e-200, 1e9}[r.IntN(6)]
				}
				seqs = append(seqs, x)
			}
			c := Config{Sweeps: 10}
			var err error
			if _, bayes := posteriors(t, 1)[name]; bayes {
				_, err = must(NewBayes(e, .5, .5))(t).Fit(context.Background(), seqs, c)
			} else {
				penalise(e)
				_, err = must(Uniform(e, .5))(t).Fit(context.Background(), seqs, c)
			}
			if errors.Is(err, ErrFell) {
				// Squares of 1e150 do not fit: a bound that is not a number is an error.
				continue
			}
			if err == nil {
				for _, v := range density(e, seqs[0]) {
					if math.IsNaN(v) {
						t.Fatalf("%s: %v: a fit without an error left densities that are no numbers", name, seqs)
					}
				}
			}
		}
	}
}

func TestSequencesOfOneRow(t *testing.T) {
	r := rng.New(503).Named("one row").Rand()
	for name, e := range zoo(t, r, 3) {
		m := must(Uniform(e, .6))(t)
		randomChain(r, m)
		x := rowsFor(e, rng.New(2), 1)
		p := must(m.Smooth(x))(t)
		b := density(e, x)
		for i, v := range b {
			b[i] = v + math.Log(m.Start[i])
		}
		near(t, name+": log-likelihood", p.LogLik, logSumExp(b), 1e-13)
		for _, v := range p.Pairs {
			near(t, name+": steps", v, 0, 0)
		}
		before := append([]float64(nil), m.Trans...)
		penalise(e)
		must(m.Fit(t.Context(), [][]float64{x, x}, Config{Sweeps: 1}))(t)
		for i, v := range before { // no step was seen
			near(t, name+": transitions", m.Trans[i], v, 0)
		}
	}
}

func TestProbabilitiesNearZeroDoNotUnderflow(t *testing.T) {
	const n = 100_000
	e := must(NewDiscrete(2, []float64{1e-300, 1 - 1e-300, 1e-290, 1 - 1e-290}))(t)
	m := must(Uniform(e, .5))(t)
	p := must(m.Smooth(make([]float64, n)))(t)
	// A sum of n terms may lose n·2⁻⁵³ of itself.
	near(t, "log-likelihood", p.LogLik, n*math.Log((1e-300+1e-290)/2), n*0x1p-53)
	near(t, "marginal", p.Smoothed[n], 1e-10, 1e-12)
	x := make([]float64, n)
	for i := range x {
		x[i] = 1
	}
	near(t, "log-likelihood of what is sure", must(m.LogLik(x))(t), 0, 1e-12)
}

func TestWideDensitiesAndFarRows(t *testing.T) {
	e := must(NewGaussian(Full, 2, []float64{0, 0, 1e6, 1e6}, []float64{1e-10, 0, 0, 1e-10, 1e10, 0, 0, 1e10}))(t)
	m := must(Uniform(e, .9))(t)
	x := []float64{0, 0, 1e6, 1e6, 0, 0, 5e5, -3e8}
	p := must(m.Smooth(x))(t)
	path, _, err := m.Viterbi(x)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range path {
		near(t, "marginal", p.Smoothed[2*i+s], 1, 1e-6)
	}
}
