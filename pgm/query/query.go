// Package query puts questions about discrete graphical models to methods that go by a name:
// what p(x | evidence) is, and which assignment is the most probable. A method is an entry of
// a table, which knows what its value of ln Z is worth and what it can answer.
package query

import (
	"context"
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/approx"
	"github.com/elbo-go/elbo/pgm/exact"
)

// Problem is a model with what was seen of it.
type Problem struct {
	// Graph is the model as factors.
	Graph *pgm.Graph
	// Network is the model as a network, where it is one.
	Network *pgm.Network
	// Evidence is what was seen.
	Evidence pgm.Evidence
}

// Config says how carefully methods work. Each reads what concerns it.
type Config struct {
	// Memory is the cap on the tables of exact methods in bytes; 0 means exact.DefaultMemory.
	Memory float64
	// Sweeps is the most sweeps of iterative methods; 0 means a method's own default.
	Sweeps int
	// Tolerance is the largest change that counts as none; 0 means a method's own default.
	Tolerance float64
	// Damping is the part of the old message that is kept, from 0 to below 1.
	Damping float64
	// Samples is the number of samples of methods that draw; 0 means a method's own default.
	Samples int
	// Seed is that of methods that draw.
	Seed uint64
	// Chains is the number of Gibbs chains; 0 means the method's own default.
	Chains int
	// Schedule is the order of messages, one of approx.Schedules; empty is the first.
	Schedule string
	// Trees is how many spanning trees are looked for to lower a reweighted bound.
	Trees int
}

// Worth is what a method's value of ln Z is to the true one.
type Worth string

// The worths of a value of ln Z; approximate methods have those of approx.Meaning.
const (
	Exact Worth = "exact"
	None  Worth = Worth(approx.None) // the method has no value
)

// Answer is what a method says of every variable.
type Answer struct {
	// LogZ is ln P(evidence) of a network and ln Z of a Markov network, as good as the
	// method's Worth says.
	LogZ float64
	// Marginals are p(x | evidence) of the variables asked for, nil of those that were not.
	Marginals [][]float64
	// Plan is the elimination of exact methods.
	Plan *exact.Plan
	// Sweeps is the number of sweeps of iterative methods.
	Sweeps int
	// Moving says that the last sweep still changed what it should not have.
	Moving bool
	// LogZErr is the standard error of LogZ of methods that draw.
	LogZErr float64
	// StdErr are the standard errors of Marginals of methods that draw.
	StdErr [][]float64
	// RHat is the largest R̂ of a target's chains, 0 where there are none.
	RHat float64
	// ESS is the least number of independent draws that the samples are worth for a target.
	ESS float64
}

// Method is a way to answer questions; it can do what is not nil.
type Method struct {
	// Name is the name on the command line.
	Name string
	// Summary is one line on what it is.
	Summary string
	// Paper is its source, "Author year".
	Paper string
	// Worth is what its value of ln Z is.
	Worth Worth
	// Random methods draw: they depend on the seed.
	Random bool
	// Measured is what tests hold it to, and Test the files that do.
	Measured, Test string
	// Marginals finds p(x | evidence) of the targets and ln Z.
	Marginals func(ctx context.Context, p Problem, targets []int, c Config) (*Answer, error)
	// Joint finds p(targets | evidence) as one table.
	Joint func(ctx context.Context, p Problem, targets []int, c Config) (*exact.Result, error)
	// Best finds the most probable states of the targets, the others summed out.
	Best func(ctx context.Context, p Problem, targets []int, c Config) (*exact.Best, error)
}

var methods []Method

// Methods are all methods, exact ones first, then by name.
func Methods() []Method {
	return slices.SortedFunc(slices.Values(methods), func(a, b Method) int {
		if x, y := a.Worth == Exact, b.Worth == Exact; x != y {
			if x {
				return -1
			}
			return 1
		}
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
}

// Names are the names of the methods that answer a question: those for which can is true.
func Names(can func(Method) bool) (names []string) {
	for _, m := range Methods() {
		if can(m) {
			names = append(names, m.Name)
		}
	}
	return names
}

// Lookup is the method of a name.
func Lookup(name string) (Method, error) {
	for _, m := range methods {
		if m.Name == name {
			return m, nil
		}
	}
	return Method{}, fmt.Errorf("pgm: query: method: got %q, want one of %q", name, Names(func(Method) bool { return true }))
}

// Free are the variables that are not evidence.
func (p Problem) Free() (free []int) {
	for v := range p.Graph.Vars {
		if _, seen := p.Evidence[v]; !seen {
			free = append(free, v)
		}
	}
	return free
}

// Given is the problem of a network with some variables set from outside, which lose their
// parents (pgm.Network.Do), and others seen. No variable may be both.
func Given(n *pgm.Network, seen, set pgm.Evidence) (Problem, error) {
	all := pgm.Evidence{}
	for v, s := range seen {
		if _, both := set[v]; both {
			return Problem{}, fmt.Errorf("pgm: query: variable %d: got it seen and set, want one of the two", v)
		}
		all[v] = s
	}
	if len(set) > 0 {
		var err error
		if n, err = n.Do(set); err != nil {
			return Problem{}, err
		}
	}
	for v, s := range set {
		all[v] = s
	}
	return Problem{Graph: n.Graph(), Network: n, Evidence: all}, nil
}

// within runs what takes no context, and leaves it to itself when the context ends.
func within[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		v, err := f()
		done <- outcome{v, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
