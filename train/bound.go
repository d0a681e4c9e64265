package train

import (
	"fmt"

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
