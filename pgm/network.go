package pgm

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// RowTolerance is how far from 1 a row of a conditional table may sum: files print few digits.
// Rows are taken as they are, not normalised.
const RowTolerance = 1e-4

// Network is a Bayesian network: p(x) = Πᵢ p(xᵢ | parents of xᵢ), a directed acyclic graph
// with one conditional table a variable.
type Network struct {
	// Vars are the variables.
	Vars []Variable
	// Parents are the parents of each variable, as places in Vars.
	Parents [][]int
	// Tables are ln p(xᵢ | parents), over the parents in order and then the variable itself.
	Tables []*Factor
}

// NewNetwork makes a network of probabilities: rows[i] holds, for each assignment of the
// parents of variable i (the last changes fastest), the probabilities of its states.
func NewNetwork(vars []Variable, parents [][]int, rows [][]float64) (*Network, error) {
	if err := checkVariables(vars); err != nil {
		return nil, err
	}
	if len(parents) != len(vars) || len(rows) != len(vars) {
		return nil, fmt.Errorf("pgm: network: got %d lists of parents and %d tables, want %d", len(parents), len(rows), len(vars))
	}
	n := &Network{Vars: vars, Parents: parents, Tables: make([]*Factor, len(vars))}
	for i, v := range vars {
		scope := append(slices.Clone(parents[i]), i)
		card := make([]int, len(scope))
		for k, p := range scope {
			if p < 0 || p >= len(vars) {
				return nil, fmt.Errorf("pgm: network: parent of %s: got %d, want below %d", v.Name, p, len(vars))
			}
			card[k] = len(vars[p].States)
		}
		f, err := NewFactor(scope, card, rows[i])
		if err != nil {
			return nil, fmt.Errorf("pgm: network: table of %s: %w", v.Name, err)
		}
		for at, row := range slices.Collect(slices.Chunk(rows[i], len(v.States))) {
			if sum := total(row); math.Abs(sum-1) > RowTolerance {
				return nil, fmt.Errorf("pgm: network: table of %s, row %d: got sum %g, want 1 within %g", v.Name, at, sum, RowTolerance)
			}
		}
		n.Tables[i] = f
	}
	if _, err := n.Order(); err != nil {
		return nil, err
	}
	return n, nil
}

func total(xs []float64) (sum float64) {
	for _, x := range xs {
		sum += x
	}
	return sum
}

// Children are the children of each variable, in order.
func (n *Network) Children() [][]int {
	children := make([][]int, len(n.Vars))
	for i, parents := range n.Parents {
		for _, p := range parents {
			children[p] = append(children[p], i)
		}
	}
	return children
}

// Order lists the variables with parents before children, or says which lie on a cycle.
func (n *Network) Order() ([]int, error) {
	children, waits := n.Children(), make([]int, len(n.Vars))
	var order []int
	for i, parents := range n.Parents {
		if waits[i] = len(parents); waits[i] == 0 {
			order = append(order, i)
		}
	}
	for k := 0; k < len(order); k++ {
		for _, c := range children[order[k]] {
			if waits[c]--; waits[c] == 0 {
				order = append(order, c)
			}
		}
	}
	if len(order) == len(n.Vars) {
		return order, nil
	}
	first := slices.IndexFunc(waits, func(w int) bool { return w > 0 })
	return nil, fmt.Errorf("pgm: network: got a cycle at or above %s, want a graph without cycles", n.Vars[first].Name)
}

// Graph is the network as a factor graph, with Z = 1 up to the rounding of its tables.
func (n *Network) Graph() *Graph { return &Graph{Vars: n.Vars, Factors: n.Tables} }

// Do is the network after an intervention that sets variables to states: they lose their
// parents and take their state with probability 1 (Pearl 2009, section 3.2).
func (n *Network) Do(set Evidence) (*Network, error) {
	if err := set.Check(n.Vars); err != nil {
		return nil, err
	}
	m := &Network{Vars: n.Vars, Parents: slices.Clone(n.Parents), Tables: slices.Clone(n.Tables)}
	for _, v := range slices.Sorted(maps.Keys(set)) {
		k := len(n.Vars[v].States)
		f := &Factor{Vars: []int{v}, Card: []int{k}, Log: make([]float64, k)}
		for s := range f.Log {
			if s != set[v] {
				f.Log[s] = math.Inf(-1)
			}
		}
		m.Parents[v], m.Tables[v] = nil, f
	}
	return m, nil
}

// Network is the inverse of [Network.Graph]: the Bayesian network whose tables are the factors,
// each with its own variable last. It is an error where the factors are no such tables.
func (g *Graph) Network() (*Network, error) {
	n := &Network{Vars: g.Vars, Parents: make([][]int, len(g.Vars)), Tables: make([]*Factor, len(g.Vars))}
	for i, f := range g.Factors {
		last := len(f.Vars) - 1
		if last < 0 || n.Tables[f.Vars[last]] != nil {
			return nil, fmt.Errorf("pgm: network: factor %d over %d: got no variable last that has no table yet, want the table of one", i, f.Vars)
		}
		v := f.Vars[last]
		for at, row := range slices.Collect(slices.Chunk(f.Log, f.Card[last])) {
			sum := 0.
			for _, x := range row {
				sum += math.Exp(x)
			}
			if !(math.Abs(sum-1) <= RowTolerance) {
				return nil, fmt.Errorf("pgm: network: table of %s, row %d: got sum %g, want 1 within %g", g.Vars[v].Name, at, sum, RowTolerance)
			}
		}
		n.Parents[v], n.Tables[v] = f.Vars[:last:last], f
	}
	for v, f := range n.Tables {
		if f == nil {
			return nil, fmt.Errorf("pgm: network: got no table of %s, want one a variable", g.Vars[v].Name)
		}
	}
	if _, err := n.Order(); err != nil {
		return nil, err
	}
	return n, nil
}
