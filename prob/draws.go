package prob

import (
	"fmt"
	"strings"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// prepare makes the program that gives the named variables at a point.
func (fit *Fit) prepare() {
	if fit.values != nil {
		return
	}
	m := fit.f.m
	for at, s := 0, 0; s < len(m.sites); s++ {
		v := m.sites[s]
		if v.kind == latent || v.kind == computed && !v.constant {
			fit.fields = append(fit.fields, field{v.name, v.dims, at})
			at += size(v.dims)
		}
	}
	fit.values = model.NewProgram(fit.f.p, "values", func(s *model.Scope, in []*g.Node) []*g.Node {
		r := m.begin(s.In("model"), scoring, in[0])
		r.evaluate()
		var flat []*g.Node
		for _, q := range fit.fields {
			flat = append(flat, g.Reshape(r.values[q.name], size(q.dims)))
		}
		return []*g.Node{g.Neg(g.Neg(g.Concatenate(flat, 0)))}
	})
}

// rows returns the named variables at points, side by side.
func (fit *Fit) rows(points [][]float64) ([][]float64, error) {
	fit.prepare()
	out := make([][]float64, len(points))
	for i, u := range points {
		v, err := fit.values.Values(rng.Key{}, vector(u))
		if err != nil {
			return nil, plain(err)
		}
		out[i] = v[0]
	}
	return out, nil
}

// field finds a named variable.
func (fit *Fit) field(name string) (field, error) {
	fit.prepare()
	var names []string
	for _, q := range fit.fields {
		if q.name == name {
			return q, nil
		}
		names = append(names, q.name)
	}
	return field{}, fmt.Errorf("prob: variable %q: there is none of that name with draws; there are %s", name, strings.Join(names, ", "))
}

// Draws returns n draws of a variable from the guide, each row-major in the variable's shape. The
// first draws do not depend on n. They have no weights: see [Fit.Weights].
func (fit *Fit) Draws(name string, n int) ([][]float64, error) {
	q, err := fit.field(name)
	if err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, fmt.Errorf("prob: draws: got %d, want at least 1", n)
	}
	points := fit.points
	if n > len(points) {
		if points, _, err = fit.f.draws(n, fit.f.key.Named("final")); err != nil {
			return nil, err
		}
	}
	all, err := fit.rows(points[:n])
	if err != nil {
		return nil, err
	}
	for i, row := range all {
		all[i] = row[q.at : q.at+size(q.dims)]
	}
	return all, nil
}
