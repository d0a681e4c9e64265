package model

import (
	"fmt"
	"slices"
	"sync"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
)

// Func builds a graph from its inputs.
type Func func(s *Scope, in []*graph.Node) []*graph.Node

// Program is a graph function over a set of parameters, compiled once per input shape.
// Runs without updates are safe from many goroutines.
type Program struct {
	name     string
	params   *Params
	fn       Func
	training bool
	noise    func(name string, dims []int) []float64

	mu       sync.Mutex
	compiled []*executable
}

// Result is what one run of a program gave.
type Result struct {
	Outputs []*tensors.Tensor // what the graph function returned, in order
}

// NewProgram prepares a program; nothing is compiled yet.
func NewProgram(p *Params, name string, fn Func) *Program {
	return &Program{name: name, params: p, fn: fn}
}

// Training marks the program as a training step (see [Scope.Training]).
func (p *Program) Training() *Program {
	p.training = true
	return p
}

// WithNoise replaces the keyed noise, so that a test can fix it.
func (p *Program) WithNoise(fn func(name string, dims []int) []float64) *Program {
	p.noise = fn
	return p
}

// Run executes the program. The key decides all noise. Parameters that the graph updates are
// handed over to the backend, which may write the new values over the old: where the values
// may turn out unusable the graph has to say so ([Scope.Guard]). If the execution itself fails
// those parameters are lost, and asking for them is an error.
func (p *Program) Run(key rng.Key, in ...*tensors.Tensor) (res *Result, err error) {
	defer p.recoverTo(&err)
	c, err := p.call(key, in)
	if err != nil {
		return nil, err
	}
	defer c.end(0)
	res = &Result{Outputs: make([]*tensors.Tensor, c.ex.outputs)}
	for i, b := range c.outputs() {
		if res.Outputs[i], err = tensors.FromBuffer(b); err != nil {
			return nil, err
		}
	}
	return res, nil
}

// Values runs the program and copies its outputs to the host, in float64.
func (p *Program) Values(key rng.Key, in ...*tensors.Tensor) ([][]float64, error) {
	return p.ValuesInto(nil, key, in...)
}

// ValuesInto is Values that writes to the memory of an earlier result.
func (p *Program) ValuesInto(dst [][]float64, key rng.Key, in ...*tensors.Tensor) (out [][]float64, err error) {
	defer p.recoverTo(&err)
	c, err := p.call(key, in)
	if err != nil {
		return nil, err
	}
	defer c.end(c.ex.outputs)
	out = slices.Grow(dst[:0], c.ex.outputs)[:c.ex.outputs]
	for i, b := range c.outputs() {
		err := p.params.read(b, func(flat any) (err error) {
			out[i], err = widen(out[i][:0], flat)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Floats copies the outputs to the host, in float64, and frees them.
func (r *Result) Floats() ([][]float64, error) {
	out := make([][]float64, len(r.Outputs))
	for i, t := range r.Outputs {
		v, err := Floats(t)
		if err != nil {
			return nil, err
		}
		out[i] = v
		_ = t.FinalizeAll()
	}
	return out, nil
}

// tail is an output that is the graph's last node. The stock backend numbers nodes in the
// order of their creation and cannot run a graph in which a parameter follows every output,
// such as a decoder's scale where only its mean is asked for.
func tail(g *graph.Graph) *graph.Node {
	return graph.Neg(graph.Const(g, float64(len(g.Nodes()))))
}

// recoverTo turns a panic of graph building or execution into an error.
func (p *Program) recoverTo(err *error) {
	if r := recover(); r != nil {
		if e, ok := r.(error); ok {
			*err = fmt.Errorf("model: %s: %w", p.name, e)
			return
		}
		*err = fmt.Errorf("model: %s: %v", p.name, r)
	}
}
