package vae

import (
	"cmp"
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// convNet is the net of Burgess et al. 2018, appendix A, for images of any size: 4×4
// convolutions of stride 2 with rectifiers until a side is below [minSide], then dense
// layers. The decoder mirrors shapes and channels exactly, with transposed convolutions. A depth
// above 1 puts so many 3×3 convolutions less one between two of them.
var convNet = Net{
	Name:    "conv",
	Summary: "4×4 convolutions of stride 2, then dense layers of the hidden widths, for images",
	Images:  true,
	down: func(c Config, s *model.Scope, x *g.Node) *g.Node {
		h := c.asImages(x)
		for i, at := range c.stages(halfDown) {
			s := stage(s, "conv", i)
			h = nn.ReLU(halved(at.channels).Apply(s, h))
			for j := range c.blocks(1) - 1 {
				h = nn.ReLU(threeByThree(at.channels).Apply(stage(s, "again", j), h))
			}
		}
		return h
	},
	up: func(c Config, s *model.Scope, m *g.Node) *g.Node {
		stages := append([]extent{c.picture()}, c.stages(halfDown)...)
		h := nn.ReLU(m)
		for i := len(stages) - 2; i >= 0; i-- {
			s := stage(s, "conv", i)
			for j := range c.blocks(1) - 1 {
				h = nn.ReLU(threeByThree(h.Shape().Dim(-1)).Apply(stage(s, "again", j), h))
			}
			if h = doubled(s, h, stages[i]); i > 0 {
				h = nn.ReLU(h)
			}
		}
		return g.Reshape(h, -1, c.Dim)
	},
	extent:  func(c Config) extent { return lastOf(c.stages(halfDown)) },
	weights: func(c Config) int64 { return c.halvingWeights(c.stages(halfDown), int64(c.blocks(1)-1)*9) },
	widest:  func(c Config) int64 { return widestOf(c.stages(halfDown)) },
}

// halvingWeights counts the weights of 4×4 convolutions through the stages and back, of more weights
// for each pair of channels of a stage in both directions, and of the dense layers.
func (c Config) halvingWeights(stages []extent, more int64) int64 {
	n, before := int64(0), c.picture()
	for _, at := range stages {
		o := int64(at.channels)
		n += 2 * (16*int64(before.channels) + more*o) * o
		before = at
	}
	return n + c.denseWeights(before.size())
}

// halved is a 4×4 convolution of stride 2.
func halved(out int) nn.Conv2D {
	return nn.Conv2D{Out: out, Kernel: nn.Square(4), Stride: nn.Square(2), Padding: nn.Pad(1)}
}

// blocks is the depth of the configuration, or the usual one of a net.
func (c Config) blocks(usual int) int { return cmp.Or(c.Depth, usual) }

// lastOf is the last stage.
func lastOf(stages []extent) extent { return stages[len(stages)-1] }

// doubled returns the 4×4 transposed convolution of stride 2 of h with the shape of the
// stage above, of which h has half the rows and columns, rounded down.
func doubled(s *model.Scope, h *g.Node, to extent) *g.Node {
	return nn.ConvTranspose2D{
		Out: to.channels, Kernel: nn.Square(4), Stride: nn.Square(2),
		Padding: [2][2]int{{1, 1}, {1, 1}}, Extra: [2]int{to.height % 2, to.width % 2},
	}.Apply(s, h)
}

// extent is the shape of an image inside a net.
type extent struct{ height, width, channels int }

// size is the number of values of an image.
func (e extent) size() int { return e.height * e.width * e.channels }

// picture is the shape of a row.
func (c Config) picture() extent {
	h, w, channels, _ := c.image()
	return extent{h, w, channels}
}

// halfDown and halfUp halve a side and round.
func halfDown(n int) int { return n / 2 }

func halfUp(n int) int { return (n + 1) / 2 }

// stages returns the shapes that an image is halved to, until a side is below [minSide]. The
// last of the configured channels serves all stages from there on.
func (c Config) stages(half func(int) int) []extent {
	var out []extent
	at := c.picture()
	for min(at.height, at.width) >= minSide {
		channels := c.Channels[min(len(out), len(c.Channels)-1)]
		at = extent{half(at.height), half(at.width), channels}
		out = append(out, at)
	}
	return out
}

// widestOf is the size of the largest image of a net.
func widestOf(stages []extent) (widest int64) {
	for _, e := range stages {
		widest = max(widest, int64(e.height)*int64(e.width)*int64(e.channels))
	}
	return widest
}

// stage is the scope of the i-th layer of a kind.
func stage(s *model.Scope, kind string, i int) *model.Scope { return s.In(fmt.Sprint(kind, i)) }

// asImages reshapes rows, B×D, to images, B×H×W×C.
func (c Config) asImages(x *g.Node) *g.Node {
	e := c.picture()
	return g.Reshape(x, -1, e.height, e.width, e.channels)
}

// flat reshapes images, B×H×W×C, to rows.
func flat(h *g.Node) *g.Node { return g.Reshape(h, h.Shape().Dim(0), -1) }

// spread returns images of the given shape by a dense layer "spread" of h.
func spread(s *model.Scope, h *g.Node, to extent) *g.Node {
	return g.Reshape(nn.Dense(s.In("spread"), h, to.size()), -1, to.height, to.width, to.channels)
}
