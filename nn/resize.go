package nn

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"
)

// Nearest returns images B×H×W×C enlarged to B×FH×FW×C by repeating every pixel F×F times.
func Nearest(x *g.Node, factor int) *g.Node {
	c := channelsOf("Nearest", x)
	mustBePositive("Nearest", "factor", factor)
	d := x.Shape().Dimensions
	y := g.BroadcastToDims(g.Reshape(x, d[0], d[1], 1, d[2], 1, c), d[0], d[1], factor, d[2], factor, c)
	return g.Reshape(y, d[0], d[1]*factor, d[2]*factor, c)
}

// Bilinear returns images B×H×W×C resized to B×H'×W'×C. Row i' lies at i = (i' + ½)·H/H' − ½,
// clamped to [0, H−1], and is interpolated between rows ⌊i⌋ and ⌊i⌋ + 1; columns alike. The
// corners of the images, not the centres of their corner pixels, are aligned.
//
// Each axis is a product with a constant matrix, so that the gradient is one as well.
func Bilinear(x *g.Node, rows, columns int) *g.Node {
	channelsOf("Bilinear", x)
	mustBePositive("Bilinear", "size", rows, columns)
	y := along(x, 1, rows)
	return along(y, 2, columns)
}

// along interpolates an axis to a new size.
func along(x *g.Node, axis, size int) *g.Node {
	old := x.Shape().Dim(axis)
	if old == size {
		return x
	}
	m := g.ConstAsDType(x.Graph(), x.DType(), interpolation(old, size))
	if axis == 1 {
		return g.Einsum("bhwc,hn->bnwc", x, m)
	}
	return g.Einsum("bhwc,wn->bhnc", x, m)
}

// interpolation is the matrix, old×size, whose column j holds the weights of the old values
// in the new value j.
func interpolation(old, size int) [][]float64 {
	m := make([][]float64, old)
	for i := range m {
		m[i] = make([]float64, size)
	}
	for j := range size {
		at := (float64(j)+.5)*float64(old)/float64(size) - .5
		at = math.Min(math.Max(at, 0), float64(old-1))
		low := int(at)
		part := at - float64(low)
		m[low][j] = 1 - part
		if part > 0 {
			m[low+1][j] = part
		}
	}
	return m
}
