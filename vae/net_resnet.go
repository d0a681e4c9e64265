package vae

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// resNet is a residual net as in Ho et al. 2020, appendix B, without time: a residual block (or
// as many as the depth says) and a halving a stage, at the lowest resolution attention between two
// residual blocks, then dense layers. The decoder goes the same way back.
var resNet = Net{
	Name:    "resnet",
	Summary: "residual blocks with group norms, attention at the lowest resolution, then dense layers of the hidden widths, for images",
	Images:  true,
	down: func(c Config, s *model.Scope, x *g.Node) *g.Node {
		stages := c.stages(halfUp)
		h := threeByThree(stages[0].channels).Apply(s.In("stem"), c.asImages(x))
		for i, at := range stages {
			h = c.blocksOf(stage(s, "block", i), h, at.channels)
			h = nn.Downsample(stage(s, "down", i), h)
		}
		return last(s, middle(s.In("middle"), h))
	},
	up: func(c Config, s *model.Scope, m *g.Node) *g.Node {
		stages := c.stages(halfUp)
		h := middle(s.In("middle"), m)
		for i := len(stages) - 1; i >= 0; i-- {
			to := c.picture()
			if i > 0 {
				to = stages[i-1]
			}
			h = nn.Upsample(stage(s, "up", i), h, to.height, to.width)
			h = c.blocksOf(stage(s, "block", i), h, stages[max(0, i-1)].channels)
		}
		return g.Reshape(threeByThree(c.picture().channels).Apply(s.In("out"), last(s, h)), -1, c.Dim)
	},
	extent: func(c Config) extent { return lastOf(c.stages(halfUp)) },
	weights: func(c Config) int64 {
		stages, more := c.stages(halfUp), int64(c.blocks(1)-1)
		p := int64(stages[0].channels)
		n := 2 * 9 * p * int64(c.picture().channels)
		for _, at := range stages {
			o := int64(at.channels)
			n += 18*p*o + 9*p*p + 27*o*o + more*18*(p*p+o*o)
			if p != o {
				n += 2 * p * o
			}
			p = o
		}
		return n + 2*(4*9+4)*p*p + c.denseWeights(lastOf(stages).size())
	},
	widest: func(c Config) int64 {
		stages, full := c.stages(halfUp), c.picture()
		full.channels = stages[0].channels
		return widestOf(append(stages, full))
	},
}

// blocksOf are the residual blocks of a stage, the first of which changes the number of channels.
func (c Config) blocksOf(s *model.Scope, h *g.Node, out int) *g.Node {
	h = block(s, h, out)
	for j := range c.blocks(1) - 1 {
		h = block(stage(s, "again", j), h, out)
	}
	return h
}

// threeByThree is a convolution that keeps the size of images.
func threeByThree(out int) nn.Conv2D {
	return nn.Conv2D{Out: out, Kernel: nn.Square(3), Padding: nn.Pad(1)}
}

// block is a residual block to so many channels.
func block(s *model.Scope, h *g.Node, out int) *g.Node {
	return nn.ResidualBlock{Out: out, Groups: groups(h.Shape().Dim(-1), out)}.Apply(s, h)
}

// middle is attention between two residual blocks; a head has 32 channels, if they divide.
func middle(s *model.Scope, h *g.Node) *g.Node {
	channels := h.Shape().Dim(-1)
	heads := 1
	if channels%32 == 0 {
		heads = channels / 32
	}
	h = nn.AttentionBlock(s.In("attention"), block(stage(s, "block", 0), h, channels), heads, groups(channels, channels))
	return block(stage(s, "block", 1), h, channels)
}

// last is the norm and the activation after the last residual block.
func last(s *model.Scope, h *g.Node) *g.Node {
	channels := h.Shape().Dim(-1)
	return nn.SiLU(nn.GroupNorm(s.In("norm"), h, groups(channels, channels)))
}

// groups is the largest number of groups up to 8 that divides both numbers of channels.
func groups(in, out int) int {
	n := 8
	for in%n != 0 || out%n != 0 {
		n--
	}
	return n
}
