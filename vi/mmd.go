package vi

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"
)

// Kernel is a positive definite function of two codes by their squared distance, 1 at 0.
type Kernel interface {
	// Of returns k for squared distances.
	Of(square *g.Node) *g.Node
}

// RBF is the mean of Gaussian kernels of several widths, k(x, y) = (1/S) Σ_s exp(−‖x − y‖²/c_s).
type RBF struct {
	Squares []float64 // c_s = 2σ_s²
}

// Of implements [Kernel].
func (k RBF) Of(square *g.Node) *g.Node {
	return meanOver(k.Squares, func(c float64) *g.Node { return g.Exp(g.MulScalar(square, -1/c)) })
}

// IMQ is the mean of inverse multiquadratic kernels of several widths, k(x, y) =
// (1/S) Σ_s c_s/(c_s + ‖x − y‖²), whose tails are heavier (Tolstikhin et al. 2018, section 4).
type IMQ struct {
	Squares []float64 // c_s
}

// Of implements [Kernel].
func (k IMQ) Of(square *g.Node) *g.Node {
	return meanOver(k.Squares, func(c float64) *g.Node { return g.Reciprocal(g.AddScalar(g.MulScalar(square, 1/c), 1)) })
}

// meanOver is the mean of a kernel over widths.
func meanOver(squares []float64, of func(c float64) *g.Node) *g.Node {
	sum := of(squares[0])
	for _, c := range squares[1:] {
		sum = g.Add(sum, of(c))
	}
	return g.MulScalar(sum, 1/float64(len(squares)))
}

// KernelScales are the widths that Tolstikhin et al. 2018 take for codes of L elements of variance
// 1: from a tenth to ten times 2L, the mean squared distance of two of them.
func KernelScales(l int) []float64 {
	out := []float64{.1, .2, .5, 1, 2, 5, 10}
	for i := range out {
		out[i] *= 2 * float64(l)
	}
	return out
}

// MMD returns the unbiased estimate of the squared maximum mean discrepancy of two distributions
// from draws x, n×L, and y, m×L, of them, a scalar (Gretton et al. 2012, eq. 3):
//
//	Σ_{i≠j} k(x_i, x_j)/n(n−1) + Σ_{i≠j} k(y_i, y_j)/m(m−1) − 2 Σ_ij k(x_i, y_j)/nm.
//
// It is 0 in the mean where the distributions are the same, and so may be negative.
func MMD(k Kernel, x, y *g.Node) *g.Node {
	n, m := x.Shape().Dim(0), y.Shape().Dim(0)
	if n < 2 || m < 2 {
		panic(fmt.Errorf("vi: mmd: got %d and %d draws, want at least 2 of each", n, m))
	}
	within := func(x *g.Node, n int) *g.Node {
		pairs := g.AddScalar(g.ReduceAllSum(k.Of(squareDistances(x, x))), -float64(n)) // without k(x_i, x_i) = 1
		return g.MulScalar(pairs, 1/float64(n*(n-1)))
	}
	across := g.ReduceAllMean(k.Of(squareDistances(x, y)))
	return g.Sub(g.Add(within(x, n), within(y, m)), g.MulScalar(across, 2))
}

// squareDistances returns ‖x_i − y_j‖², n×m. Differences are formed first: the difference of squares
// of far points would lose their distance.
func squareDistances(x, y *g.Node) *g.Node {
	return g.ReduceSum(g.Square(g.Sub(g.ExpandAxes(x, 1), g.ExpandAxes(y, 0))), -1)
}
