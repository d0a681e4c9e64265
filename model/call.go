package model

import (
	"fmt"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
)

// executable is a program compiled for one set of input shapes. Its inputs are those of the
// program, noise and parameters, its results the outputs, the new values of the parameters that
// the graph updates, and one that nobody asked for (see tail).
type executable struct {
	run     compute.Executable
	shapes  []shapes.Shape // of the program's inputs
	input   []int          // places of the program's inputs
	noise   []noiseSpec
	used    []use
	updates []string // parameters that the graph updates
	outputs int      // number of the outputs
	donate  []bool   // the noise and the parameters that are updated
	calls   sync.Pool
}

// use is a parameter that a graph reads.
type use struct {
	name  string
	place int
	give  bool // the graph updates it
}

// into is a compiled graph that writes its results to a slice of the caller's.
type into interface {
	ExecuteInto(results, inputs []compute.Buffer, donate []bool) error
}

// fits tells whether the program was compiled for inputs of these shapes.
func (ex *executable) fits(in []*tensors.Tensor) bool {
	if len(in) != len(ex.shapes) {
		return false
	}
	for i, t := range in {
		if !t.Shape().Equal(ex.shapes[i]) {
			return false
		}
	}
	return true
}

// call is one run of an executable.
type call struct {
	ex              *executable
	inputs, results []compute.Buffer
}

// call runs the program; its outputs are those of the call until that ends.
func (p *Program) call(key rng.Key, in []*tensors.Tensor) (*call, error) {
	ex, err := p.executable(in)
	if err != nil {
		return nil, err
	}
	c := ex.calls.Get().(*call)
	if err := p.gather(c, key, in); err != nil {
		return nil, err
	}
	if fast, ok := ex.run.(into); ok {
		err = fast.ExecuteInto(c.results, c.inputs, ex.donate)
	} else {
		c.results, err = ex.run.Execute(c.inputs, ex.donate, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("model: %s: run: %w", p.name, err)
	}
	p.params.replace(ex.updates, c.results[ex.outputs:])
	return c, nil
}

// outputs returns the buffers of the outputs.
func (c *call) outputs() []compute.Buffer { return c.results[:c.ex.outputs] }

// end lets the call's memory serve again, and with it the buffers of the first outputs, which
// nobody else has then: a run that can write over them does.
func (c *call) end(outputs int) {
	last := len(c.results) - 1
	if _, ok := c.ex.run.(into); !ok {
		for _, b := range append(c.results[:outputs:outputs], c.results[last]) {
			_ = b.Finalize()
		}
		clear(c.results)
	}
	clear(c.results[outputs:last])
	clear(c.inputs)
	c.ex.calls.Put(c)
}

// gather collects the buffers of inputs, noise and parameters. Parameters that are given away
// come last, so that a mistake in the others costs none of them.
func (p *Program) gather(c *call, key rng.Key, in []*tensors.Tensor) error {
	for i, t := range in {
		b, err := t.Buffer(p.params.backend, 0)
		if err != nil {
			return err
		}
		c.inputs[c.ex.input[i]] = b
	}
	for _, n := range c.ex.noise {
		b, err := p.params.feed(n.shape, func(flat any) error { return p.draw(n, key, flat) })
		if err != nil {
			return err
		}
		c.inputs[n.place] = b
	}
	return p.params.lend(c.ex.used, c.inputs)
}

// draw fills an array of noise, from a run's key or as a test has fixed it.
func (p *Program) draw(n noiseSpec, key rng.Key, flat any) error {
	if p.noise == nil {
		n.draw(key, flat)
		return nil
	}
	return fill(flat, p.noise(n.name, n.shape.Dimensions))
}

// executable returns the program compiled for the shapes of the inputs.
func (p *Program) executable(in []*tensors.Tensor) (*executable, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, ex := range p.compiled {
		if ex.fits(in) {
			return ex, nil
		}
	}
	ex, err := p.compile(in)
	if err != nil {
		return nil, err
	}
	p.compiled = append(p.compiled, ex)
	return ex, nil
}

// compile builds and compiles the graph for the shapes of the inputs.
func (p *Program) compile(in []*tensors.Tensor) (*executable, error) {
	g := graph.NewGraph(p.params.backend, p.name)
	b := &build{params: p.params, g: g, nodes: map[string]*graph.Node{}, open: map[string]bool{}, updates: map[string]*graph.Node{}, training: p.training}
	ex := &executable{}
	nodes := make([]*graph.Node, len(in))
	for i, t := range in {
		nodes[i] = graph.Parameter(g, fmt.Sprintf("input:%d", i), t.Shape())
		ex.shapes = append(ex.shapes, t.Shape().Clone())
	}
	results := p.fn(&Scope{b: b}, nodes)
	ex.outputs = len(results)
	for _, name := range b.used {
		v, updated := b.updates[name]
		if updated {
			if b.guard != nil {
				v = graph.Where(b.guard, v, b.nodes[name])
			}
			ex.updates = append(ex.updates, name)
			results = append(results, v)
		}
		ex.used = append(ex.used, use{name: name, give: updated})
	}
	results = append(results, tail(g))
	if err := g.Compile(results...); err != nil {
		return nil, fmt.Errorf("model: %s: compile: %w", p.name, err)
	}
	ex.run, ex.noise = g.Executable(), b.noise
	ex.place(nodes, b)
	inputs, outputs := g.NumParameters(), len(results)
	ex.calls.New = func() any {
		return &call{ex, make([]compute.Buffer, inputs), make([]compute.Buffer, outputs)}
	}
	return ex, nil
}

// place notes where each array goes among the inputs of the compiled graph.
func (ex *executable) place(in []*graph.Node, b *build) {
	ex.donate = make([]bool, b.g.NumParameters())
	for _, n := range in {
		ex.input = append(ex.input, int(n.GetParameterHandle()))
	}
	for i := range ex.noise {
		n := &ex.noise[i]
		n.place = int(n.node.GetParameterHandle())
		ex.donate[n.place] = true
	}
	for i := range ex.used {
		u := &ex.used[i]
		u.place = int(b.nodes[u.name].GetParameterHandle())
		ex.donate[u.place] = u.give
	}
}
