package nn

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// ResidualBlock is the pre-activation block of He et al. 2016b with group norms,
//
//	y = P x + C₁(SiLU(N₁(C₀(SiLU(N₀(x)))))),
//
// where C are 3×3 convolutions, N group norms and P the identity, or a 1×1 convolution if
// the number of channels changes.
type ResidualBlock struct {
	Out    int // output channels
	Groups int // groups of the norms, a divisor of input and output channels
}

// Apply returns the block of x, B×H×W×C, as B×H×W×Out. Its layers are "norm0", "conv0",
// "norm1", "conv1" and, where channels change, "skip".
func (r ResidualBlock) Apply(s *model.Scope, x *g.Node) *g.Node {
	conv := Conv2D{Out: r.Out, Kernel: Square(3), Padding: Pad(1)}
	h := conv.Apply(s.In("conv0"), SiLU(GroupNorm(s.In("norm0"), x, r.Groups)))
	h = conv.Apply(s.In("conv1"), SiLU(GroupNorm(s.In("norm1"), h, r.Groups)))
	if x.Shape().Dim(-1) != r.Out {
		x = Conv2D{Out: r.Out, Kernel: Square(1)}.Apply(s.In("skip"), x)
	}
	return g.Add(x, h)
}

// AttentionBlock returns x + A(N(x)), B×H×W×C, for images x of that shape: every position
// attends to all H·W of them ([SelfAttention], "attention") after a group norm, "norm"
// (Ho et al. 2020, appendix B).
func AttentionBlock(s *model.Scope, x *g.Node, heads, groups int) *g.Node {
	d := x.Shape().Dimensions
	h := GroupNorm(s.In("norm"), x, groups)
	h = SelfAttention{Heads: heads}.Apply(s.In("attention"), g.Reshape(h, d[0], d[1]*d[2], d[3]))
	return g.Add(x, g.Reshape(h, d...))
}
