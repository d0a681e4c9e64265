package nn

import (
	"fmt"

	"github.com/gomlx/compute"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Conv2D is the convolution (strictly a cross-correlation) of images B×H×W×C,
//
//	y[b, i, j, o] = bias[o] + Σ_{k,l,c} x[b, i·S + k·D − P, j·S + l·D − P, c]·w[k, l, c, o],
//
// with H' = ⌊(H + P + P' − D(K−1) − 1)/S⌋ + 1 rows, and columns alike. In G groups, output
// channel o sees the C/G input channels of its group alone.
type Conv2D struct {
	Out      int     // output channels
	Kernel   [2]int  // K, rows and columns of the window
	Stride   [2]int  // S; 0 is 1
	Dilation [2]int  // D, distance of the values of a window; 0 is 1
	Padding  Padding // P before and P' after the image; by default none
	Groups   int     // G; 0 is 1
	NoBias   bool    // leaves the bias out
}

// Square returns the size, stride or dilation n×n.
func Square(n int) [2]int { return [2]int{n, n} }

// Padding says how many zeros surround an image before a window slides over it.
type Padding struct {
	same  bool
	sides [2][2]int
}

// Pad returns the padding by n zeros on every side.
func Pad(n int) Padding { return PadSides([2]int{n, n}, [2]int{n, n}) }

// PadSides returns the padding by zeros above and below, and left and right.
func PadSides(rows, columns [2]int) Padding { return Padding{sides: [2][2]int{rows, columns}} }

// Same returns the padding that gives ⌈H/S⌉×⌈W/S⌉ outputs; of an odd number of zeros the
// larger half follows the image.
func Same() Padding { return Padding{same: true} }

// of returns the zeros before and after an axis of the given size.
func (p Padding) of(axis, size, window, stride int) [2]int {
	if !p.same {
		return p.sides[axis]
	}
	total := max(0, (size-1)/stride*stride+window-size)
	return [2]int{total / 2, total - total/2}
}

// images are the axes of images B×H×W×C and kernels K×K×C×C'.
var images = compute.ConvolveAxesConfig{
	InputBatch: 0, InputSpatial: []int{1, 2}, InputChannels: 3,
	KernelSpatial: []int{0, 1}, KernelInputChannels: 2, KernelOutputChannels: 3,
	OutputBatch: 0, OutputSpatial: []int{1, 2}, OutputChannels: 3,
}

// Apply returns the convolution of x, B×H×W×C, as B×H'×W'×Out. Its parameters are "weight",
// K×K×C/G×Out, and "bias", Out, both uniform on ±1/√(K²C/G) at the start.
func (c Conv2D) Apply(s *model.Scope, x *g.Node) *g.Node {
	stride, dilation, groups := orOne(c.Stride), orOne(c.Dilation), max(1, c.Groups)
	channels := channelsOf("Conv2D", x)
	mustBePositive("Conv2D", "size", c.Out, c.Kernel[0], c.Kernel[1], stride[0], stride[1], dilation[0], dilation[1])
	if channels%groups != 0 || c.Out%groups != 0 {
		panic(fmt.Errorf("nn: Conv2D: channels: got %d and %d, want multiples of %d groups", channels, c.Out, groups))
	}
	pad := make([][2]int, 2)
	for i := range pad {
		pad[i] = c.Padding.of(i, x.Shape().Dim(1+i), (c.Kernel[i]-1)*dilation[i]+1, stride[i])
	}
	in := channels / groups
	fan := c.Kernel[0] * c.Kernel[1] * in
	w := s.Param("weight", model.FanIn(fan), c.Kernel[0], c.Kernel[1], in, c.Out)
	y := g.ConvGeneral(x, w, images, stride[:], pad, nil, unlessOne(dilation[:]), groups, 1)
	if c.NoBias {
		return y
	}
	return addBias(s, y, fan)
}

// addBias adds the parameter "bias", one value a channel, uniform on ±1/√fan at the start.
func addBias(s *model.Scope, y *g.Node, fan int) *g.Node {
	b := s.Param("bias", model.FanIn(fan), y.Shape().Dim(-1))
	return g.Add(y, g.ExpandLeftToRank(b, y.Rank()))
}

// orOne replaces values that are left 0.
func orOne(v [2]int) [2]int {
	for i := range v {
		if v[i] == 0 {
			v[i] = 1
		}
	}
	return v
}

// channelsOf returns C of images B×H×W×C; it panics if x has another rank.
func channelsOf(layer string, x *g.Node) int {
	if x.Rank() != 4 {
		panic(fmt.Errorf("nn: %s: got shape %v, want images B×H×W×C", layer, x.Shape().Dimensions))
	}
	return x.Shape().Dim(3)
}
