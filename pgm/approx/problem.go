package approx

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/pgm"
)

// problem is a model with its evidence put in: the factors of the free variables, and where
// they touch each of these.
type problem struct {
	card     []int
	evidence pgm.Evidence
	constant float64 // Σ ln φ of the factors that became numbers
	factors  []*pgm.Factor
	stride   [][]int   // by factor and slot: the step of the table for the next state
	at       [][]place // by variable
}

// place is a slot of a factor's scope.
type place struct{ factor, slot int }

func newProblem(g *pgm.Graph, e pgm.Evidence) (*problem, error) {
	factors, constant, err := g.Reduce(e)
	if err != nil {
		return nil, err
	}
	return problemOf(g.Card(), e, factors, constant), nil
}

func problemOf(card []int, e pgm.Evidence, factors []*pgm.Factor, constant float64) *problem {
	p := &problem{card: card, evidence: e, constant: constant, factors: factors,
		stride: make([][]int, len(factors)), at: make([][]place, len(card))}
	for i, f := range factors {
		p.stride[i] = make([]int, len(f.Vars))
		for k, s := len(f.Vars)-1, 1; k >= 0; k-- {
			p.stride[i][k] = s
			s *= f.Card[k]
		}
		for k, v := range f.Vars {
			p.at[v] = append(p.at[v], place{i, k})
		}
	}
	return p
}

// known fills the distributions of the evidence in and leaves the others nil.
func (p *problem) known() [][]float64 {
	q := make([][]float64, len(p.card))
	for v, s := range p.evidence {
		q[v] = make([]float64, p.card[v])
		q[v][s] = 1
	}
	return q
}

// positive reports whether a factor has no zeros.
func positive(f *pgm.Factor) bool {
	for _, x := range f.Log {
		if math.IsInf(x, -1) {
			return false
		}
	}
	return true
}

// allPositive is the error of a method that cannot have zeros.
func (p *problem) allPositive(method string) error {
	for i, f := range p.factors {
		if !positive(f) {
			return fmt.Errorf("pgm: approx: %s: factor %d over %d: got a value of 0, want positive ones", method, i, f.Vars)
		}
	}
	return nil
}

// next counts states up by one, the last slot fastest, and reports whether it came back to 0.
func next(states, card []int) (done bool) {
	for j := len(states) - 1; j >= 0; j-- {
		if states[j]++; states[j] < card[j] {
			return false
		}
		states[j] = 0
	}
	return true
}
