package stock

import (
	"strings"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/pkg/errors"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// Program is a graph compiled by GoMLX's engine. Executions may run it at the same time.
type Program struct {
	name            string
	engine          compute.Backend
	exec            compute.Executable
	params, results []shapes.Shape
}

// Graph compiles a graph.
func Graph(g *ir.Graph) (p *Program, err error) {
	defer guard("compiling "+g.Name, &err)
	p = &Program{name: g.Name}
	if p.engine, err = engine(); err != nil {
		return nil, err
	}
	b := p.engine.Builder(g.Name)
	r := &Replay{Function: b.Main()}
	params, err := r.parameters(g.Params)
	if err != nil {
		return nil, err
	}
	results, err := r.Graph(g, params)
	if err != nil {
		return nil, err
	}
	if results, err = r.distinct(params, results); err != nil {
		return nil, err
	}
	if err = r.Function.Return(results, nil); err != nil {
		return nil, err
	}
	p.params, p.results = plainShapes(g.Params), plainShapes(g.Results)
	p.exec, err = b.Compile()
	return p, err
}

// plainShapes gives shapes without names of axes.
func plainShapes(vs []*ir.Value) []shapes.Shape {
	out := make([]shapes.Shape, len(vs))
	for i, v := range vs {
		out[i] = shapes.Make(v.Shape.DType, v.Shape.Dimensions...)
	}
	return out
}

// Run executes the program: it reads the parameters' memory and writes the results'.
func (p *Program) Run(params, results []unsafe.Pointer) (err error) {
	defer guard("running "+p.name, &err)
	inputs := make([]compute.Buffer, len(params))
	donate := make([]bool, len(params))
	for i, s := range p.params {
		flat := dtypes.UnsafeAnySliceFromBytes(params[i], s.DType, s.Size())
		if inputs[i], err = p.engine.BufferFromFlatData(0, flat, s); err != nil {
			return err
		}
		donate[i] = true
	}
	outputs, err := p.exec.Execute(inputs, donate, 0)
	if err != nil {
		return err
	}
	for i, out := range outputs {
		if err := copyOut(results[i], out, p.results[i]); err != nil {
			return errors.WithMessagef(err, "stock: %s: result %d", p.name, i)
		}
	}
	return nil
}

// copyOut moves a result to its memory and gives the engine's buffer back.
func copyOut(to unsafe.Pointer, b compute.Buffer, want shapes.Shape) error {
	got, err := b.Shape()
	if err != nil {
		return err
	}
	if !ir.SameShape(got, want) {
		return errors.Errorf("got shape %s, want %s", got, want)
	}
	if want.Size() > 0 {
		flat, err := b.Data()
		if err != nil {
			return err
		}
		copy(unsafe.Slice((*byte)(to), want.ByteSize()), dtypes.UnsafeByteSliceFromAny(flat))
	}
	return b.Finalize()
}

// host is one node as a step of a program.
type host struct {
	*Program
	outputs int
}

var _ plan.Host = host{}

// Host compiles one node. Its step's arguments are the node's outputs, then its inputs, each
// contiguous.
func Host(n *ir.Node) (plan.Host, error) {
	g := &ir.Graph{Name: ir.OpName(n.Op)}
	args := make([]*ir.Value, len(n.In))
	for i, v := range n.In {
		args[i] = g.Param("", v.Shape)
	}
	single := &ir.Graph{Nodes: []*ir.Node{n}, Results: n.Out, Params: n.In}
	g.Results = g.Inline(single, args)
	p, err := Graph(g)
	if err != nil {
		return nil, errors.WithMessagef(err, "stock: %s", ir.OpName(n.Op))
	}
	return host{Program: p, outputs: len(n.Out)}, nil
}

// Name tells the operation and the shapes of its outputs.
func (h host) Name() string {
	var b strings.Builder
	b.WriteString("host " + h.name)
	for _, s := range h.results {
		b.WriteString(" " + ir.ShapeText(s))
	}
	return b.String()
}

// Run executes the node.
func (h host) Run(args []unsafe.Pointer) error {
	return h.Program.Run(args[h.outputs:], args[:h.outputs])
}
