package nets

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// resNet is a residual net as in Ho et al. 2020, appendix B, without time: a residual block (or
// as many as the depth says) and a halving a stage, at the lowest resolution attention between two
// residual blocks, then dense layers. The decoder goes the same way back.
var resNet = Net{
	Name:    ResNet,
	Summary: "residual blocks with group norms, attention at the lowest resolution, then dense layers of the hidden widths, for images",
	Images:  true,
	down: func(c Config, s *model.Scope, x *g.Node) *g.Node {
		stages := c.Stages(halfUp)
		h := ThreeByThree(stages[0].Channels).Apply(s.In("stem"), c.AsImages(x))
		for i, at := range stages {
			h = c.blocksOf(Stage(s, "block", i), h, at.Channels)
			h = nn.Downsample(Stage(s, "down", i), h)
		}
		return last(s, middle(s.In("middle"), h))
	},
	up: func(c Config, s *model.Scope, m *g.Node) *g.Node {
		stages := c.Stages(halfUp)
		h := middle(s.In("middle"), m)
		for i := len(stages) - 1; i >= 0; i-- {
			to := c.Picture()
			if i > 0 {
				to = stages[i-1]
			}
			h = nn.Upsample(Stage(s, "up", i), h, to.Height, to.Width)
			h = c.blocksOf(Stage(s, "block", i), h, stages[max(0, i-1)].Channels)
		}
		return g.Reshape(ThreeByThree(c.Picture().Channels).Apply(s.In("out"), last(s, h)), -1, c.Dim)
	},
	extent: func(c Config) Extent { return lastOf(c.Stages(halfUp)) },
	weights: func(c Config) int64 {
		stages, more := c.Stages(halfUp), int64(c.blocks(1)-1)
		p := int64(stages[0].Channels)
		n := 2 * 9 * p * int64(c.Picture().Channels)
		for _, at := range stages {
			o := int64(at.Channels)
			n += 18*p*o + 9*p*p + 27*o*o + more*18*(p*p+o*o)
			if p != o {
				n += 2 * p * o
			}
			p = o
		}
		return n + 2*(4*9+4)*p*p + c.DenseWeights(lastOf(stages).Size())
	},
	widest: func(c Config) int64 {
		stages, full := c.Stages(halfUp), c.Picture()
		full.Channels = stages[0].Channels
		return widestOf(append(stages, full))
	},
}

// blocksOf are the residual blocks of a stage, the first of which changes the number of channels.
func (c Config) blocksOf(s *model.Scope, h *g.Node, out int) *g.Node {
	h = Block(s, h, out)
	for j := range c.blocks(1) - 1 {
		h = Block(Stage(s, "again", j), h, out)
	}
	return h
}

// ThreeByThree is a convolution that keeps the size of images.
func ThreeByThree(out int) nn.Conv2D {
	return nn.Conv2D{Out: out, Kernel: nn.Square(3), Padding: nn.Pad(1)}
}

// Block is a residual block to so many channels.
func Block(s *model.Scope, h *g.Node, out int) *g.Node {
	return nn.ResidualBlock{Out: out, Groups: Groups(h.Shape().Dim(-1), out)}.Apply(s, h)
}

// middle is attention between two residual blocks; a head has 32 channels, if they divide.
func middle(s *model.Scope, h *g.Node) *g.Node {
	channels := h.Shape().Dim(-1)
	heads := 1
	if channels%32 == 0 {
		heads = channels / 32
	}
	h = nn.AttentionBlock(s.In("attention"), Block(Stage(s, "block", 0), h, channels), heads, Groups(channels, channels))
	return Block(Stage(s, "block", 1), h, channels)
}

// last is the norm and the activation after the last residual block.
func last(s *model.Scope, h *g.Node) *g.Node {
	channels := h.Shape().Dim(-1)
	return nn.SiLU(nn.GroupNorm(s.In("norm"), h, Groups(channels, channels)))
}

// Groups is the largest number of groups up to 8 that divides both numbers of channels.
func Groups(in, out int) int {
	n := 8
	for in%n != 0 || out%n != 0 {
		n--
	}
	return n
}
