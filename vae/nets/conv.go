package nets

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
	Name:    Conv,
	Summary: "4×4 convolutions of stride 2, then dense layers of the hidden widths, for images",
	Images:  true,
	down: func(c Config, s *model.Scope, x *g.Node) *g.Node {
		h := c.AsImages(x)
		for i, at := range c.Stages(HalfDown) {
			s := Stage(s, "conv", i)
			h = nn.ReLU(Halved(at.Channels).Apply(s, h))
			for j := range c.blocks(1) - 1 {
				h = nn.ReLU(ThreeByThree(at.Channels).Apply(Stage(s, "again", j), h))
			}
		}
		return h
	},
	up: func(c Config, s *model.Scope, m *g.Node) *g.Node {
		stages := append([]Extent{c.Picture()}, c.Stages(HalfDown)...)
		h := nn.ReLU(m)
		for i := len(stages) - 2; i >= 0; i-- {
			s := Stage(s, "conv", i)
			for j := range c.blocks(1) - 1 {
				h = nn.ReLU(ThreeByThree(h.Shape().Dim(-1)).Apply(Stage(s, "again", j), h))
			}
			if h = Doubled(s, h, stages[i]); i > 0 {
				h = nn.ReLU(h)
			}
		}
		return g.Reshape(h, -1, c.Dim)
	},
	extent:  func(c Config) Extent { return lastOf(c.Stages(HalfDown)) },
	weights: func(c Config) int64 { return c.halvingWeights(c.Stages(HalfDown), int64(c.blocks(1)-1)*9) },
	widest:  func(c Config) int64 { return widestOf(c.Stages(HalfDown)) },
}

// halvingWeights counts the weights of 4×4 convolutions through the stages and back, of more weights
// for each pair of channels of a stage in both directions, and of the dense layers.
func (c Config) halvingWeights(stages []Extent, more int64) int64 {
	n, before := int64(0), c.Picture()
	for _, at := range stages {
		o := int64(at.Channels)
		n += 2 * (16*int64(before.Channels) + more*o) * o
		before = at
	}
	return n + c.DenseWeights(before.Size())
}

// Halved is a 4×4 convolution of stride 2.
func Halved(out int) nn.Conv2D {
	return nn.Conv2D{Out: out, Kernel: nn.Square(4), Stride: nn.Square(2), Padding: nn.Pad(1)}
}

// blocks is the depth of the configuration, or the usual one of a net.
func (c Config) blocks(usual int) int { return cmp.Or(c.Depth, usual) }

// lastOf is the last stage.
func lastOf(stages []Extent) Extent { return stages[len(stages)-1] }

// Doubled returns the 4×4 transposed convolution of stride 2 of h with the shape of the
// stage above, of which h has half the rows and columns, rounded down.
func Doubled(s *model.Scope, h *g.Node, to Extent) *g.Node {
	return nn.ConvTranspose2D{
		Out: to.Channels, Kernel: nn.Square(4), Stride: nn.Square(2),
		Padding: [2][2]int{{1, 1}, {1, 1}}, Extra: [2]int{to.Height % 2, to.Width % 2},
	}.Apply(s, h)
}

// Extent is the shape of an image inside a net.
type Extent struct {
	Height, Width int // its sides
	Channels      int // values of a place
}

// Size is the number of values of an image.
func (e Extent) Size() int { return e.Height * e.Width * e.Channels }

// Places is the number of places of a map.
func (e Extent) Places() int { return e.Height * e.Width }

// Picture is the shape of a row.
func (c Config) Picture() Extent {
	h, w, channels, _ := c.Image()
	return Extent{h, w, channels}
}

// HalfDown halves a side and rounds down, halfUp up.
func HalfDown(n int) int { return n / 2 }
func halfUp(n int) int   { return (n + 1) / 2 }

// Stages returns the shapes that an image is halved to, until a side is below [minSide]. The
// last of the configured channels serves all stages from there on.
func (c Config) Stages(half func(int) int) []Extent {
	var out []Extent
	at := c.Picture()
	for min(at.Height, at.Width) >= minSide {
		channels := c.Channels[min(len(out), len(c.Channels)-1)]
		at = Extent{half(at.Height), half(at.Width), channels}
		out = append(out, at)
	}
	return out
}

// widestOf is the size of the largest image of a net.
func widestOf(stages []Extent) (widest int64) {
	for _, e := range stages {
		widest = max(widest, int64(e.Height)*int64(e.Width)*int64(e.Channels))
	}
	return widest
}

// Stage is the scope of the i-th layer of a kind.
func Stage(s *model.Scope, kind string, i int) *model.Scope { return s.In(fmt.Sprint(kind, i)) }

// AsImages reshapes rows, B×D, to images, B×H×W×C.
func (c Config) AsImages(x *g.Node) *g.Node {
	e := c.Picture()
	return g.Reshape(x, -1, e.Height, e.Width, e.Channels)
}

// Flat reshapes images, B×H×W×C, to rows.
func Flat(h *g.Node) *g.Node { return g.Reshape(h, h.Shape().Dim(0), -1) }

// Spread returns images of the given shape by a dense layer "spread" of h.
func Spread(s *model.Scope, h *g.Node, to Extent) *g.Node {
	return g.Reshape(nn.Dense(s.In("spread"), h, to.Size()), -1, to.Height, to.Width, to.Channels)
}
