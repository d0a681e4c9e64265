package pass

import (
	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// Views turns operations that only look at memory in another order (reshapes, transpositions,
// broadcasts, slices, reversals) into views, where strides can express them. A view of a view is
// a view of what lies below; one that changes nothing disappears.
func Views(g *ir.Graph) {
	rewrite(g, func(b *ir.Graph, n *ir.Node) []*ir.Value {
		l, ok := ir.Relayout(n)
		if !ok {
			return nil
		}
		shape := n.Out[0].Shape
		if l.Offset == 0 && ir.SameShape(l.Base.Shape, shape) && ir.Contiguous(shape.Dimensions, l.Strides) {
			return []*ir.Value{l.Base}
		}
		return b.Add(ir.OpView, ir.View{Offset: l.Offset, Strides: l.Strides}, []*ir.Value{l.Base}, shape).Out
	})
}
