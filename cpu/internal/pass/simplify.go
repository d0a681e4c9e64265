package pass

import (
	"slices"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// Simplify removes operations that give back what they were given: identities and barriers,
// conversions to the same type, changes of shape that change nothing, x·1, x/1, x − 0 and
// x¹, and selections by a constant. Rules that hold for real numbers only, such as x·0 = 0 or
// x + 0 = x, are not used: NaN, infinities and −0 mean what they mean.
func Simplify(g *ir.Graph) {
	rewrite(g, func(b *ir.Graph, n *ir.Node) []*ir.Value {
		switch n.Op {
		case compute.OpTypeIdentity, compute.OpTypeOptimizationBarrier:
			return slices.Clone(n.In)
		case compute.OpTypeSchedulingBarrier:
			return n.In[:1]
		case compute.OpTypePow:
			if x, ok := uniform(n.In[1]); ok && x == 2 && ir.SameShape(n.In[0].Shape, n.Out[0].Shape) {
				return b.Add(compute.OpTypeMul, nil, []*ir.Value{n.In[0], n.In[0]}, n.Out[0].Shape).Out
			}
		}
		if isReduction(n) && len(axes(n)) == 0 {
			return b.Add(compute.OpTypeReshape, nil, n.In, n.Out[0].Shape).Out
		}
		if v := unchanged(n); v != nil && ir.SameShape(v.Shape, n.Out[0].Shape) {
			return []*ir.Value{v}
		}
		return nil
	})
}

// unchanged is the input that a node gives back if their shapes agree, or nil.
func unchanged(n *ir.Node) *ir.Value {
	switch n.Op {
	case compute.OpTypeConvertDType, compute.OpTypeReshape, compute.OpTypeBroadcastInDim, compute.OpTypeSlice:
		return n.In[0]
	case compute.OpTypeTranspose:
		if slices.IsSorted(n.Attr.(ir.Axes)) {
			return n.In[0]
		}
	case compute.OpTypeConcatenate:
		if len(n.In) == 1 {
			return n.In[0]
		}
	case compute.OpTypeMul:
		return beside(n, 1, true)
	case compute.OpTypeDiv, compute.OpTypePow:
		return beside(n, 1, false)
	case compute.OpTypeSub:
		return beside(n, 0, false)
	case compute.OpTypeWhere:
		if c, ok := uniform(n.In[0]); ok {
			return n.In[2-int(c)]
		}
	}
	return nil
}

// beside is the operand of a binary operation whose other one is a constant: the right one,
// or either where the operation commutes.
func beside(n *ir.Node, constant float64, commutes bool) *ir.Value {
	if x, ok := uniform(n.In[1]); ok && x == constant {
		return n.In[0]
	}
	if x, ok := uniform(n.In[0]); commutes && ok && x == constant {
		return n.In[1]
	}
	return nil
}
