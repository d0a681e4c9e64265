package train

import (
	"fmt"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// bound is what training maximises.
func (c Config) bound() vi.BoundConfig {
	return vi.BoundConfig{Name: c.Bound, K: c.Samples, M: c.Groups, Alpha: c.Alpha, Share: c.BoundShare}
}

// estimator is that of a training step.
func (c Config) estimator() vi.Estimator {
	return vi.Estimator{Samples: c.Samples, MonteCarloKL: c.MonteCarloKL, Objective: c.bound().Objective()}
}

// draws is the number of draws of z a datum in a step.
func (c Config) draws() int { return c.estimator().Draws() }

// Maximized names the bound that training maximises, "" where it is the one that is reported.
func (c Config) Maximized() string {
	if o := c.bound().Objective(); o != nil {
		return o.Kind()
	}
	return ""
}

// checkBound tells whether the bound fits the other settings.
func (c Config) checkBound() error {
	if err := c.bound().Validate(); err != nil {
		return err
	}
	if c.bound().Objective() == nil {
		return nil
	}
	if c.FreeBits > 0 {
		return fmt.Errorf("train: free-bits: got %v with the bound %s, want 0: only the ELBO has a KL term by dimension", c.FreeBits, c.Bound)
	}
	if c.Capacity > 0 {
		return fmt.Errorf("train: capacity: got %v with the bound %s, want 0: only the ELBO has a KL term", c.Capacity, c.Bound)
	}
	return nil
}

// CheckGuide reports what only models with a guide and a prior can be trained with, of a resolved config.
func (c Config) CheckGuide(s *data.Set) error {
	m, err := vae.New(c.Model, c.Network(FactsOf(s)))
	if err != nil {
		return err
	}
	return c.checkGuide(m)
}

// checkGuide is [Config.CheckGuide] of a model that is built.
func (c Config) checkGuide(m vae.Model) error {
	_, guided := m.(vae.Probabilistic)
	switch {
	case guided:
		return nil
	case c.Maximized() != "":
		return fmt.Errorf("train: bound: got %s for model %s, want elbo: it has no guide and prior to bound ln p(x) with", c.Bound, c.Model)
	case c.Aggressive:
		return fmt.Errorf("train: aggressive: got it for model %s, want one with a guide, which could learn ahead", c.Model)
	}
	return nil
}
