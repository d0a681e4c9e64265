package nn

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"
)

// AveragePool returns the means of the windows of n×n pixels that tile images B×H×W×C, as
// B×⌊H/n⌋×⌊W/n⌋×C. Rows and columns beyond the last whole window are left out.
func AveragePool(x *g.Node, n int) *g.Node {
	c := channelsOf("AveragePool", x)
	h, w := x.Shape().Dim(1), x.Shape().Dim(2)
	if n < 1 || n > h || n > w {
		panic(fmt.Errorf("nn: AveragePool: window: got %d, want 1 to the size of images %d×%d", n, h, w))
	}
	rows, columns := h/n, w/n
	if rows*n != h || columns*n != w {
		x = g.Slice(x, g.AxisRange(), g.AxisRange(0, rows*n), g.AxisRange(0, columns*n), g.AxisRange())
	}
	return g.ReduceMean(g.Reshape(x, -1, rows, n, columns, n, c), 2, 4)
}

// MaxPool returns the largest values of windows of K×K pixels at stride S of images B×H×W×C,
// as B×H'×W'×C with H' = ⌊(H − K)/S⌋ + 1; columns alike. Of equal values one takes the whole
// gradient.
func MaxPool(x *g.Node, window, stride int) *g.Node {
	channelsOf("MaxPool", x)
	mustBePositive("MaxPool", "size", window, stride)
	return g.MaxPool(x).Window(window).Strides(stride).Done()
}
