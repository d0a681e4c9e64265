package lower

import (
	"errors"

	"github.com/gomlx/compute"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

// attendVJP lowers the gradients of attention by queries, keys and values. With probabilities P,
// computed again from the rows' ln Σ exp, and the gradient dO of the result O,
//
//	dV = Pᵀ·dO,  dS = P ∘ (dO·Vᵀ − rowsum(dO ∘ O))·scale,  dQ = dS·K,  dK = dSᵀ·Q.
func attendVJP(b *builder, n *ir.Node) error {
	g, err := newGradient(b, n)
	if err != nil {
		return err
	}
	dq, endQ := b.staged(n.Out[0], g.dtype)
	dk, endK := b.staged(n.Out[1], g.dtype)
	dv, endV := b.staged(n.Out[2], g.dtype)
	g.dq, g.dk, g.dv = g.byHead(dq, true), g.byHead(dk, false), g.byHead(dv, false)
	p, dp := g.temporaryScores(), g.temporaryScores()
	for from := 0; from < g.q.dims[0]; from += g.part {
		m := min(g.part, g.q.dims[0]-from)
		if err := g.backward(from, m, g.among(p, 0, m), g.among(dp, 0, m)); err != nil {
			return err
		}
	}
	return errors.Join(endQ(), endK(), endV())
}

// gradient is the backward direction of attention; delta is rowsum(dO ∘ O).
type gradient struct {
	*attention
	out, dOut, lse, delta operand
	dq, dk, dv            operand
}

// newGradient sorts the inputs of the VJP and emits the row sums.
func newGradient(b *builder, n *ir.Node) (*gradient, error) {
	a, used, err := newAttention(b, n)
	if err != nil {
		return nil, err
	}
	g := &gradient{attention: a}
	if g.out, err = a.heads(b.operand(n.In[used]), true); err != nil {
		return nil, err
	}
	if g.dOut, err = a.heads(b.operand(n.In[used+2]), true); err != nil {
		return nil, err
	}
	lse := n.In[used+1]
	x, err := b.converted(operand{b.contiguous(lse), lse.Shape.DType, lse.Shape.Dimensions, ir.RowMajor(lse.Shape.Dimensions)}, a.dtype)
	if err != nil {
		return nil, err
	}
	g.lse = a.rows(x)
	delta := operand{at: b.temporary(size(a.scores[:4]) * a.dtype.Size()), dtype: a.dtype}
	g.delta = a.rows(delta)
	c := &code{builder: b, dtype: a.dtype}
	c.spec.Dims = g.out.dims
	o, d := c.load(g.out), c.load(g.dOut)
	c.reduce(compute.OpTypeReduceSum, c.do(compute.OpTypeMul, o, d), g.delta)
	return g, c.end()
}

// backward emits the gradients of m indices of the batch.
func (g *gradient) backward(from, m int, p, dp operand) error {
	q, k, v := g.among(g.q, from, m), g.among(g.k, from, m), g.among(g.v, from, m)
	d := g.among(g.dOut, from, m)
	dims, keys := []int{4}, []int{3}
	return errors.Join(
		g.multiply(p, q, k, dims, keys),
		g.multiply(dp, d, v, dims, keys),
		g.scoresGradient(from, p, dp),
		g.multiply(g.among(g.dv, from, m), p, d, []int{2, 3}, []int{2, 3}),
		g.multiply(g.among(g.dq, from, m), dp, k, []int{4}, []int{2}),
		g.multiply(g.among(g.dk, from, m), dp, q, []int{2, 3}, []int{2, 3}),
	)
}

// scoresGradient replaces scores QKᵀ by probabilities P, and dO·Vᵀ by the gradient dS.
func (g *gradient) scoresGradient(from int, p, dp operand) error {
	s := g.scoring(from, p)
	m := p.dims[0]
	dP, lse, delta := s.load(dp), s.load(g.among(g.lse, from, m)), s.load(g.among(g.delta, from, m))
	e := s.do(compute.OpTypeExp, s.do(compute.OpTypeSub, s.logits(), lse))
	s.store(e, p)
	ds := s.do(compute.OpTypeMul, e, s.do(compute.OpTypeSub, dP, delta))
	s.store(s.do(compute.OpTypeMul, ds, s.scale), dp)
	return s.end()
}
