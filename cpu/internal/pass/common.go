package pass

import "github.com/elbo-go/elbo/cpu/internal/ir"

// Common computes equal expressions once: of two nodes with the same operation, attributes and
// inputs the second goes. Control flow is left alone.
func Common(g *ir.Graph) {
	seen := map[string]*ir.Node{}
	rewrite(g, func(_ *ir.Graph, n *ir.Node) []*ir.Value {
		key := ir.Key(n)
		if key == "" {
			return nil
		}
		if first, ok := seen[key]; ok {
			return first.Out
		}
		seen[key] = n
		return nil
	})
}
