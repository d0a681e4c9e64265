package nn

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// ConvTranspose2D is the transposed convolution of images B×H×W×C: every value spreads over
// a window of the output,
//
//	y[b, i·S + k·D − P, j·S + l·D − P, o] += x[b, i, j, c]·w[k, l, c, o],  y = bias at first,
//
// with H' = (H−1)·S − P − P' + D(K−1) + 1 + E rows, and columns alike, where E is the extra
// size. It maps shapes in the other direction than the [Conv2D] with equal settings, whose E
// is the remainder of its division by S.
type ConvTranspose2D struct {
	Out      int       // output channels
	Kernel   [2]int    // K, rows and columns of the window
	Stride   [2]int    // S; 0 is 1
	Dilation [2]int    // D, distance of the values of a window; 0 is 1
	Padding  [2][2]int // P and P', what is cut off above and below, and left and right
	Extra    [2]int    // E, rows and columns added below and right
	NoBias   bool      // leaves the bias out
}

// Apply returns the transposed convolution of x, B×H×W×C, as B×H'×W'×Out. Its parameters are
// "weight", K×K×C×Out, and "bias", Out, both uniform on ±1/√(K²·Out) at the start, as PyTorch
// has them.
func (c ConvTranspose2D) Apply(s *model.Scope, x *g.Node) *g.Node {
	stride, dilation := orOne(c.Stride), orOne(c.Dilation)
	channels := channelsOf("ConvTranspose2D", x)
	mustBePositive("ConvTranspose2D", "size", c.Out, c.Kernel[0], c.Kernel[1], stride[0], stride[1], dilation[0], dilation[1])
	pad := make([][2]int, 2)
	for i := range pad {
		if e := c.Extra[i]; e < 0 || e >= max(stride[i], dilation[i]) {
			panic(fmt.Errorf("nn: ConvTranspose2D: extra size: got %d, want 0 to %d", e, max(stride[i], dilation[i])-1))
		}
		edge := (c.Kernel[i] - 1) * dilation[i]
		pad[i] = [2]int{edge - c.Padding[i][0], edge - c.Padding[i][1] + c.Extra[i]}
	}
	fan := c.Kernel[0] * c.Kernel[1] * c.Out
	w := s.Param("weight", model.FanIn(fan), c.Kernel[0], c.Kernel[1], channels, c.Out)
	y := g.ConvGeneral(x, g.Reverse(w, 0, 1), images, []int{1, 1}, pad, unlessOne(stride[:]), unlessOne(dilation[:]), 1, 1)
	if c.NoBias {
		return y
	}
	return addBias(s, y, fan)
}
