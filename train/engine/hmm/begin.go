package hmm

import (
	"context"
	"fmt"

	markov "github.com/elbo-go/elbo/hmm"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train/engine"
)

// chain is a model with point parameters or one with a posterior.
type chain struct {
	Point *markov.Model `json:"point,omitempty"`
	Bayes *markov.Bayes `json:"bayes,omitempty"`
}

// fit makes the sweeps of one start.
func (c chain) fit(ctx context.Context, seqs [][]float64, f markov.Config) (markov.Result, error) {
	if c.Bayes != nil {
		return c.Bayes.Fit(ctx, seqs, f)
	}
	return c.Point.Fit(ctx, seqs, f)
}

// point is the model itself, or that at expected parameters.
func (c chain) point() (*markov.Model, error) {
	if c.Bayes != nil {
		return c.Bayes.Point()
	}
	return c.Point, nil
}

// filled returns n copies of v.
func filled(n int, v float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// unit returns k identity matrices times v.
func unit(k, d int, v float64) []float64 {
	out := make([]float64, k*d*d)
	for i := range k * d {
		out[i*d+i%d] = v
	}
	return out
}

// builders make the emissions of expectation maximisation.
var builders = map[string]func(s *series, c engine.Config) (markov.Emission, error){
	"gaussian": func(s *series, c engine.Config) (markov.Emission, error) { return gaussian(s, c, c.Whole("states")) },
	"mixture": func(s *series, c engine.Config) (markov.Emission, error) {
		k, each := c.Whole("states"), c.Whole("parts")
		g, err := gaussian(s, c, k*each)
		if err != nil {
			return nil, err
		}
		e, err := markov.NewMixture(g, each, filled(k*each, 1/float64(each)))
		if err == nil {
			e.Pseudo = c.Number("pseudo")
		}
		return e, err
	},
	"ar": func(s *series, c engine.Config) (markov.Emission, error) {
		k, d, lags := c.Whole("states"), len(s.columns), c.Whole("lags")
		e, err := markov.NewAutoregressive(d, lags, make([]float64, k*d*(1+lags*d)), unit(k, d, 1))
		if err == nil {
			e.Count, e.Scale, e.Ridge = 1, c.Number("floor"), 1e-6
		}
		return e, err
	},
	"poisson": func(_ *series, c engine.Config) (markov.Emission, error) {
		return markov.NewPoisson(filled(c.Whole("states"), 1))
	},
	"discrete": func(s *series, c engine.Config) (markov.Emission, error) {
		k, v := c.Whole("states"), s.symbols()
		e, err := markov.NewDiscrete(v, filled(k*v, 1/float64(v)))
		if err == nil {
			e.Pseudo = c.Number("pseudo")
		}
		return e, err
	},
}

// gaussian makes k Gaussians with a prior of their variances.
func gaussian(s *series, c engine.Config, k int) (*markov.Gaussian, error) {
	d, kind := len(s.columns), markov.Kind(c.Text("covariance"))
	cov := map[markov.Kind][]float64{markov.Full: unit(k, d, 1), markov.Diagonal: filled(k*d, 1), markov.Tied: unit(1, d, 1), markov.Spherical: filled(k, 1)}[kind]
	e, err := markov.NewGaussian(kind, d, make([]float64, k*d), cov)
	if err == nil && c.Number("floor") > 0 {
		e.Count, e.Scale = 1, c.Number("floor")
	}
	return e, err
}

// posteriors make the emissions of variational Bayes, of rows that are standardised.
var posteriors = map[string]func(s *series, c engine.Config) (markov.Emission, error){
	"gaussian": func(s *series, c engine.Config) (markov.Emission, error) {
		k, d := c.Whole("states"), len(s.columns)
		switch markov.Kind(c.Text("covariance")) {
		case markov.Full:
			return markov.NewNormalWishart(k, make([]float64, d), .1, float64(d+1), unit(1, d, .2))
		case markov.Diagonal:
			return markov.NewNormalGamma(k, make([]float64, d), .1, 1, filled(d, .1))
		}
		return nil, fmt.Errorf("hmm: covariance: got %s with --method vb, want full or diagonal", c.Text("covariance"))
	},
	"poisson": func(s *series, c engine.Config) (markov.Emission, error) {
		mean := 0.
		for _, x := range s.train {
			for _, v := range x {
				mean += v / float64(s.rows)
			}
		}
		return markov.NewGammaRate(c.Whole("states"), 1, 1/max(mean, 1e-3))
	},
	"discrete": func(s *series, c engine.Config) (markov.Emission, error) {
		return markov.NewDirichletSymbols(c.Whole("states"), s.symbols(), c.Number("alpha"))
	},
}

// begin makes the chain of a start: the first of expectation maximisation from k-means, all
// others from random weights.
func begin(s *series, c engine.Config, start int) (chain, error) {
	key, bayes := rng.New(c.Seed).Named("hmm start").At(uint64(start)), c.Text("method") == vb
	table := builders
	if bayes {
		table = posteriors
	}
	build, ok := table[c.Text("emission")]
	if !ok {
		return chain{}, fmt.Errorf("hmm: emission: got %s with --method vb, want gaussian, poisson or discrete", c.Text("emission"))
	}
	e, err := build(s, c)
	if err != nil {
		return chain{}, err
	}
	seed := markov.SeedSoft
	if !bayes && start%2 == 0 {
		seed = markov.Seed
	}
	if err := seed(e, key, s.train); err != nil {
		return chain{}, err
	}
	if m, ok := e.(*markov.Mixture); ok {
		if err := part(m, key); err != nil {
			return chain{}, err
		}
	}
	if bayes {
		b, err := markov.NewBayes(e, c.Number("alpha"), c.Number("alpha"))
		return chain{Bayes: b}, err
	}
	m, err := markov.Uniform(e, .9)
	if err == nil {
		m.Pseudo = c.Number("pseudo")
	}
	return chain{Point: m}, err
}

// part moves the Gaussians of each mixture apart, which would else stay alike for ever.
func part(m *markov.Mixture, key rng.Key) error {
	r := key.Named("parts").Rand()
	for i := range m.Parts.Mean {
		m.Parts.Mean[i] += .5 * r.NormFloat64()
	}
	g, err := markov.NewGaussian(m.Parts.Kind, m.Parts.Width, m.Parts.Mean, m.Parts.Cov)
	if err != nil {
		return err
	}
	g.Count, g.Scale = m.Parts.Count, m.Parts.Scale
	m.Parts = g
	return nil
}
