package exact

import (
	"math"
	"slices"

	"github.com/elbo-go/elbo/pgm"
)

// MaxAssignments is how many assignments Enumerate will go through.
const MaxAssignments = 1 << 24

// Table is what enumeration finds.
type Table struct {
	// LogZ is ln P(evidence), or ln Z.
	LogZ float64
	// Marginals are p(x | evidence) of every variable.
	Marginals [][]float64
	// Best is the most probable assignment, the first among equals.
	Best []int
	// LogBest is Σ ln φ of it.
	LogBest float64
}

// Enumerate goes through every assignment: the definition that the other methods are proved
// against. Models of more than MaxAssignments are refused.
func Enumerate(g *pgm.Graph, e pgm.Evidence) (*Table, error) {
	if err := e.Check(g.Vars); err != nil {
		return nil, err
	}
	card, count := g.Card(), 1.
	for v, k := range card {
		if _, seen := e[v]; !seen {
			count *= float64(k)
		}
	}
	if count > MaxAssignments {
		return nil, &TooLarge{Plan{Largest: count, Cells: count, Bytes: count * 8, Width: len(card) - 1}, MaxAssignments * 8}
	}
	t := &Table{LogBest: math.Inf(-1), Marginals: make([][]float64, len(card))}
	each(card, e, func(states []int) {
		if x := g.LogValue(states); x > t.LogBest {
			t.LogBest, t.Best = x, slices.Clone(states)
		}
	})
	if math.IsInf(t.LogBest, -1) {
		return nil, pgm.ErrImpossible
	}
	for v, k := range card {
		t.Marginals[v] = make([]float64, k)
	}
	sum := 0.
	each(card, e, func(states []int) {
		p := math.Exp(g.LogValue(states) - t.LogBest)
		sum += p
		for v, s := range states {
			t.Marginals[v][s] += p
		}
	})
	for _, m := range t.Marginals {
		for s := range m {
			m[s] /= sum
		}
	}
	t.LogZ = t.LogBest + math.Log(sum)
	return t, nil
}

// each calls f with every assignment that agrees with the evidence.
func each(card []int, e pgm.Evidence, f func(states []int)) {
	states := make([]int, len(card))
	for v, s := range e {
		states[v] = s
	}
	for {
		f(states)
		v := len(card) - 1
		for ; v >= 0; v-- {
			if _, seen := e[v]; seen {
				continue
			}
			if states[v]++; states[v] < card[v] {
				break
			}
			states[v] = 0
		}
		if v < 0 {
			return
		}
	}
}
