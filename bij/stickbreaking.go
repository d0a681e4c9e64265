package bij

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/special"
)

// StickBreaking maps vectors of n − 1 numbers onto the simplex of n positive numbers with sum
// one. Piece k is the share z_k of what the pieces before it have left,
//
//	z_k = σ(x_k − ln(n − k)),  y_k = z_k Π_{j<k}(1 − z_j),  y_n = Π_j (1 − z_j),
//	ln|det| = Σ_k [ln z_k + ln(1 − z_k) + Σ_{j<k} ln(1 − z_j)]
//
// over the first n − 1 elements of y; x = 0 is the centre (Carpenter et al. 2017, Stan).
type StickBreaking struct{}

// offsets returns ln(n − k) for k = 1, …, n − 1.
func (StickBreaking) offsets(x *g.Node, n int) *g.Node {
	out := make([]float64, n-1)
	for k := range out {
		out[k] = math.Log(float64(n - 1 - k))
	}
	return like(g.ConstAsDType(x.Graph(), x.DType(), out), x)
}

// Forward implements [Bijector]. It works in logarithms: pieces may be as small as e^−700.
func (f StickBreaking) Forward(x *g.Node) (y, logDet *g.Node) {
	n := width("stick breaking", x) + 1
	t := g.Sub(x, f.offsets(x, n))
	logRest := g.Neg(special.Softplus(t)) // ln(1 − z)
	logZ := g.Add(logRest, t)
	left := right(logRest, table(x, n-1, n, func(j, k int) float64 { return indicator(j < k) }))
	y = g.Exp(g.Add(left, g.Concatenate([]*g.Node{logZ, g.ZerosLike(cut(x, 0, 1))}, -1)))
	return y, g.ReduceSum(g.Add(g.Add(logZ, logRest), cut(left, 0, n-1)), -1)
}

// Inverse returns x_k = ln y_k − ln Σ_{j>k} y_j + ln(n − k).
func (f StickBreaking) Inverse(y *g.Node) (x, logDet *g.Node) {
	n := width("stick breaking", y)
	rest := right(y, table(y, n, n-1, func(j, k int) float64 { return indicator(j > k) }))
	head := cut(y, 0, n-1)
	logY, logRest := g.Log(head), g.Log(rest)
	x = g.Sub(logY, logRest)
	// ∂x_k/∂y_k with the later pieces' sum 1 − Σ_{j≤k} y_j is 1/y_k + 1/Σ_{j>k} y_j.
	logDet = g.ReduceSum(g.Sub(g.Log(g.Add(head, rest)), g.Add(logY, logRest)), -1)
	return g.Add(x, f.offsets(x, n)), logDet
}

// Event implements [Bijector]: vectors that gain an element.
func (StickBreaking) Event() Event { return vectors(1) }

// vectors describes a map of vectors whose value has more elements by a number.
func vectors(more int) Event {
	if more == 0 {
		return Event{In: 1, Out: 1}
	}
	return Event{
		In: 1, Out: 1,
		Dims: func(d []int) []int { return []int{d[0] + more} },
		Undo: func(d []int) []int { return []int{d[0] - more} },
	}
}
