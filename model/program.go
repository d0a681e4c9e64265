package model

import (
	"fmt"
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

// Result is what one run of a program gave. A run that updates parameters changes nothing
// until Commit, so a step that went wrong can be thrown away.
type Result struct {
	Outputs []*tensors.Tensor // what the graph function returned, in order
	params  *Params
	names   []string
	values  []*tensors.Tensor
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

// Run executes the program. The key decides all noise.
func (p *Program) Run(key rng.Key, in ...*tensors.Tensor) (res *Result, err error) {
	defer p.recoverTo(&err)
	ex, err := p.executable(in)
	if err != nil {
		return nil, err
	}
	buffers, err := p.buffers(ex, key, in)
	if err != nil {
		return nil, err
	}
	out := ex.g.RunWithBuffers(buffers, make([]bool, len(buffers)), 0)
	n, end := len(out)-1-len(ex.updates), len(out)-1
	return &Result{Outputs: out[:n], params: p.params, names: ex.updates, values: out[n:end]}, nil
}

// Values runs the program and copies its outputs to the host, in float64.
func (p *Program) Values(key rng.Key, in ...*tensors.Tensor) ([][]float64, error) {
	res, err := p.Run(key, in...)
	if err != nil {
		return nil, err
	}
	res.Discard()
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

// Commit makes the updates of the run the values of their parameters, once.
func (r *Result) Commit() {
	for i, v := range r.values {
		r.params.replace(r.names[i], v)
	}
	r.values = nil
}

// Discard frees the updates of the run.
func (r *Result) Discard() {
	for _, v := range r.values {
		_ = v.FinalizeAll()
	}
	r.values = nil
}

// buffers gathers the device buffers of inputs, parameters and noise, by parameter handle.
func (p *Program) buffers(ex *executable, key rng.Key, in []*tensors.Tensor) ([]compute.Buffer, error) {
	out := make([]compute.Buffer, ex.g.NumParameters())
	set := func(name string, t *tensors.Tensor) error {
		b, err := t.Buffer(p.params.backend, 0)
		if err == nil {
			out[ex.g.GetParameterByName(name).GetParameterHandle()] = b
		}
		return err
	}
	for i, t := range in {
		if err := set(inputName(i), t); err != nil {
			return nil, err
		}
	}
	for _, n := range ex.noise {
		dims := n.node.Shape().Dimensions
		var data []float64
		if p.noise != nil {
			data = p.noise(n.name, dims)
		} else {
			data = n.values(key)
		}
		if err := set("noise:"+n.name, hostTensor(p.params.dtype, data, dims)); err != nil {
			return nil, err
		}
	}
	for _, name := range ex.used {
		b, err := p.params.buffer(name)
		if err != nil {
			return nil, err
		}
		out[ex.g.GetParameterByName("param:"+name).GetParameterHandle()] = b
	}
	return out, nil
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
