package prob

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/internal/rng"
)

// Mode is a maximum of the posterior density.
type Mode struct {
	// LogDensity is ln p(x, z) there, of the constrained variables, nats.
	LogDensity float64
	// Values holds the unknowns and computed values by name, row-major.
	Values map[string][]float64
}

// MAP maximises the posterior density of the constrained variables, which has no term for the
// map from the reals, by L-BFGS from a random start. A density without a maximum, such as that
// of a hierarchical model whose scale may go to 0, is an error.
func MAP(ctx context.Context, m *Model, seed uint64) (*Mode, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	if m.dim == 0 {
		return nil, fmt.Errorf("prob: MAP: the model has no continuous unknown")
	}
	p, err := m.params(seed)
	if err != nil {
		return nil, err
	}
	d, err := m.density(p, false)
	if err != nil {
		return nil, err
	}
	u, err := initial(d, rng.New(seed).Named("start"))
	if err != nil {
		return nil, err
	}
	c := &climber{d: d, steps: 2000, tol: 1e-10}
	if u, err = c.climb(ctx, u); err != nil {
		return nil, err
	}
	lp, err := d.at(u)
	if err != nil {
		return nil, err
	}
	if !c.done {
		return nil, fmt.Errorf("prob: MAP: found no maximum of the density after %d steps; the last value is %.6g", len(c.path)-1, lp)
	}
	fit := &Fit{f: &fitter{m: m, p: p, d: d}}
	row, err := fit.rows([][]float64{u})
	if err != nil {
		return nil, err
	}
	out := &Mode{LogDensity: lp, Values: map[string][]float64{}}
	for _, q := range fit.fields {
		out.Values[q.name] = row[0][q.at : q.at+size(q.dims)]
	}
	return out, nil
}
