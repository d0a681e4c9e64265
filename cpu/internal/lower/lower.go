// Package lower turns graphs into programs: it chooses a kernel for every node, orders the
// steps and gives every value a place in memory.
//
// Operations are lowered by family, one file each. A family that has no kernel for a node
// leaves it to the fallback, which computes any single node on contiguous memory.
package lower

import (
	"errors"
	"fmt"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/isa"
	"github.com/elbo-go/elbo/cpu/internal/plan"
)

// Options say how to lower.
type Options struct {
	// Level is the instruction set of the kernels.
	Level isa.Level

	// Unfused asks for the debugging reference: the steps stay in the graph's order and no
	// step writes over its own input.
	Unfused bool

	// Epilogues lets a region go over the finished parts of a product or convolution wherever it
	// can, and not only where that is faster; Apart makes it a step of its own everywhere.
	Epilogues, Apart bool

	// Fallback gives a host that computes a node for which there is no kernel, or nil if it
	// cannot. Its arguments are the node's outputs, then its inputs, all contiguous.
	Fallback func(*ir.Node) plan.Host
}

// Program lowers a graph. The graph is not changed; the program keeps the memory of its
// constants alive.
func Program(g *ir.Graph, o Options) (*plan.Program, error) {
	b, err := build(g, o)
	if err != nil {
		return nil, fmt.Errorf("lower: graph %q: %w", g.Name, err)
	}
	return b.finish(), nil
}

// build emits the steps of a graph, without an order of its own and without memory.
func build(g *ir.Graph, o Options) (*builder, error) {
	b := newBuilder(g, o)
	for _, n := range live(g) {
		if err := b.node(n); err != nil {
			return nil, fmt.Errorf("%s: %w", ir.OpName(n.Op), err)
		}
	}
	for i, v := range g.Results {
		b.result(i, v)
	}
	return b, nil
}

// finish orders the steps and places the buffers.
func (b *builder) finish() *plan.Program {
	b.schedule()
	b.shareMemory()
	return b.program()
}

// family lowers the nodes of one operation. It returns errRefused for a node that the fallback
// should compute; the steps that it has emitted are then dropped.
type family func(b *builder, n *ir.Node) error

// errRefused tells that a family has no kernel for a node.
var errRefused = errors.New("no kernel")

// families holds the lowering of every operation; the others go to the fallback.
var families = map[ir.Op]family{}

// register enters one family for several operations.
func register(f family, ops ...ir.Op) {
	for _, op := range ops {
		families[op] = f
	}
}

// live lists the nodes that results depend on, in the graph's order.
func live(g *ir.Graph) []*ir.Node {
	needed := map[*ir.Node]bool{}
	for _, v := range g.Results {
		needed[v.Def] = true
	}
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		if n := g.Nodes[i]; needed[n] {
			for _, v := range n.In {
				needed[v.Def] = true
			}
		}
	}
	var out []*ir.Node
	for _, n := range g.Nodes {
		if needed[n] {
			out = append(out, n)
		}
	}
	return out
}

// node lowers one node: by its family, or else by the fallback. Outputs without elements cost
// nothing.
func (b *builder) node(n *ir.Node) error {
	if empty(n) {
		for _, v := range n.Out {
			b.output(v)
		}
		return nil
	}
	err := errRefused
	if f := families[n.Op]; f != nil {
		mark := len(b.steps)
		if err = f(b, n); !errors.Is(err, errRefused) {
			return err
		}
		b.steps = b.steps[:mark]
	}
	if !b.fallback(n) {
		return err
	}
	return nil
}

// empty reports whether no output of a node has an element. Parameters have places of their
// own.
func empty(n *ir.Node) bool {
	if _, ok := n.Attr.(ir.Param); ok {
		return false
	}
	for _, v := range n.Out {
		if !v.Shape.IsZeroSize() {
			return false
		}
	}
	return true
}

// fallback emits a step of the host that computes a node alone, if there is one.
func (b *builder) fallback(n *ir.Node) bool {
	if b.Fallback == nil {
		return false
	}
	host := b.Fallback(n)
	if host == nil {
		return false
	}
	ins := b.contiguousAll(n.In)
	b.append(plan.Step{Host: host}, b.outputs(n), ins, 0)
	return true
}
