// Package model is what a trainable model needs beyond graph nodes: named parameters, named
// noise and compiled programs over both.
//
// A graph function receives a [Scope]; it asks the scope for parameters and noise by name
// and returns nodes. A [Program] compiles the function once per input shape and runs it
// against a [Params]. Parameters are initialised, and noise is drawn, in Go from keyed
// streams, so equal seeds give equal numbers on every backend and thread count of a machine.
// On machines of other instruction sets normal noise in float32 differs by 2⁻²² of its radius
// at most (see cpu.Normal).
package model

import (
	"fmt"
	"slices"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/internal/rng"
)

// Params is the ordered set of named arrays that a model consists of: trainable weights
// and non-trainable state such as an optimizer's moments. Reading is safe from many
// goroutines; a step that updates it must run alone.
type Params struct {
	backend compute.Backend
	dtype   dtypes.DType
	key     rng.Key
	sealed  bool

	mu     sync.RWMutex
	order  []string
	values map[string]*param
}

// param is one named array.
type param struct {
	trainable bool
	dims      []int
	value     compute.Buffer // nil while a run has it
}

// Array is the value of a parameter on the host.
type Array struct {
	Name      string    // path, such as "encoder/hidden0/weight"
	Trainable bool      // whether gradients are taken with respect to it
	Dims      []int     // shape; empty for a scalar
	Data      []float64 // row-major
}

// NewParams returns an empty set on a backend. New parameters are initialised from the key.
func NewParams(b compute.Backend, dtype dtypes.DType, key rng.Key) *Params {
	return &Params{backend: b, dtype: dtype, key: key.Named("init"), values: map[string]*param{}}
}

// Backend returns the backend that the arrays live on.
func (p *Params) Backend() compute.Backend { return p.backend }

// DType returns the floating-point type of the arrays.
func (p *Params) DType() dtypes.DType { return p.dtype }

// Seal makes asking for an unknown parameter an error: a loaded model must hold all it needs.
func (p *Params) Seal() { p.sealed = true }

// Names lists the parameters in the order of their creation.
func (p *Params) Names() []string {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return append([]string(nil), p.order...)
}

// Count returns the number of trainable values.
func (p *Params) Count() int {
	n := 0
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, v := range p.values {
		if v.trainable {
			n += size(v.dims)
		}
	}
	return n
}

// Export copies the arrays to the host.
func (p *Params) Export() ([]Array, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	out := make([]Array, 0, len(p.order))
	for _, name := range p.order {
		v := p.values[name]
		if v.value == nil {
			return nil, lost(name)
		}
		a := Array{Name: name, Trainable: v.trainable, Dims: v.dims}
		err := p.read(v.value, func(flat any) (err error) {
			a.Data, err = widen(nil, flat)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("model: parameter %q: %w", name, err)
		}
		out = append(out, a)
	}
	return out, nil
}

// Import sets or adds arrays. An array that exists must keep its shape. After an error
// nothing has changed.
func (p *Params) Import(arrays []Array) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range arrays {
		if err := p.check(a); err != nil {
			return err
		}
	}
	held := make([]compute.Buffer, len(arrays))
	for i, a := range arrays {
		var err error
		if held[i], err = p.hold(a.Dims, a.Data); err != nil {
			return fmt.Errorf("model: parameter %q: %w", a.Name, err)
		}
	}
	for i, a := range arrays {
		if old, ok := p.values[a.Name]; !ok {
			p.order = append(p.order, a.Name)
		} else if old.value != nil {
			_ = old.value.Finalize()
		}
		p.values[a.Name] = &param{a.Trainable, append([]int(nil), a.Dims...), held[i]}
	}
	return nil
}

// check tells whether an array can be imported.
func (p *Params) check(a Array) error {
	for _, d := range a.Dims {
		if d < 1 {
			return fmt.Errorf("model: parameter %q: got shape %v, want positive sizes", a.Name, a.Dims)
		}
	}
	if len(a.Data) != size(a.Dims) {
		return fmt.Errorf("model: parameter %q: got %d values, want %d for shape %v", a.Name, len(a.Data), size(a.Dims), a.Dims)
	}
	if old, ok := p.values[a.Name]; ok && !slices.Equal(old.dims, a.Dims) {
		return fmt.Errorf("model: parameter %q: got shape %v, want %v", a.Name, a.Dims, old.dims)
	}
	return nil
}

// lookup returns a parameter, creating it if the set is not sealed.
func (p *Params) lookup(name string, trainable bool, init Init, dims []int) (*param, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if v, ok := p.values[name]; ok {
		if !slices.Equal(v.dims, dims) {
			return nil, fmt.Errorf("model: parameter %q: got shape %v, want %v", name, v.dims, dims)
		}
		v.trainable = trainable
		return v, nil
	}
	if p.sealed {
		return nil, fmt.Errorf("model: parameter %q of shape %v is missing", name, dims)
	}
	held, err := p.hold(dims, init(p.key.Named(name), dims))
	if err != nil {
		return nil, fmt.Errorf("model: parameter %q: %w", name, err)
	}
	v := &param{trainable, append([]int(nil), dims...), held}
	p.order = append(p.order, name)
	p.values[name] = v
	return v, nil
}

// lend enters the buffers of parameters at their places among the inputs of a graph. Those that
// the graph updates have no value until replace gives them one.
func (p *Params) lend(used []use, inputs []compute.Buffer) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, u := range used {
		v, ok := p.values[u.name]
		if !ok {
			return fmt.Errorf("model: parameter %q is missing", u.name)
		}
		if v.value == nil {
			return lost(u.name)
		}
		inputs[u.place] = v.value
	}
	for _, u := range used {
		if u.give {
			p.values[u.name].value = nil
		}
	}
	return nil
}

// lost is the error of a parameter that a failed run has taken.
func lost(name string) error {
	return fmt.Errorf("model: parameter %q was lost in a run that failed; load the last checkpoint", name)
}

// replace sets the values of parameters whose old ones were given away.
func (p *Params) replace(names []string, values []compute.Buffer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, name := range names {
		p.values[name].value = values[i]
	}
}

// size is the number of values of a shape.
func size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}
