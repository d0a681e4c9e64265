package nn

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// PixelCNN is the gated network of van den Oord et al. 2016b, section 2: its output at a position of
// an image depends on the input at the positions before it, row by row from left to right, and at no
// other. A vertical stack of convolutions sees the rows above, without a blind spot, a horizontal one
// the row itself to the left, and both pass through gates
//
//	y = tanh(W₁∗x + V₁h) ⊙ σ(W₂∗x + V₂h).
type PixelCNN struct {
	Layers   int // at least 1
	Channels int // of both stacks
	Kernel   int // width of the windows, odd
}

// Apply returns the features of x, B×H×W×C, as B×H×W×Channels. They may depend on whole, B×V, the same
// at every position, such as a class, and on local, B×H×W×V, such as a coarser image; nil is none.
func (p PixelCNN) Apply(s *model.Scope, x, whole, local *g.Node) *g.Node {
	channelsOf("PixelCNN", x)
	mustBePositive("PixelCNN", "size", p.Layers, p.Channels, p.Kernel)
	if p.Kernel%2 == 0 {
		panic(fmt.Errorf("nn: PixelCNN: kernel: got %d, want an odd width", p.Kernel))
	}
	above, left := x, x
	for i := range p.Layers {
		s := s.In(fmt.Sprint("layer", i))
		above, left = p.layer(s, above, left, p.context(s, x, whole, local), i == 0)
	}
	return left
}

// layer returns the outputs of both stacks of a layer. The first one leaves out the position itself,
// and has no residual connection that would bring it back.
func (p PixelCNN) layer(s *model.Scope, above, left *g.Node, context func(stack string, y *g.Node) *g.Node, first bool) (up, across *g.Node) {
	half := p.Kernel / 2
	window := Conv2D{Out: 2 * p.Channels, Kernel: [2]int{half + 1, p.Kernel}, Padding: PadSides([2]int{half, 0}, [2]int{half, half})}
	rows := window.Apply(s.In("vertical"), above)
	link := Conv2D{Out: 2 * p.Channels, Kernel: Square(1), NoBias: true}.Apply(s.In("link"), moved(rows, 1))
	if first {
		left = moved(left, 2)
	}
	line := Conv2D{Out: 2 * p.Channels, Kernel: [2]int{1, half + 1}, Padding: PadSides([2]int{0, 0}, [2]int{half, 0})}
	across = gated(context("left", g.Add(line.Apply(s.In("horizontal"), left), link)))
	across = Conv2D{Out: p.Channels, Kernel: Square(1)}.Apply(s.In("mix"), across)
	if !first {
		across = g.Add(across, left)
	}
	return gated(context("above", rows)), across
}

// context adds what the features depend on beside the image to a layer of 2·Channels.
func (p PixelCNN) context(s *model.Scope, x, whole, local *g.Node) func(stack string, y *g.Node) *g.Node {
	return func(stack string, y *g.Node) *g.Node {
		s := s.In(stack)
		if whole != nil {
			at := g.Dot(whole, s.In("whole").Param("weight", model.FanIn(whole.Shape().Dim(1)), whole.Shape().Dim(1), 2*p.Channels)).Product()
			y = g.Add(y, g.ExpandAxes(at, 1, 2))
		}
		if local != nil {
			y = g.Add(y, Conv2D{Out: 2 * p.Channels, Kernel: Square(1), NoBias: true}.Apply(s.In("local"), local))
		}
		return y
	}
}

// gated is tanh of the first half of the channels times σ of the second.
func gated(x *g.Node) *g.Node {
	c := x.Shape().Dim(3) / 2
	first := g.Slice(x, g.AxisRange(), g.AxisRange(), g.AxisRange(), g.AxisRange(0, c))
	second := g.Slice(x, g.AxisRange(), g.AxisRange(), g.AxisRange(), g.AxisRange(c))
	return g.Mul(g.Tanh(first), g.Logistic(second))
}

// moved moves an image by one position along an axis: zeros come in at the start, the end drops out.
func moved(x *g.Node, axis int) *g.Node {
	n := x.Shape().Dim(axis)
	cut := []g.SliceAxisSpec{g.AxisRange(), g.AxisRange(), g.AxisRange(), g.AxisRange()}
	cut[axis] = g.AxisRange(0, 1)
	zero := g.ZerosLike(g.Slice(x, cut...))
	if n == 1 {
		return zero
	}
	cut[axis] = g.AxisRange(0, n-1)
	return g.Concatenate([]*g.Node{zero, g.Slice(x, cut...)}, axis)
}
