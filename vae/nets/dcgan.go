package nets

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// dcganNet has the layers of Radford et al. 2016: convolutions of stride 2 with leaky rectifiers of
// slope .2 down, transposed ones with rectifiers up, a norm after every layer but the first and the
// last. The norm is that of groups of channels and not of the batch, under which the terms of a
// row would depend on the rows beside it. Dense layers of the hidden widths follow, which the
// original has none of (--hidden none). A depth above 1 puts so many 3×3 convolutions less one
// between two of the others.
var dcganNet = Net{
	Name:    DCGAN,
	Summary: "4×4 convolutions of stride 2 with group norms and leaky rectifiers, then dense layers of the hidden widths, for images",
	Images:  true,
	down: func(c Config, s *model.Scope, x *g.Node) *g.Node {
		h := c.AsImages(x)
		leaky := func(h *g.Node) *g.Node { return nn.LeakyReLU(h, .2) }
		for i, at := range c.Stages(HalfDown) {
			s := Stage(s, "conv", i)
			h = Halved(at.Channels).Apply(s, h)
			if i > 0 {
				h = grouped(s, h)
			}
			h = c.normedAgain(s, leaky(h), leaky)
		}
		return h
	},
	up: func(c Config, s *model.Scope, m *g.Node) *g.Node {
		stages := append([]Extent{c.Picture()}, c.Stages(HalfDown)...)
		h := nn.ReLU(grouped(s, m))
		for i := len(stages) - 2; i >= 0; i-- {
			s := Stage(s, "conv", i)
			if h = Doubled(s, c.normedAgain(s, h, nn.ReLU), stages[i]); i > 0 {
				h = nn.ReLU(grouped(s, h))
			}
		}
		return g.Reshape(h, -1, c.Dim)
	},
	extent:  convNet.extent,
	weights: convNet.weights,
	widest:  convNet.widest,
}

// grouped is the norm "norm" of up to 8 groups.
func grouped(s *model.Scope, h *g.Node) *g.Node {
	channels := h.Shape().Dim(-1)
	return nn.GroupNorm(s.In("norm"), h, Groups(channels, channels))
}

// normedAgain are the 3×3 convolutions of a stage beyond its first layer.
func (c Config) normedAgain(s *model.Scope, h *g.Node, activation func(*g.Node) *g.Node) *g.Node {
	for j := range c.blocks(1) - 1 {
		s := Stage(s, "again", j)
		h = activation(grouped(s, ThreeByThree(h.Shape().Dim(-1)).Apply(s, h)))
	}
	return h
}
