package pass

import (
	"slices"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// Orient computes a product in the orientation in which it is read: where the only reader of
// A·B is a transposition that puts B's axes before A's, the product becomes Bᵀ·Aᵀ and the
// transposition goes. Gradients of weights arrive like this.
func Orient(g *ir.Graph) {
	reads := users(g)
	rewrite(g, func(b *ir.Graph, n *ir.Node) []*ir.Value {
		if n.Op != compute.OpTypeTranspose || len(reads[n.In[0]]) != 1 {
			return nil
		}
		p := n.In[0].Def
		dot, ok := p.Attr.(ir.Dot)
		if !ok || !slices.Equal(n.Attr.(ir.Axes), swap(p, dot)) {
			return nil
		}
		dot.LhsContract, dot.RhsContract = dot.RhsContract, dot.LhsContract
		dot.LhsBatch, dot.RhsBatch = dot.RhsBatch, dot.LhsBatch
		return b.Add(p.Op, dot, []*ir.Value{p.In[1], p.In[0]}, n.Out[0].Shape).Out
	})
}

// swap is the permutation of a product's axes that keeps the batch axes, and puts those of the
// right operand before those of the left.
func swap(p *ir.Node, dot ir.Dot) ir.Axes {
	batch := len(dot.LhsBatch)
	left := p.In[0].Shape.Rank() - batch - len(dot.LhsContract)
	out := ir.Axes{}
	for i := range batch {
		out = append(out, i)
	}
	for i := batch + left; i < p.Out[0].Shape.Rank(); i++ {
		out = append(out, i)
	}
	for i := batch; i < batch+left; i++ {
		out = append(out, i)
	}
	return out
}
