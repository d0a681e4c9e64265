package conjugate

import (
	"context"
	"fmt"
	"math"
)

// Site is the factor exp(hθ − ½rθ²) that stands in for a likelihood term. Its precision r may
// be negative: such a term makes the posterior wider than its cavity.
type Site struct {
	// Precision is r.
	Precision float64 `json:"precision"`
	// Shift is h, the precision times the mean.
	Shift float64 `json:"shift"`
}

// EPConfig is how expectation propagation runs.
type EPConfig struct {
	// Sweeps is the most sweeps over the sites; 0 means 500.
	Sweeps int
	// Tolerance ends the sweeps when no site's r or h moves by more than this times the size
	// of the posterior's; 0 means 1e-12.
	Tolerance float64
	// Step is the share of the way that a site goes to its new value; 0 means 1.
	Step float64
	// Progress, where set, hears of every sweep, counted from 1.
	Progress func(sweep int, logZ float64)
}

func (c EPConfig) filled() (EPConfig, error) {
	if c.Sweeps == 0 {
		c.Sweeps = 500
	}
	if c.Tolerance == 0 {
		c.Tolerance = 1e-12
	}
	if c.Step == 0 {
		c.Step = 1
	}
	if c.Sweeps < 0 || !(c.Tolerance > 0) || !(c.Step > 0 && c.Step <= 1) {
		return c, fmt.Errorf("conjugate: EP: got %d sweeps, tolerance %g and step %g, want positive ones and a step of at most 1", c.Sweeps, c.Tolerance, c.Step)
	}
	return c, nil
}

// phi is ln ∫ exp(hθ − ½rθ²) dθ for r > 0.
func (s Site) phi() float64 {
	return (s.Shift*s.Shift/s.Precision + log2Pi - math.Log(s.Precision)) / 2
}

func (s Site) minus(o Site) Site { return Site{s.Precision - o.Precision, s.Shift - o.Shift} }

// EP is expectation propagation on a scalar with the prior N(m₀, v₀) and n likelihood terms
// (Minka 2001, section 3.2). tilted answers with ln Z and the moments of the n-th term times
// N(m, v), which must be those of a density. With q the product of the prior and all sites,
// q\n the same without site n and Φ the log-normaliser,
//
//	ln Z = Φ(q) − Φ(prior) + Σ_n [ln Z_n + Φ(q\n) − Φ(q)].
//
// A term whose cavity has no density waits for the next sweep.
func EP(ctx context.Context, mean, variance float64, n int, tilted func(n int, m, v float64) (logZ, mean, variance float64), cfg EPConfig) (*Estimate, []Site, error) {
	cfg, err := cfg.filled()
	if err != nil {
		return nil, nil, err
	}
	if !(variance > 0) || !finite(mean, variance) || n < 0 {
		return nil, nil, fmt.Errorf("conjugate: EP: prior: got mean %g, variance %g and %d terms", mean, variance, n)
	}
	prior := Site{1 / variance, mean / variance}
	q, sites := prior, make([]Site, n)
	out := &Estimate{}
	for sweep := 1; sweep <= cfg.Sweeps && !out.Converged; sweep++ {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		moved, skipped := 0., false
		for i := range sites {
			cavity := q.minus(sites[i])
			if !(cavity.Precision > 0) {
				skipped = true
				continue
			}
			_, m, v := tilted(i, cavity.Shift/cavity.Precision, 1/cavity.Precision)
			if !(v > 0) || !finite(m, v) {
				return nil, nil, fmt.Errorf("conjugate: EP: sweep %d: term %d: moments: got mean %g and variance %g, want those of a density", sweep, i, m, v)
			}
			full := Site{1 / v, m / v}
			step := full.minus(q)
			dr, dh := cfg.Step*step.Precision, cfg.Step*step.Shift
			// q stays a density: it goes a part of the way between two positive precisions.
			sites[i].Precision += dr
			sites[i].Shift += dh
			q.Precision += dr
			q.Shift += dh
			moved = max(moved, math.Abs(dr)/q.Precision, math.Abs(dh)/(math.Abs(q.Shift)+math.Sqrt(q.Precision)))
		}
		out.LogZ = q.phi() - prior.phi() + logTerms(q, sites, tilted)
		out.Trace = append(out.Trace, out.LogZ)
		out.Converged = !skipped && moved <= cfg.Tolerance
		if cfg.Progress != nil {
			cfg.Progress(sweep, out.LogZ)
		}
	}
	out.Mean, out.Variance = q.Shift/q.Precision, 1/q.Precision
	return out, sites, nil
}

// logTerms is Σ_n [ln Z_n + Φ(q\n) − Φ(q)] over the terms whose cavity is a density.
func logTerms(q Site, sites []Site, tilted func(n int, m, v float64) (logZ, mean, variance float64)) (sum float64) {
	for i, s := range sites {
		cavity := q.minus(s)
		if cavity.Precision > 0 {
			z, _, _ := tilted(i, cavity.Shift/cavity.Precision, 1/cavity.Precision)
			sum += z + cavity.phi() - q.phi()
		}
	}
	return sum
}
