package pass

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
	"github.com/elbo-go/elbo/cpu/internal/kernel/tile"
)

// Logits recognises the log-likelihood of bits x given logits l, in float32,
//
//	x·l − ln(1 + eˡ),  ln(1 + eˡ) = ½(l + |l|) + ln(1 + e^−|l|) + (l − l),
//
// the last term being the mark of a gradient of its own, and its derivative c·logistic(l) − c·x.
// The two share their exponential. Where l is finite the results agree but for rounding; where
// it is not, neither was the likelihood and neither is it now.
func Logits(g *ir.Graph) {
	pairs := map[[2]*ir.Value]bool{} // of l and x
	for _, n := range g.Nodes {
		if l, x := likelihood(n); l != nil {
			pairs[[2]*ir.Value{l, x}] = true
		}
	}
	if len(pairs) == 0 {
		return
	}
	rewrite(g, func(b *ir.Graph, n *ir.Node) []*ir.Value {
		if l, x := likelihood(n); l != nil {
			loss := b.Add(tile.LogitsLoss, nil, []*ir.Value{l, x}, l.Shape).Out
			return b.Add(compute.OpTypeNeg, nil, loss, l.Shape).Out
		}
		if l, x, c := slope(n); l != nil && pairs[[2]*ir.Value{l, x}] {
			d := b.Add(tile.LogitsGrad, nil, []*ir.Value{l, x}, l.Shape).Out[0]
			return b.Add(compute.OpTypeMul, nil, []*ir.Value{d, c}, l.Shape).Out
		}
		return nil
	})
}

// likelihood matches x·l − softplus(l).
func likelihood(n *ir.Node) (l, x *ir.Value) {
	if n.Op != compute.OpTypeSub || n.Out[0].Shape.DType != dtypes.Float32 || n.In[0].Def.Op != compute.OpTypeMul {
		return nil, nil
	}
	l = softplus(n.In[1])
	for i, v := range n.In[0].Def.In {
		if l != nil && v == l {
			return l, n.In[0].Def.In[1-i]
		}
	}
	return nil, nil
}

// softplus is the l of ½(l + |l|) + ln(1 + e^−|l|) + (l − l), or nil.
func softplus(v *ir.Value) *ir.Value {
	for value, mark := range operands(v, compute.OpTypeAdd) {
		l := mark.Def.In
		if mark.Def.Op != compute.OpTypeSub || l[0] != l[1] {
			continue
		}
		for upper, rest := range operands(value, compute.OpTypeAdd) {
			if isUpper(upper, l[0]) && isRest(rest, l[0]) {
				return l[0]
			}
		}
	}
	return nil
}

// isUpper matches ½(l + |l|).
func isUpper(v, l *ir.Value) bool {
	for sum, half := range operands(v, compute.OpTypeMul) {
		if c, ok := uniform(half); !ok || c != .5 {
			continue
		}
		for a, b := range operands(sum, compute.OpTypeAdd) {
			if a == l && b.Def.Op == compute.OpTypeAbs && b.Def.In[0] == l {
				return true
			}
		}
	}
	return false
}

// isRest matches ln(1 + e^−|l|).
func isRest(v, l *ir.Value) bool {
	for _, op := range []ir.Op{compute.OpTypeLog1p, compute.OpTypeExp, compute.OpTypeNeg, compute.OpTypeAbs} {
		if v.Def.Op != op {
			return false
		}
		v = v.Def.In[0]
	}
	return v == l
}

// slope matches c·logistic(l) + (−c)·x for a constant c.
func slope(n *ir.Node) (l, x, c *ir.Value) {
	if n.Op != compute.OpTypeAdd || n.Out[0].Shape.DType != dtypes.Float32 {
		return nil, nil, nil
	}
	for p, q := range operands(n.Out[0], compute.OpTypeAdd) {
		for s, plus := range operands(p, compute.OpTypeMul) {
			for x, minus := range operands(q, compute.OpTypeMul) {
				a, ok := uniform(plus)
				b, also := uniform(minus)
				if ok && also && a == -b && s.Def.Op == compute.OpTypeLogistic {
					return s.Def.In[0], x, plus
				}
			}
		}
	}
	return nil, nil, nil
}

// operands gives the two operands of a commutative operation in both orders, or nothing if the
// value is not computed by it.
func operands(v *ir.Value, op ir.Op) func(yield func(a, b *ir.Value) bool) {
	return func(yield func(a, b *ir.Value) bool) {
		if in := v.Def.In; v.Def.Op == op && yield(in[0], in[1]) {
			yield(in[1], in[0])
		}
	}
}
