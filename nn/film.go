package nn

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// FiLM lets a condition v, B×V, scale and shift the channels of features h, B×…×C,
//
//	y = (1 + γ(v))·h + β(v),
//
// with γ and β linear in v (Perez et al. 2018, eq. 1–2, and section 7.2 for the scale as a difference
// from 1). Its parameters are "weight", V×2C, and "bias", 2C, of γ before those of β. All are 0 at
// the start, so that y = h.
func FiLM(s *model.Scope, h, v *g.Node) *g.Node {
	mustBeConditions("FiLM", h, v)
	n, c := v.Shape().Dim(1), h.Shape().Dim(-1)
	both := g.Add(g.Dot(v, s.Param("weight", model.Constant(0), n, 2*c)).Product(), g.ExpandAxes(s.Param("bias", model.Constant(0), 2*c), 0))
	gamma := along1(g.Slice(both, g.AxisRange(), g.AxisRange(0, c)), h.Rank())
	beta := along1(g.Slice(both, g.AxisRange(), g.AxisRange(c)), h.Rank())
	return g.Add(g.Mul(g.AddScalar(gamma, 1), h), beta)
}

// Concat returns features h, B×…×C, with the condition v, B×V, as further channels at every
// position, B×…×(C+V).
func Concat(h, v *g.Node) *g.Node {
	mustBeConditions("Concat", h, v)
	d := append([]int(nil), h.Shape().Dimensions...)
	d[len(d)-1] = v.Shape().Dim(1)
	return g.Concatenate([]*g.Node{h, g.BroadcastToDims(along1(v, h.Rank()), d...)}, -1)
}

// along1 gives rows, B×C, axes of size 1 after the first, up to a rank.
func along1(v *g.Node, rank int) *g.Node {
	for v.Rank() < rank {
		v = g.ExpandAxes(v, 1)
	}
	return v
}

// mustBeConditions panics unless h is B×…×C and v is B×V.
func mustBeConditions(layer string, h, v *g.Node) {
	if h.Rank() < 2 || v.Rank() != 2 || h.Shape().Dim(0) != v.Shape().Dim(0) {
		panic(fmt.Errorf("nn: %s: got features %v and conditions %v, want B×…×C and B×V", layer, h.Shape().Dimensions, v.Shape().Dimensions))
	}
}
