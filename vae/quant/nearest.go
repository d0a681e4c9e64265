package quant

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	g "github.com/gomlx/gomlx/core/graph"
)

// maxDistances bounds the distances that are held at a time, 16 MiB in float32.
const maxDistances = 1 << 22

// Nearest returns the number of the code e, K×D, that is nearest to each feature z, N×D: the smallest
//
//	‖z − e‖² = ‖z‖² − 2z·e + ‖e‖²
//
// without ‖z‖², which is the same for all codes and would cost digits. Of equal distances the lowest
// number wins. The numbers, N, are of type Int32 and have no gradient. Features are taken in groups,
// so that memory does not grow with N·K.
func Nearest(z, e *g.Node) *g.Node {
	z, e = g.StopGradient(z), g.StopGradient(e)
	n, k := z.Shape().Dim(0), e.Shape().Dim(0)
	norms := g.ExpandAxes(g.ReduceSum(g.Square(e), -1), 0)
	twice := g.MulScalar(e, -2)
	var parts []*g.Node
	group := max(1, maxDistances/k)
	for first := 0; first < n; first += group {
		part := z
		if group < n {
			part = g.Slice(z, g.AxisRange(first, min(n, first+group)))
		}
		distance := g.Add(g.EinsumAxes(part, twice, [][2]int{{1, 1}}, nil), norms)
		parts = append(parts, g.ArgMin(distance, 1, dtypes.Int32))
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return g.Concatenate(parts, 0)
}

// Rows returns the rows of e, K×D, of the numbers k, N, of any type: N×D. The gradient goes to e.
func Rows(e, k *g.Node) *g.Node {
	if !k.DType().IsInt() {
		k = g.ConvertDType(k, dtypes.Int32)
	}
	return g.Gather(e, g.ExpandAxes(k, -1))
}

// Counts returns how many of the numbers k, N of Int32, are 0, 1, …, K−1, in a type of floats.
func Counts(k *g.Node, codes int, dtype dtypes.DType) *g.Node {
	one := g.OnesLike(g.ConvertDType(k, dtype))
	return g.StopGradient(g.Scatter(g.ExpandAxes(k, -1), one, shapes.Make(dtype, codes), false, false))
}

// sums returns the sums of the rows of z, N×D, by their numbers k: K×D.
func sums(k *g.Node, codes int, z *g.Node) *g.Node {
	shape := shapes.Make(z.DType(), codes, z.Shape().Dim(1))
	return g.StopGradient(g.Scatter(g.ExpandAxes(k, -1), g.StopGradient(z), shape, false, false))
}
