package cut

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/pgm"
)

// fall is the least rise of Σ ln φ, as a part of its size, for which another round is made.
const fall = 1e-12

// Expand looks for a most probable assignment of variables of the same number of states by
// α-expansion (Boykov, Veksler & Zabih 2001): for each state α in turn, all variables decide at
// once, by a minimum cut, whether to keep their state or to change to α, until no α raises
// Σ ln φ. Factors are over one and two variables and metric,
//
//	ln φ(α,α) + ln φ(a,b) ≥ ln φ(α,b) + ln φ(a,α),
//
// such as those of Potts models, of which the energy found is at most twice the least where none
// is negative (op. cit. theorem 6.1). It starts at the best state of each variable's own
// factors; with two states it is exact. Zeros, which have no metric, are refused.
func Expand(ctx context.Context, g *pgm.Graph, e pgm.Evidence) (*Best, error) {
	factors, _, err := g.Reduce(e)
	if err != nil {
		return nil, err
	}
	x := &expansion{vars: g.Vars, factors: factors, card: g.Card(), fixed: e}
	if err := x.check(); err != nil {
		return nil, err
	}
	x.start()
	b, value := &Best{}, g.LogValue(x.states)
	for alpha, idle := 0, 0; idle < x.labels; alpha = (alpha + 1) % x.labels {
		next, err := x.expand(ctx, alpha)
		if err != nil {
			return nil, err
		}
		b.Cuts++
		idle++
		if now := g.LogValue(next); now > value+fall*math.Abs(value) {
			x.states, value, idle = next, now, 0
		}
	}
	b.States, b.LogValue = x.states, value
	return b, nil
}

// expansion is a model and where the search stands.
type expansion struct {
	vars    []pgm.Variable
	factors []*pgm.Factor
	card    []int
	fixed   pgm.Evidence
	labels  int
	states  []int
}

func (x *expansion) check() error {
	x.labels = 1
	for v, k := range x.card {
		if _, seen := x.fixed[v]; seen {
			continue
		}
		if x.labels == 1 {
			x.labels = k
		}
		if k != x.labels {
			return fmt.Errorf("pgm: cut: expand: %s: got %d states, want %d as those before it", x.vars[v].Name, k, x.labels)
		}
	}
	for _, f := range x.factors {
		if len(f.Vars) > 2 {
			return fmt.Errorf("pgm: cut: expand: factor over %s and others: got %d variables, want at most 2", x.vars[f.Vars[0]].Name, len(f.Vars))
		}
		if math.IsInf(slices.Min(f.Log), -1) {
			return fmt.Errorf("pgm: cut: expand: factor over %s: got a value of 0, want positive ones", x.vars[f.Vars[0]].Name)
		}
	}
	return nil
}

// start is the best of the factors of one variable.
func (x *expansion) start() {
	own := make([][]float64, len(x.card))
	for _, f := range x.factors {
		if len(f.Vars) > 1 {
			continue
		}
		v := f.Vars[0]
		if own[v] == nil {
			own[v] = make([]float64, x.card[v])
		}
		for s, l := range f.Log {
			own[v][s] += l
		}
	}
	x.states = make([]int, len(x.card))
	for v, l := range own {
		if l != nil {
			x.states[v] = slices.Index(l, slices.Max(l))
		}
	}
	for v, s := range x.fixed {
		x.states[v] = s
	}
}

// expand is the best assignment in which every variable has its state or α.
func (x *expansion) expand(ctx context.Context, alpha int) ([]int, error) {
	n := newEnergy(len(x.card))
	for _, f := range x.factors {
		u := f.Vars[0]
		if len(f.Vars) == 1 {
			n.single(u, -f.Log[x.states[u]], -f.Log[alpha])
			continue
		}
		v := f.Vars[1]
		at := func(s, t int) float64 { return -f.Log[s*f.Card[1]+t] }
		a, b := x.states[u], x.states[v]
		gap := n.pair(u, v, [2][2]float64{{at(a, b), at(a, alpha)}, {at(alpha, b), at(alpha, alpha)}})
		if gap > 0 {
			name := func(v, s int) string { return x.vars[v].States[s] }
			return nil, &NotSubmodular{Names: [2]string{x.vars[u].Name, x.vars[v].Name},
				States: [2][2]string{{name(u, a), name(u, alpha)}, {name(v, b), name(v, alpha)}}, Gap: gap}
		}
	}
	ones, err := n.minimise(ctx)
	if err != nil {
		return nil, err
	}
	next := slices.Clone(x.states)
	for v := range next {
		if _, seen := x.fixed[v]; !seen && ones(v) {
			next[v] = alpha
		}
	}
	return next, nil
}
