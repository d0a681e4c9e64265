package pgm

import (
	"fmt"
	"math"
)

// Graph is a factor graph, or Markov network: p(x) = 1/Z Πᵢ φᵢ(x).
type Graph struct {
	// Vars are the variables.
	Vars []Variable
	// Factors are the φᵢ, over places in Vars.
	Factors []*Factor
}

// NewGraph makes a factor graph of variables and factors that belong together.
func NewGraph(vars []Variable, factors []*Factor) (*Graph, error) {
	if err := checkVariables(vars); err != nil {
		return nil, err
	}
	for i, f := range factors {
		for k, v := range f.Vars {
			if v < 0 || v >= len(vars) {
				return nil, fmt.Errorf("pgm: factor %d: got variable %d, want below %d", i, v, len(vars))
			}
			if f.Card[k] != len(vars[v].States) {
				return nil, fmt.Errorf("pgm: factor %d: %s: got %d states, want %d", i, vars[v].Name, f.Card[k], len(vars[v].States))
			}
		}
	}
	return &Graph{Vars: vars, Factors: factors}, nil
}

// Card is the number of states of each variable.
func (g *Graph) Card() []int {
	card := make([]int, len(g.Vars))
	for i, v := range g.Vars {
		card[i] = len(v.States)
	}
	return card
}

// LogValue is Σᵢ ln φᵢ of an assignment.
func (g *Graph) LogValue(states []int) (sum float64) {
	for _, f := range g.Factors {
		sum += f.At(states)
	}
	return sum
}

// Reduce is the graph with the evidence put in: the factors of the other variables, and the
// sum of those ln φᵢ that are numbers now. Variables keep their places.
func (g *Graph) Reduce(e Evidence) (factors []*Factor, constant float64, err error) {
	if err := e.Check(g.Vars); err != nil {
		return nil, 0, err
	}
	for _, f := range g.Factors {
		if f = f.Reduce(e); len(f.Vars) == 0 {
			constant += f.Log[0]
			continue
		}
		factors = append(factors, f)
	}
	if math.IsInf(constant, -1) {
		return nil, constant, ErrImpossible
	}
	return factors, constant, nil
}
