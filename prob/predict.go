package prob

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// Predict draws what was observed anew, n times: once for each of n draws of the continuous
// unknowns from the guide, with discrete unknowns drawn from their distributions. The result
// holds, by observed variable, n arrays in the variable's shape.
func (fit *Fit) Predict(n int, seed uint64) (map[string][][]float64, error) {
	if n < 1 {
		return nil, fmt.Errorf("prob: predict: got %d draws, want at least 1", n)
	}
	points := fit.points
	if n > len(points) {
		var err error
		if points, _, err = fit.f.draws(n, fit.f.key.Named("final")); err != nil {
			return nil, err
		}
	}
	return fit.f.m.simulate(fit.f.p, predicting, points[:n], seed, func(s *site) bool { return s.kind == observed })
}

// Prior draws all variables of the model from the prior, n times: unknowns, computed values and
// what is observed. The result holds n arrays by variable.
func (m *Model) Prior(n int, seed uint64) (map[string][][]float64, error) {
	if n < 1 {
		return nil, fmt.Errorf("prob: prior: got %d draws, want at least 1", n)
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	p, err := m.params(seed)
	if err != nil {
		return nil, err
	}
	points := make([][]float64, n)
	for i := range points {
		points[i] = make([]float64, max(1, m.dim))
	}
	return m.simulate(p, forward, points, seed, func(s *site) bool { return !s.constant })
}

// simulate runs the model forward at points and returns the variables that keep says.
func (m *Model) simulate(p *model.Params, mode mode, points [][]float64, seed uint64, keep func(*site) bool) (map[string][][]float64, error) {
	var names []string
	prog := model.NewProgram(p, "simulate", func(s *model.Scope, in []*g.Node) []*g.Node {
		r := m.begin(s.In("model"), mode, in[0])
		r.evaluate()
		var out []*g.Node
		names = nil
		for _, v := range m.sites {
			if keep(v) {
				names, out = append(names, v.name), append(out, g.Neg(g.Neg(r.values[v.name])))
			}
		}
		return out
	})
	all := map[string][][]float64{}
	for i, u := range points {
		out, err := prog.Values(rng.New(seed).Named("simulate").At(uint64(i)), vector(u))
		if err != nil {
			return nil, plain(err)
		}
		for k, name := range names {
			all[name] = append(all[name], out[k])
		}
	}
	return all, nil
}
