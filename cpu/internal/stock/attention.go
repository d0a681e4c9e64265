package stock

import (
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/elbo-go/elbo/cpu/internal/ir"
)

func init() {
	spelledOut[compute.OpTypeFusedScaledDotProductAttention] = spellAttention
	spelledOut[compute.OpTypeFusedScaledDotProductAttentionVJP] = spellAttentionVJP
	register(map[ir.Op]call{
		compute.OpTypeFusedScaledDotProductAttention:    replayAttention,
		compute.OpTypeFusedScaledDotProductAttentionVJP: replayAttentionVJP,
	})
}

// attention spells out softmax(QKᵀ·scale + mask)·V over arrays
//
//	Q, O [B, H, G, S, D],  K, V [B, H, T, D],  scores Z [B, H, G, S, T]
//
// with H heads of keys, each read by G heads of queries.
type attention struct {
	maker
	ir.Attention
	dtype            dtypes.DType
	b, h, g, s, t, d int
	q, k, v, mask    compute.Value
}

func newAttention(r *Replay, n *ir.Node, in []compute.Value) *attention {
	a := &attention{maker: maker{f: r.Function}, Attention: n.Attr.(ir.Attention), dtype: n.In[0].Shape.DType}
	q, k := n.In[0].Shape.Dimensions, n.In[1].Shape.Dimensions
	heads, seq := a.Layout.HeadsAxis(), a.Layout.SeqAxis()
	a.b, a.h, a.g, a.s, a.t, a.d = q[0], k[heads], q[heads]/k[heads], q[seq], k[seq], q[3]
	if a.Scale == 0 {
		a.Scale = 1 / math.Sqrt(float64(a.d))
	}
	a.q, a.k, a.v = a.queries(in[0]), a.byHead(in[1]), a.byHead(in[2])
	if a.HasMask {
		a.mask = a.overScores(in[3], n.In[3].Shape)
	}
	return a
}

// byHead puts the heads before the sequence; it is its own inverse.
func (a *attention) byHead(x compute.Value) compute.Value {
	if a.Layout == compute.AttentionAxesLayoutBSHD {
		return a.transpose(x, 0, 2, 1, 3)
	}
	return x
}

func (a *attention) queries(x compute.Value) compute.Value {
	return a.reshape(a.byHead(x), a.b, a.h, a.g, a.s, a.d)
}

// overScores repeats a mask, whose axes are the last of batch, heads, queries and keys.
func (a *attention) overScores(mask compute.Value, s shapes.Shape) compute.Value {
	dims := []int{a.b, a.h * a.g, a.s, a.t}
	axes := make([]int, s.Rank())
	for i := range axes {
		axes[i] = 4 - s.Rank() + i
	}
	return a.reshape(a.spread(mask, dims, axes...), a.b, a.h, a.g, a.s, a.t)
}

func (a *attention) dot(x compute.Value, xSum []int, y compute.Value, ySum []int) compute.Value {
	return a.do(func() (compute.Value, error) {
		return a.f.DotGeneral(x, xSum, []int{0, 1}, y, ySum, []int{0, 1}, compute.DotGeneralConfig{})
	})
}

// along repeats one value a row of scores.
func (a *attention) along(x compute.Value) compute.Value {
	return a.spread(x, []int{a.b, a.h, a.g, a.s, a.t}, 0, 1, 2, 3)
}

// logits gives scale·QKᵀ + mask, −∞ where a key is not seen.
func (a *attention) logits() compute.Value {
	z := a.binary(compute.Function.Mul, a.dot(a.q, []int{4}, a.k, []int{3}), a.scalar(a.Scale, a.dtype))
	never := a.scalar(math.Inf(-1), a.dtype)
	switch {
	case a.HasMask && a.shape(a.mask).DType == dtypes.Bool:
		z = a.where(a.mask, z, never)
	case a.HasMask:
		z = a.binary(compute.Function.Add, z, a.convert(a.mask, a.dtype))
	}
	if a.Causal {
		grid := shapes.Make(dtypes.Int32, a.b, a.h, a.g, a.s, a.t)
		z = a.where(a.binary(compute.Function.LessOrEqual, a.iota(4, grid), a.iota(3, grid)), z, never)
	}
	return z
}

// spellAttention gives the result and ln Σ exp of each row; a row that sees no key gives 0.
func spellAttention(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
	a := newAttention(r, n, in)
	z := a.logits()
	top := a.binary(compute.Function.Max, a.reduce(compute.Function.ReduceMax, z, 4), a.scalar(-math.MaxFloat32, a.dtype))
	e := a.unary(compute.Function.Exp, a.binary(compute.Function.Sub, z, a.along(top)))
	sum := a.binary(compute.Function.Max, a.reduce(compute.Function.ReduceSum, e, 4), a.scalar(1, a.dtype))
	p := a.binary(compute.Function.Div, e, a.along(sum))
	o := a.byHead(a.reshape(a.dot(p, []int{4}, a.v, []int{2}), a.b, a.h*a.g, a.s, a.d))
	lse := a.reshape(a.binary(compute.Function.Add, top, a.unary(compute.Function.Log, sum)), a.b, a.h*a.g, a.s)
	return []compute.Value{o, lse}, a.err
}

// spellAttentionVJP gives the gradients of Q, K and V: with P = exp(Z − lse),
//
//	dV = Pᵀ·dO,  dZ = P ∘ (dO·Vᵀ − Σ dO∘O),  dQ = scale·dZ·K,  dK = scale·dZᵀ·Q
func spellAttentionVJP(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
	a := newAttention(r, n, in)
	rest := in[len(in)-3:]
	o, dO := a.queries(rest[0]), a.queries(rest[2])
	lse := a.reshape(rest[1], a.b, a.h, a.g, a.s)
	p := a.unary(compute.Function.Exp, a.binary(compute.Function.Sub, a.logits(), a.along(lse)))
	dot := a.reduce(compute.Function.ReduceSum, a.binary(compute.Function.Mul, o, dO), 4)
	dZ := a.binary(compute.Function.Sub, a.dot(dO, []int{4}, a.v, []int{3}), a.along(dot))
	dZ = a.binary(compute.Function.Mul, a.binary(compute.Function.Mul, p, dZ), a.scalar(a.Scale, a.dtype))
	dQ := a.reshape(a.dot(dZ, []int{4}, a.k, []int{2}), a.b, a.h*a.g, a.s, a.d)
	dK := a.dot(dZ, []int{2, 3}, a.q, []int{2, 3})
	dV := a.dot(p, []int{2, 3}, dO, []int{2, 3})
	return []compute.Value{a.byHead(dQ), a.byHead(dK), a.byHead(dV)}, a.err
}

func (r *Replay) options(a ir.Attention, in []compute.Value) *compute.ScaledDotProductAttentionConfig {
	c := &compute.ScaledDotProductAttentionConfig{Scale: a.Scale, Causal: a.Causal}
	if a.HasMask {
		c.Mask = in[3]
	}
	return c
}

func replayAttention(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
	a := n.Attr.(ir.Attention)
	o, states, err := r.Function.FusedScaledDotProductAttention(in[0], in[1], in[2], a.Layout, r.options(a, in))
	return append([]compute.Value{o}, states...), err
}

func replayAttentionVJP(r *Replay, n *ir.Node, in []compute.Value) ([]compute.Value, error) {
	a, last := n.Attr.(ir.Attention), len(in)-3
	q, k, v, err := r.Function.FusedScaledDotProductAttentionVJP(in[0], in[1], in[2], a.Layout, r.options(a, in), in[last],
		in[last+1:last+2], in[last+2])
	return []compute.Value{q, k, v}, err
}
