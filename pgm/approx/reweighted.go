package approx

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/pgm"
)

// Reweighted is tree-reweighted belief propagation on a model of factors over one and two
// variables (Wainwright, Jaakkola & Willsky 2005). Where it converges its LogZ is an upper
// bound of ln Z. The edges have the probabilities ρ of a uniform spanning tree, which are their
// effective resistances (Kirchhoff 1847); where Trees are asked for, ρ goes from there towards
// the spanning tree of largest mutual information as long as that lowers the bound (Frank &
// Wolfe 1956; the bound is convex in ρ and falls by Σ I_f dρ_f, op. cit. section V).
func Reweighted(ctx context.Context, g *pgm.Graph, e pgm.Evidence, c Config) (*Result, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p, err := newProblem(g, e)
	if err != nil {
		return nil, err
	}
	for i, f := range p.factors {
		if len(f.Vars) > 2 {
			return nil, fmt.Errorf("pgm: approx: reweighted: factor %d: got %d variables, want at most 2", i, len(f.Vars))
		}
	}
	m, err := messagesOf(problemOf(p.card, e, parallels(p.factors), p.constant))
	if err != nil {
		return nil, err
	}
	if err := m.resist(); err != nil {
		return nil, err
	}
	r, err := m.bound(ctx, c)
	for range c.Trees {
		if err != nil {
			break
		}
		var lower bool
		if r, lower, err = m.descend(ctx, c, r); !lower {
			break
		}
	}
	return r, err
}

// parallels multiplies factors over the same variables, of which a spanning tree would have
// at most one.
func parallels(factors []*pgm.Factor) (out []*pgm.Factor) {
	first := map[[2]int]int{}
	for _, f := range factors {
		key := [2]int{f.Vars[0], f.Vars[len(f.Vars)-1]}
		if key[0] > key[1] {
			key[0], key[1] = key[1], key[0]
		}
		i, again := first[key]
		if !again {
			first[key] = len(out)
			out = append(out, f)
			continue
		}
		out[i] = pgm.Product(out[i].Vars, out[i].Card, nil, out[i], f)
	}
	return out
}

// bound passes messages at the present ρ.
func (m *messages) bound(ctx context.Context, c Config) (*Result, error) {
	if err := m.powers(); err != nil {
		return nil, err
	}
	last, err := m.run(ctx, c)
	if err != nil && !errors.Is(err, ErrNotConverged) {
		return nil, err
	}
	return m.result(last), err
}

// halvings is how often descend shortens its step before it takes the bound for its least.
const halvings = 8

// descend moves ρ towards the best tree by the longest of steps ½, ¼, … that lowers the bound.
// Steps whose messages do not converge are too long.
func (m *messages) descend(ctx context.Context, c Config, r *Result) (_ *Result, lower bool, err error) {
	from, tree := slices.Clone(m.rho), m.bestTree(r.Marginals)
	for k, step := 0, .5; k < halvings; k, step = k+1, step/2 {
		for f := range m.rho {
			m.rho[f] = (1-step)*from[f] + step*tree[f]
		}
		now, err := m.bound(ctx, c)
		if err != nil && !errors.Is(err, ErrNotConverged) {
			return nil, false, err
		}
		if err == nil && now.LogZ < r.LogZ-c.Tolerance {
			return now, true, nil
		}
	}
	copy(m.rho, from)
	return r, false, nil
}
