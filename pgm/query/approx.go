package query

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/pgm/approx"
	"github.com/elbo-go/elbo/pgm/exact"
)

func init() {
	for _, m := range approx.Methods() {
		register(Method{Name: m.Name, Summary: m.Title, Worth: Worth(m.LogZ), Random: m.Random, Marginals: approximate(m)})
	}
	register(Method{Name: "max-product", Summary: "an assignment of high probability by messages and by blocks", Worth: None, Best: maximum})
}

// settings are those of a method where nothing else is asked for.
func (c Config) settings(a approx.Config) (approx.Config, error) {
	a.Damping = max(a.Damping, c.Damping)
	if c.Sweeps > 0 {
		a.Sweeps = c.Sweeps
	}
	if c.Tolerance > 0 {
		a.Tolerance = c.Tolerance
	}
	if c.Samples > 0 {
		a.Draws = c.Samples
	}
	if c.Chains > 0 {
		a.Chains = c.Chains
	}
	if c.Schedule != "" {
		at := slices.Index(approx.Schedules(), c.Schedule)
		if at < 0 {
			return a, fmt.Errorf("pgm: query: schedule: got %q, want one of %q", c.Schedule, approx.Schedules())
		}
		a.Schedule = approx.Schedule(at)
	}
	a.Trees, a.Seed = c.Trees, c.Seed
	return a, nil
}

// approximate answers by an approximate method. Where its messages still move, the answer is what
// they were last, and says so.
func approximate(m approx.Method) func(context.Context, Problem, []int, Config) (*Answer, error) {
	return func(ctx context.Context, p Problem, targets []int, c Config) (*Answer, error) {
		settings, err := c.settings(m.Default)
		if err != nil {
			return nil, err
		}
		r, err := m.Run(ctx, p.Graph, p.Evidence, settings)
		moving := errors.Is(err, approx.ErrNotConverged)
		if err != nil && !moving {
			return nil, err
		}
		a := &Answer{LogZ: r.LogZ, LogZErr: r.LogZErr, Marginals: only(targets, r.Marginals), Sweeps: r.Sweeps, Moving: moving}
		if r.StdErr != nil {
			a.StdErr = only(targets, r.StdErr)
		}
		for _, v := range targets {
			if r.RHat != nil {
				a.RHat = max(a.RHat, r.RHat[v])
			}
			if r.ESS != nil && (a.ESS == 0 || r.ESS[v] < a.ESS) {
				a.ESS = r.ESS[v]
			}
		}
		return a, nil
	}
}

// maximum is max-product: of all variables alone, for it sums none out.
func maximum(ctx context.Context, p Problem, targets []int, c Config) (*exact.Best, error) {
	if len(targets) < len(p.Free()) {
		return nil, errors.New("pgm: query: max-product: got some of the variables, want all that are not known; jt and ve sum the others out")
	}
	settings, err := c.settings(approx.Default())
	if err != nil {
		return nil, err
	}
	b, err := approx.Maximum(ctx, p.Graph, p.Evidence, settings)
	if err != nil && (b == nil || !errors.Is(err, approx.ErrNotConverged)) {
		return nil, err
	}
	return &exact.Best{States: b.States, LogValue: b.LogValue}, nil
}
