// Package pass rewrites a recorded graph into one that computes the same with less work. Every
// pass is one file; Run states their order.
package pass

import (
	"fmt"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// Pass is a rewriting of a graph in place.
type Pass struct {
	Name string            // as in dumps
	Do   func(g *ir.Graph) // rewrites a graph in place
}

// Passes lists what Run does, in order.
var Passes = []Pass{
	{"simplify", Simplify},
	{"fold", Fold},
	{"common", Common},
	{"orient", Orient},
	{"logits", Logits},
	{"dead", Dead},
	{"views", Views},
	{"adam", Adam},
	{"fuse", Fuse},
	{"recompute", Recompute(OutOfCache)},
	{"epilogue", Epilogue},
	{"dead", Dead},
}

// Run applies every pass to a graph, and before that to the graphs inside its control flow.
// It is for tests to look between passes; after is called with the name of each pass done.
func Run(g *ir.Graph, after func(pass string, g *ir.Graph)) {
	for _, n := range g.Nodes {
		for _, sub := range graphs(n) {
			Run(sub, after)
		}
	}
	for _, p := range Passes {
		p.Do(g)
		if after != nil {
			after(p.Name, g)
		}
	}
}

// graphs lists the graphs inside a node that are executed as graphs. A comparator is not: it
// stays as it was recorded.
func graphs(n *ir.Node) []*ir.Graph {
	switch a := n.Attr.(type) {
	case ir.While:
		return []*ir.Graph{a.Cond, a.Body}
	case ir.If:
		return []*ir.Graph{a.True, a.False}
	}
	return nil
}

// rewrite walks the graph once, in order, with the inputs of each node already replaced. The
// rule answers with the values that stand for the node's outputs, or nil to keep the node; it
// may add nodes, which are placed before the one it looks at.
func rewrite(g *ir.Graph, rule func(b *ir.Graph, n *ir.Node) []*ir.Value) {
	old := g.Nodes
	g.Nodes = make([]*ir.Node, 0, len(old))
	to := map[*ir.Value]*ir.Value{}
	for _, n := range old {
		replace(n.In, to)
		with := rule(g, n)
		if with == nil {
			g.Nodes = append(g.Nodes, n)
			continue
		}
		for i, v := range n.Out {
			if ir.SameShape(v.Shape, with[i].Shape) {
				to[v] = with[i]
				continue
			}
			panic(fmt.Sprintf("pass: %v: got %v in place of %v", n.Op, with[i].Shape, v.Shape))
		}
	}
	replace(g.Results, to)
}

// replace puts other values in the place of those that a rewriting took away.
func replace(values []*ir.Value, to map[*ir.Value]*ir.Value) {
	for i, v := range values {
		if w, ok := to[v]; ok {
			values[i] = w
		}
	}
}

// users lists, for every value, the nodes that read it; a result has the user nil as well.
func users(g *ir.Graph) map[*ir.Value][]*ir.Node {
	out := map[*ir.Value][]*ir.Node{}
	for _, n := range g.Nodes {
		for _, v := range n.In {
			out[v] = append(out[v], n)
		}
	}
	for _, v := range g.Results {
		out[v] = append(out[v], nil)
	}
	return out
}

// Dead drops the nodes whose outputs nobody reads. Parameters stay: they are the signature.
func Dead(g *ir.Graph) {
	live := map[*ir.Node]bool{}
	for _, v := range g.Results {
		live[v.Def] = true
	}
	kept := make([]*ir.Node, 0, len(g.Nodes))
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		n := g.Nodes[i]
		if !live[n] && n.Op != compute.OpTypeParameter {
			continue
		}
		kept = append(kept, n)
		for _, v := range n.In {
			live[v.Def] = true
		}
	}
	for i, j := 0, len(kept)-1; i < j; i, j = i+1, j-1 {
		kept[i], kept[j] = kept[j], kept[i]
	}
	g.Nodes = kept
}
