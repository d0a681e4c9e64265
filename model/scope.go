package model

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/cpu"
	"github.com/elbo-go/elbo/internal/rng"
)

// Scope is a place in a model while its graph is built: it names parameters and noise.
// Its methods panic on a shape mistake; [Program.Run] turns that into an error.
type Scope struct {
	b     *build
	path  string
	fixed bool // see [Scope.Fixed]
}

// build is the state shared by the scopes of one graph.
type build struct {
	params   *Params
	g        *graph.Graph
	nodes    map[string]*graph.Node // parameter nodes by name
	used     []string               // parameters in order of first use
	open     map[string]bool        // those used in a scope that is not fixed
	noise    []noiseSpec
	updates  map[string]*graph.Node
	guard    *graph.Node
	training bool
}

// noiseSpec is one array of noise that the program draws at every run.
type noiseSpec struct {
	name  string
	kind  noiseKind
	node  *graph.Node
	shape shapes.Shape
	place int // among the inputs of the compiled graph
}

type noiseKind int

const (
	normalNoise noiseKind = iota
	uniformNoise
)

// In returns the child scope of a name.
func (s *Scope) In(name string) *Scope { return &Scope{s.b, s.join(name), s.fixed} }

// Fixed returns the scope with its parameters held as they are: no gradient reaches them, they are
// not among the [Scope.Trainable] unless they are used in another scope too, and what is built there
// is no part of a training step.
func (s *Scope) Fixed() *Scope { return &Scope{s.b, s.path, true} }

// join appends a name to the path of the scope.
func (s *Scope) join(name string) string {
	if s.path == "" {
		return name
	}
	return s.path + "/" + name
}

// Path returns the path of the scope, which the names of its parameters begin with.
func (s *Scope) Path() string { return s.path }

// Graph returns the graph that is being built.
func (s *Scope) Graph() *graph.Graph { return s.b.g }

// DType returns the floating-point type of the model.
func (s *Scope) DType() dtypes.DType { return s.b.params.dtype }

// Training tells whether the graph is a training step, and the scope not fixed.
func (s *Scope) Training() bool { return s.b.training && !s.fixed }

// Param returns the trainable parameter of a name, creating it on first use.
func (s *Scope) Param(name string, init Init, dims ...int) *graph.Node {
	n := s.param(name, true, init, dims)
	if s.fixed {
		return graph.StopGradient(n)
	}
	s.b.open[s.join(name)] = true
	return n
}

// State returns a non-trainable array of a name, creating it on first use.
func (s *Scope) State(name string, init Init, dims ...int) *graph.Node {
	return s.param(name, false, init, dims)
}

// param makes the graph parameter of an array, once a graph.
func (s *Scope) param(name string, trainable bool, init Init, dims []int) *graph.Node {
	full := s.join(name)
	if n, ok := s.b.nodes[full]; ok {
		if !slices.Equal(n.Shape().Dimensions, dims) {
			panic(fmt.Errorf("model: parameter %q: got shape %v, want %v", full, n.Shape().Dimensions, dims))
		}
		return n
	}
	if _, err := s.b.params.lookup(full, trainable, init, dims); err != nil {
		panic(err)
	}
	n := graph.Parameter(s.b.g, "param:"+full, shapes.Make(s.DType(), dims...))
	s.b.nodes[full] = n
	s.b.used = append(s.b.used, full)
	return n
}

// Trainable returns the names and nodes of the trainable parameters used so far, in order.
func (s *Scope) Trainable() (names []string, nodes []*graph.Node) {
	s.b.params.mu.RLock()
	defer s.b.params.mu.RUnlock()
	for _, name := range s.b.used {
		if s.b.params.values[name].trainable && s.b.open[name] {
			names = append(names, name)
			nodes = append(nodes, s.b.nodes[name])
		}
	}
	return names, nodes
}

// Update makes a node the new value of the named array (full path) after the run.
func (s *Scope) Update(name string, value *graph.Node) {
	if _, ok := s.b.nodes[name]; !ok {
		panic(fmt.Errorf("model: update: got %q, want an array that the graph uses", name))
	}
	s.b.updates[name] = value
}

// UpdateState makes a node the new value of an array of this scope after the run.
func (s *Scope) UpdateState(name string, value *graph.Node) { s.Update(s.join(name), value) }

// Guard makes every update of the run conditional: where ok, a Bool scalar, is false all arrays
// keep their values.
func (s *Scope) Guard(ok *graph.Node) { s.b.guard = ok }

// Normal returns an array of N(0, 1) noise, drawn anew at every run.
func (s *Scope) Normal(name string, dims ...int) *graph.Node {
	return s.draw(name, normalNoise, dims)
}

// Uniform returns an array of noise uniform on [0, 1), drawn anew at every run.
func (s *Scope) Uniform(name string, dims ...int) *graph.Node {
	return s.draw(name, uniformNoise, dims)
}

// draw makes the graph parameter of an array of noise.
func (s *Scope) draw(name string, kind noiseKind, dims []int) *graph.Node {
	full := s.join(name)
	shape := shapes.Make(s.DType(), dims...)
	n := graph.Parameter(s.b.g, "noise:"+full, shape)
	s.b.noise = append(s.b.noise, noiseSpec{name: full, kind: kind, node: n, shape: shape})
	return n
}

// draw fills an array of noise from a run's key: with the numbers of package rng, the normal ones
// of float32 to within 2⁻²² of the radius √(x₁²+x₂²) of their pair. They are the same on every
// backend, for they depend on the machine's instruction set alone.
func (n noiseSpec) draw(key rng.Key, flat any) {
	k := key.Named(n.name)
	k0, k1 := k.Words()
	switch x := flat.(type) {
	case []float32:
		if n.kind == normalNoise {
			cpu.Normal(k0, k1, x)
		} else {
			cpu.Uniform(k0, k1, x)
		}
	case []float64:
		if n.kind == normalNoise {
			k.NormalFloat64(x)
			return
		}
		u := make([]float32, len(x))
		cpu.Uniform(k0, k1, u)
		for i, v := range u {
			x[i] = float64(v)
		}
	}
}
