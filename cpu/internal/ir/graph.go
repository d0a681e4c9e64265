// Package ir holds the engine's graphs: what a builder records, what passes rewrite, and what
// is lowered to kernels.
//
// A graph is in static single assignment form: a node computes its outputs from values that
// other nodes computed before it. The operations are those of compute.OpType, with the
// meaning that package compute gives them, and the few that passes put in their place.
package ir

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// Graph is a function: values computed from parameters, in an order in which every node comes
// after the nodes it depends on.
type Graph struct {
	// Name is for dumps; Nodes are in the order of computation.
	Name    string
	Nodes   []*Node
	Params  []*Value // each the output of a Parameter node
	Results []*Value // a value may stand here more than once
}

// Value is one output of a node.
type Value struct {
	Shape shapes.Shape // static: no dynamic dimension
	Def   *Node        // the node that computes it
	Index int          // its place among the node's outputs
}

// Node applies an operation to values.
type Node struct {
	// Out is computed from In.
	Op   Op
	Attr any      // the operation's attributes, one of the types of this package, or nil
	In   []*Value // operands
	Out  []*Value // results
}

// Op names an operation: one of package compute, or one of those below.
type Op = compute.OpType

// Operations that passes put in the place of others.
const (
	OpCopy   Op = compute.OpTypeLast + 1 + iota // its input, contiguous in memory
	OpView                                      // a strided view of its input ([View]); costs nothing
	OpRegion                                    // fused elementwise operations and reductions (tile.Spec)
	OpGemm                                      // matrix product followed by a region ([Gemm])
	OpConv                                      // convolution followed by a region ([ConvStep])
	OpAdam                                      // one step of Adam on several arrays ([Adam])
)

// Add appends a node that computes outputs of the given shapes, and returns it.
func (g *Graph) Add(op Op, attr any, in []*Value, out ...shapes.Shape) *Node {
	n := &Node{Op: op, Attr: attr, In: in}
	for i, s := range out {
		n.Out = append(n.Out, &Value{Shape: s, Def: n, Index: i})
	}
	g.Nodes = append(g.Nodes, n)
	return n
}

// Param appends a parameter.
func (g *Graph) Param(name string, shape shapes.Shape) *Value {
	v := g.Add(compute.OpTypeParameter, Param{Name: name, Index: len(g.Params)}, nil, shape).Out[0]
	g.Params = append(g.Params, v)
	return v
}
