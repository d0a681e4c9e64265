package nn

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Downsample returns images B×H×W×C at half the size, B×⌈H/2⌉×⌈W/2⌉×C, by a 3×3 convolution
// of stride 2 in the scope.
func Downsample(s *model.Scope, x *g.Node) *g.Node {
	return Conv2D{Out: channelsOf("Downsample", x), Kernel: Square(3), Stride: Square(2), Padding: Pad(1)}.Apply(s, x)
}

// Upsample returns images B×H×W×C enlarged to rows×columns, which are 2H or 2H−1 and 2W or
// 2W−1: every pixel is repeated, what is too much is cut off below and right, and a 3×3
// convolution in the scope smoothes the result. It mirrors [Downsample].
func Upsample(s *model.Scope, x *g.Node, rows, columns int) *g.Node {
	c := channelsOf("Upsample", x)
	h, w := x.Shape().Dim(1), x.Shape().Dim(2)
	if (rows+1)/2 != h || (columns+1)/2 != w {
		panic(fmt.Errorf("nn: Upsample: size: got %d×%d, want one that halves to %d×%d", rows, columns, h, w))
	}
	y := Nearest(x, 2)
	if rows != 2*h || columns != 2*w {
		y = g.Slice(y, g.AxisRange(), g.AxisRange(0, rows), g.AxisRange(0, columns), g.AxisRange())
	}
	return Conv2D{Out: c, Kernel: Square(3), Padding: Pad(1)}.Apply(s, y)
}
