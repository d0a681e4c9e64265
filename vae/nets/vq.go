package nets

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// vqNet is the net of van den Oord et al. 2017, section 4.1: a 4×4 convolution of stride 2 for each
// of the configured channels, by default two, with rectifiers between, then two residual blocks, or
// as many as the depth says; the decoder mirrors them with transposed convolutions. Halving stops
// while the sides of the map are at least 2. As a net of codes that are vectors it has dense layers
// of the hidden widths beside the map.
var vqNet = Net{
	Name:    VQ,
	Summary: "a 4×4 convolution of stride 2 for each of the channels, then residual blocks on a map that keeps positions, for images",
	Images:  true,
	down: func(c Config, s *model.Scope, x *g.Node) *g.Node {
		h, stages := c.AsImages(x), c.halvings()
		for i, at := range stages {
			if h = Halved(at.Channels).Apply(Stage(s, "conv", i), h); i < len(stages)-1 {
				h = nn.ReLU(h)
			}
		}
		return c.PlainBlocks(s, h)
	},
	up: func(c Config, s *model.Scope, m *g.Node) *g.Node {
		stages := append([]Extent{c.Picture()}, c.halvings()...)
		h := c.PlainBlocks(s, m)
		for i := len(stages) - 2; i >= 0; i-- {
			if h = Doubled(Stage(s, "conv", i), h, stages[i]); i > 0 {
				h = nn.ReLU(h)
			}
		}
		return g.Reshape(h, -1, c.Dim)
	},
	extent: func(c Config) Extent { return lastOf(c.halvings()) },
	weights: func(c Config) int64 {
		stages := c.halvings()
		o := int64(lastOf(stages).Channels)
		return c.halvingWeights(stages, 0) + 2*int64(c.blocks(vqBlocks))*(9+1)*o*o
	},
	widest: func(c Config) int64 { return widestOf(c.halvings()) },
}

// vqBlocks is the usual number of residual blocks of [vqNet].
const vqBlocks = 2

// halvings are the shapes that an image is halved to, one for each of the configured channels while
// the sides allow it.
func (c Config) halvings() (out []Extent) {
	at := c.Picture()
	for _, channels := range c.Channels {
		if min(at.Height, at.Width) < 4 {
			break
		}
		at = Extent{HalfDown(at.Height), HalfDown(at.Width), channels}
		out = append(out, at)
	}
	return out
}

// PlainBlocks are residual blocks h + C₁(ReLU(C₀(ReLU(h)))) with a 3×3 convolution C₀ and a 1×1
// convolution C₁, and the rectifier after the last.
func (c Config) PlainBlocks(s *model.Scope, h *g.Node) *g.Node {
	channels := h.Shape().Dim(-1)
	for i := range c.blocks(vqBlocks) {
		s := Stage(s, "block", i)
		r := ThreeByThree(channels).Apply(s.In("conv0"), nn.ReLU(h))
		h = g.Add(h, nn.Conv2D{Out: channels, Kernel: nn.Square(1)}.Apply(s.In("conv1"), nn.ReLU(r)))
	}
	return nn.ReLU(h)
}
