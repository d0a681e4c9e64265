package cut

import (
	"context"
	"fmt"
	"maps"
	"math"

	"github.com/elbo-go/elbo/pgm"
)

// Best is an assignment found by cuts.
type Best struct {
	// States are the states of all variables.
	States []int
	// LogValue is Σ ln φ of them: less the energy.
	LogValue float64
	// Cuts is how many minimum cuts were made.
	Cuts int
}

// NotSubmodular is the refusal of a model of which a minimum cut is no most probable assignment.
type NotSubmodular struct {
	// Names are the two variables of the factor at fault.
	Names [2]string
	// States are the pairs of states, low and high of each, that it holds against.
	States [2][2]string
	// Gap is how much ln φ lacks.
	Gap float64
}

// Error says which edge is at fault, and by how much.
func (e *NotSubmodular) Error() string {
	return fmt.Sprintf("pgm: cut: factor of %s and %s: got ln φ of alike states %q less unlike ones %g below 0, want at least 0 (submodular)",
		e.Names[0], e.Names[1], e.States, e.Gap)
}

// rounding is how far below 0 the terms of a submodular factor may be by rounding, as a part of
// the largest of them.
const rounding = 1e-12

// Solve is the most probable assignment of variables of two states under factors over one and
// two of them that are submodular,
//
//	ln φ(0,0) + ln φ(1,1) ≥ ln φ(0,1) + ln φ(1,0),
//
// as a minimum cut of a network with a node a variable (Greig, Porteous & Seheult 1989;
// Kolmogorov & Zabih 2004, theorem 4.1). Values of 0 are infinite energies. Where several
// assignments are best it is one of them.
func Solve(ctx context.Context, g *pgm.Graph, e pgm.Evidence) (*Best, error) {
	if err := e.Check(g.Vars); err != nil {
		return nil, err
	}
	known := pgm.Evidence{}
	maps.Copy(known, e)
	for v, k := range g.Card() {
		if _, seen := e[v]; k == 1 {
			known[v] = 0
		} else if k > 2 && !seen {
			return nil, fmt.Errorf("pgm: cut: variable %s: got %d states, want at most 2", g.Vars[v].Name, k)
		}
	}
	factors, _, err := g.Reduce(known)
	if err != nil {
		return nil, err
	}
	n := newEnergy(len(g.Vars))
	for _, f := range factors {
		if err := n.add(f, g.Vars); err != nil {
			return nil, err
		}
	}
	ones, err := n.minimise(ctx)
	if err != nil {
		return nil, err
	}
	b := &Best{States: make([]int, len(g.Vars)), Cuts: 1}
	for v := range b.States {
		if state, seen := known[v]; seen {
			b.States[v] = state
		} else if ones(v) {
			b.States[v] = 1
		}
	}
	if b.LogValue = g.LogValue(b.States); math.IsInf(b.LogValue, -1) {
		return nil, pgm.ErrImpossible
	}
	return b, nil
}
