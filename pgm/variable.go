// Package pgm holds discrete graphical models: variables, factors in log space, Bayesian
// networks and factor graphs (Koller & Friedman 2009). Its rooms read and write them (bif,
// uai) and answer questions about them exactly (exact) or approximately (approx).
package pgm

import (
	"fmt"
	"strconv"
)

// MaxStates is the largest number of states a variable may have.
const MaxStates = 1 << 20

// Variable is a discrete random variable. A variable is referred to by its place in the
// list of its model.
type Variable struct {
	// Name is the name, unique in its model.
	Name string
	// States are the names of its states, in order.
	States []string
}

// Numbered makes a variable whose states are named 0, 1, …, k−1.
func Numbered(name string, k int) Variable {
	v := Variable{Name: name, States: make([]string, k)}
	for i := range v.States {
		v.States[i] = strconv.Itoa(i)
	}
	return v
}

// State is the place of a state by its name, or −1.
func (v Variable) State(name string) int {
	for i, s := range v.States {
		if s == name {
			return i
		}
	}
	return -1
}

// Evidence says which states of which variables were seen.
type Evidence map[int]int

// Check is the error of evidence that names variables or states that are not there.
func (e Evidence) Check(vars []Variable) error {
	for v, s := range e {
		if v < 0 || v >= len(vars) {
			return fmt.Errorf("pgm: evidence: got variable %d, want below %d", v, len(vars))
		}
		if s < 0 || s >= len(vars[v].States) {
			return fmt.Errorf("pgm: evidence on %s: got state %d, want below %d", vars[v].Name, s, len(vars[v].States))
		}
	}
	return nil
}

// Observe turns names of variables and states into evidence.
func Observe(vars []Variable, seen map[string]string) (Evidence, error) {
	places := make(map[string]int, len(vars))
	for i, v := range vars {
		places[v.Name] = i
	}
	e := Evidence{}
	for name, state := range seen {
		i, ok := places[name]
		if !ok {
			return nil, fmt.Errorf("pgm: evidence: got variable %q, want one of the model's %d", name, len(vars))
		}
		if e[i] = vars[i].State(state); e[i] < 0 {
			return nil, fmt.Errorf("pgm: evidence on %s: got state %q, want one of %q", name, state, vars[i].States)
		}
	}
	return e, nil
}

// checkVariables is the error of a list of variables with doubled names or without states.
func checkVariables(vars []Variable) error {
	seen := make(map[string]bool, len(vars))
	for i, v := range vars {
		if n := len(v.States); n < 1 || n > MaxStates {
			return fmt.Errorf("pgm: variable %q: got %d states, want 1 to %d", v.Name, n, MaxStates)
		}
		if seen[v.Name] {
			return fmt.Errorf("pgm: variable %d: got the name %q again, want names that differ", i, v.Name)
		}
		seen[v.Name] = true
	}
	return nil
}
