package prob

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vi"
)

// Target returns the model's log-density over unconstrained reals, for guides and methods of
// package vi. It reads the data of the scope's parameters, in minibatches if the model has them.
func (m *Model) Target() (vi.Target, error) {
	if err := m.Check(); err != nil {
		return vi.Target{}, err
	}
	c := &batches{}
	return vi.Target{Dim: m.dim, LogDensity: func(s *model.Scope, u *g.Node) *g.Node {
		return m.target(s.In("model"), u, c)
	}}, nil
}

// Constrain returns the unknowns and computed values by name at a point of the unconstrained
// reals, for draws that other methods have made.
func (m *Model) Constrain(points [][]float64) (map[string][][]float64, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	p, err := m.params(0)
	if err != nil {
		return nil, err
	}
	fit := &Fit{f: &fitter{m: m, p: p}}
	rows, err := fit.rows(points)
	if err != nil {
		return nil, err
	}
	out := map[string][][]float64{}
	for _, q := range fit.fields {
		for _, row := range rows {
			out[q.name] = append(out[q.name], row[q.at:q.at+size(q.dims)])
		}
	}
	return out, nil
}

// Summarize returns the summary of all elements of all unknowns and computed values for draws of
// the unconstrained reals that other methods have made.
func (m *Model) Summarize(points [][]float64) ([]Estimate, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	if len(points) < 2 {
		return nil, fmt.Errorf("prob: summary: got %d draws, want at least 2", len(points))
	}
	p, err := m.params(0)
	if err != nil {
		return nil, err
	}
	return (&Fit{f: &fitter{m: m, p: p}, points: points}).Unweighted()
}

// LogDensity returns ln p(x, z) at a point of the unconstrained reals with the volume of the map
// from them, all data included. A model without continuous unknowns takes nil: the value is its
// exact log-evidence.
func (m *Model) LogDensity(u []float64) (float64, error) {
	if err := m.Check(); err != nil {
		return 0, err
	}
	if len(u) != m.dim {
		return 0, fmt.Errorf("prob: log-density: got a point of %d numbers, want %d", len(u), m.dim)
	}
	p, err := m.params(0)
	if err != nil {
		return 0, err
	}
	d, err := m.density(p, true)
	if err != nil {
		return 0, err
	}
	if m.dim == 0 {
		u = []float64{0}
	}
	return d.at(u)
}
