package model

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/compute"
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
	compiled map[string]*executable
}

// executable is a program compiled for one set of input shapes.
type executable struct {
	g       *graph.Graph
	used    []string
	noise   []noiseSpec
	updates []string
}

// Result is what one run of a program gave.
type Result struct {
	Outputs []*tensors.Tensor // what the graph function returned, in order
}

// NewProgram prepares a program; nothing is compiled yet.
func NewProgram(p *Params, name string, fn Func) *Program {
	return &Program{name: name, params: p, fn: fn, compiled: map[string]*executable{}}
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
	ex, err := p.executable(in)
	if err != nil {
		return nil, err
	}
	buffers, donate, err := p.buffers(ex, key, in)
	if err != nil {
		return nil, err
	}
	out := ex.g.RunWithBuffers(buffers, donate, 0)
	n := len(out) - 1 - len(ex.updates)
	p.params.replace(ex.updates, out[n:n+len(ex.updates)])
	return &Result{Outputs: out[:n]}, nil
}

// Values runs the program and copies its outputs to the host, in float64.
func (p *Program) Values(key rng.Key, in ...*tensors.Tensor) ([][]float64, error) {
	res, err := p.Run(key, in...)
	if err != nil {
		return nil, err
	}
	return res.Floats()
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

// buffers gathers the device buffers of inputs, noise and parameters, by parameter handle, and
// says which of them the backend may take over: the noise and the parameters that the graph
// updates. The latter come last, so that a mistake in the others costs no parameter.
func (p *Program) buffers(ex *executable, key rng.Key, in []*tensors.Tensor) (out []compute.Buffer, donate []bool, err error) {
	out, donate = make([]compute.Buffer, ex.g.NumParameters()), make([]bool, ex.g.NumParameters())
	set := func(name string, b compute.Buffer, give bool) {
		i := ex.g.GetParameterByName(name).GetParameterHandle()
		out[i], donate[i] = b, give
	}
	for i, t := range in {
		b, err := t.Buffer(p.params.backend, 0)
		if err != nil {
			return nil, nil, err
		}
		set(inputName(i), b, false)
	}
	for _, n := range ex.noise {
		b, err := p.params.feed(n.node.Shape(), func(flat any) error { return p.draw(n, key, flat) })
		if err != nil {
			return nil, nil, err
		}
		set("noise:"+n.name, b, true)
	}
	for _, name := range ex.used {
		give := slices.Contains(ex.updates, name)
		b, err := p.params.buffer(name, give)
		if err != nil {
			return nil, nil, err
		}
		set("param:"+name, b, give)
	}
	return out, donate, nil
}

// draw fills an array of noise, from a run's key or as a test has fixed it.
func (p *Program) draw(n noiseSpec, key rng.Key, flat any) error {
	if p.noise == nil {
		n.draw(key, flat)
		return nil
	}
	return fill(flat, p.noise(n.name, n.node.Shape().Dimensions))
}

// executable returns the program compiled for the shapes of the inputs.
func (p *Program) executable(in []*tensors.Tensor) (*executable, error) {
	var key strings.Builder
	for _, t := range in {
		fmt.Fprint(&key, t.Shape(), ";")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if ex, ok := p.compiled[key.String()]; ok {
		return ex, nil
	}
	ex, err := p.compile(in)
	if err != nil {
		return nil, err
	}
	p.compiled[key.String()] = ex
	return ex, nil
}

// compile builds and compiles the graph for the shapes of the inputs.
func (p *Program) compile(in []*tensors.Tensor) (*executable, error) {
	g := graph.NewGraph(p.params.backend, p.name)
	b := &build{params: p.params, g: g, nodes: map[string]*graph.Node{}, updates: map[string]*graph.Node{}, training: p.training}
	nodes := make([]*graph.Node, len(in))
	for i, t := range in {
		nodes[i] = graph.Parameter(g, inputName(i), t.Shape())
	}
	outputs := p.fn(&Scope{b: b}, nodes)
	ex := &executable{g: g, used: b.used, noise: b.noise}
	for _, name := range b.used {
		if v, ok := b.updates[name]; ok {
			if b.guard != nil {
				v = graph.Where(b.guard, v, b.nodes[name])
			}
			ex.updates = append(ex.updates, name)
			outputs = append(outputs, v)
		}
	}
	if err := g.Compile(append(outputs, tail(g))...); err != nil {
		return nil, fmt.Errorf("model: %s: compile: %w", p.name, err)
	}
	return ex, nil
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

// inputName names the i-th input of a graph.
func inputName(i int) string { return fmt.Sprintf("input:%d", i) }
