package nn

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// SelfAttention is multi-head attention of a sequence to itself (Vaswani et al. 2017, eq. 1),
//
//	y = concat(A₁, …, A_N)·W_o + b_o,  A_n = softmax(Q_n K_nᵀ/√d) V_n,  d = C/N,
//
// where Q, K and V are dense layers of x, cut into N heads of d channels.
type SelfAttention struct {
	Heads  int  // N, a divisor of C
	Causal bool // position t attends to positions up to t alone
}

// Apply returns the attention of x, B×T×C, as B×T×C. Its dense layers are "query", "key",
// "value" and "out".
func (a SelfAttention) Apply(s *model.Scope, x *g.Node) *g.Node {
	if x.Rank() != 3 {
		panic(fmt.Errorf("nn: SelfAttention: got shape %v, want sequences B×T×C", x.Shape().Dimensions))
	}
	d := x.Shape().Dimensions
	if a.Heads < 1 || d[2]%a.Heads != 0 {
		panic(fmt.Errorf("nn: SelfAttention: heads: got %d, want a divisor of %d channels", a.Heads, d[2]))
	}
	head := func(name string) *g.Node {
		return g.Reshape(Dense(s.In(name), x, d[2]), d[0], d[1], a.Heads, d[2]/a.Heads)
	}
	y := attend(head("query"), head("key"), head("value"), a.Causal)
	return Dense(s.In("out"), g.Reshape(y, d...), d[2])
}

// attend returns softmax(QKᵀ/√d)·V by head, for arrays B×T×N×d. A backend that has the
// operation as one gets it as one; its gradient too, if the backend has that.
func attend(q, k, v *g.Node, causal bool) *g.Node {
	scale := 1 / math.Sqrt(float64(q.Shape().Dim(-1)))
	inSteps := func() *g.Node { return attendInSteps(q, k, v, causal, scale) }
	has := q.Graph().Backend().Capabilities().Operations
	if !has[compute.OpTypeFusedScaledDotProductAttention] {
		return inSteps()
	}
	atOnce := func() *g.Node {
		y, _ := g.BackendFusedScaledDotProductAttention(q, k, v, compute.AttentionAxesLayoutBSHD,
			&compute.ScaledDotProductAttentionConfig{Scale: scale, Causal: causal})
		return y
	}
	y, _ := g.InternalFusedOpCaller(atOnce, inSteps, !has[compute.OpTypeFusedScaledDotProductAttentionVJP])
	return y
}

// attendInSteps is attend by matrix products and a softmax.
func attendInSteps(q, k, v *g.Node, causal bool, scale float64) *g.Node {
	scores := g.MulScalar(g.Einsum("bqnd,bknd->bnqk", q, k), scale)
	if causal {
		seen := g.LowerTriangular(q.Graph(), q.Shape().Dim(1))
		never := g.Infinity(q.Graph(), q.DType(), -1)
		scores = g.Where(g.BroadcastToShape(g.ExpandLeftToRank(seen, 4), scores.Shape()), scores, never)
	}
	return g.Einsum("bnqk,bknd->bqnd", softmax(scores), v)
}

// softmax returns exp(x)/Σexp(x) over the last axis, where the largest value is finite.
func softmax(x *g.Node) *g.Node {
	top := g.StopGradient(g.ReduceAndKeep(x, g.ReduceMax, -1))
	e := g.Exp(g.Sub(x, top))
	return g.Div(e, g.ReduceAndKeep(e, g.ReduceSum, -1))
}
