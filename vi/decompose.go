package vi

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/shapes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/special"
)

// Decomposition splits the mean KL divergence of a guide to a prior that factorises (Chen et al.
// 2018, eq. 2), in nats:
//
//	E_x KL(q(z|x) ‖ p(z)) = I(x; z) + KL(q(z) ‖ ∏_j q(z_j)) + Σ_j KL(q(z_j) ‖ p(z_j)),
//
// with q(z) = (1/N) Σ_n q(z|x_n).
type Decomposition struct {
	Information      *g.Node // I(x; z), of data and codes
	TotalCorrelation *g.Node // of the elements of a code with each other
	Marginals        *g.Node // of the elements' distributions to the prior's
}

// LogDensities are what a decomposition is estimated from, for draws z_i ~ q(z|x_i) of a batch.
type LogDensities struct {
	Pairs *g.Node // ln q(z_ij|x_k), B×B×L by draw i, row k and element j
	Prior *g.Node // ln p(z_ij), B×L
	N     int     // rows of the training set that the batch was drawn from
}

// Decompose estimates the decomposition from a batch by minibatch-stratified sampling (Chen et al.
// 2018, appendix C.2),
//
//	q(z_i) ≈ q(z_i|x_i)/N + (1/M) Σ_{k≠i,i+1} q(z_i|x_k) + ((N−M)/NM) q(z_i|x_{i+1}),  M = B − 1,
//
// which is unbiased for q(z_i); its logarithm is low by a bias that falls with B. A batch larger
// than N counts as one of N rows.
func Decompose(d LogDensities) Decomposition {
	b := d.Pairs.Shape().Dim(0)
	if b < 2 {
		panic(fmt.Errorf("vi: total correlation: got a batch of %d rows, want at least 2", b))
	}
	weights := stratified(d.Pairs.Graph(), d.Pairs, b, max(d.N, b))
	own := ownRows(d.Pairs, b)                                              // ln q(z_i|x_i), B×L
	joint := special.LogSumExp(g.Add(g.ReduceSum(d.Pairs, -1), weights), 1) // ln q(z_i), B
	each := special.LogSumExp(g.Add(d.Pairs, g.ExpandAxes(weights, -1)), 1) // ln q(z_ij), B×L
	product := g.ReduceSum(each, -1)
	return Decomposition{
		Information:      g.ReduceAllMean(g.Sub(g.ReduceSum(own, -1), joint)),
		TotalCorrelation: g.ReduceAllMean(g.Sub(joint, product)),
		Marginals:        g.ReduceAllMean(g.Sub(product, g.ReduceSum(d.Prior, -1))),
	}
}

// stratified returns the logarithms of the weights, B×B by draw and row.
func stratified(graph *g.Graph, like *g.Node, b, n int) *g.Node {
	m, all := float64(b-1), float64(n)
	ahead := behind(graph, like, b)
	w := func(v float64) *g.Node { return special.ScalarLike(like, v) }
	is := func(steps int) *g.Node { return g.Equal(ahead, w(float64(steps))) }
	next := g.LogicalOr(is(1), is(1-b))
	others := g.Where(next, w(math.Log((all-m)/(all*m))), w(-math.Log(m)))
	return g.Where(is(0), w(-math.Log(all)), others)
}

// behind is k − i, B×B.
func behind(graph *g.Graph, like *g.Node, b int) *g.Node {
	at := shapes.Make(like.DType(), b, b)
	return g.Sub(g.Iota(graph, at, 1), g.Iota(graph, at, 0))
}

// ownRows returns the diagonal k = i of pairs, B×L.
func ownRows(pairs *g.Node, b int) *g.Node {
	own := g.Equal(behind(pairs.Graph(), pairs, b), special.ScalarLike(pairs, 0))
	return g.ReduceSum(g.Mul(pairs, g.ExpandAxes(g.ConvertDType(own, pairs.DType()), -1)), 1)
}
