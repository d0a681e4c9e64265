package dist

import (
	"fmt"
	"math"

	g "github.com/gomlx/gomlx/core/graph"
)

// gaussian is a normal distribution of vectors with some form of its covariance Σ.
type gaussian interface {
	Distribution
	// center returns the mean, …×n.
	center() *g.Node
	// scaleDims returns the batch axes of Σ.
	scaleDims() []int
	// root returns a matrix S with SSᵀ = Σ.
	root() *g.Node
	// norms returns bᵀΣ⁻¹b for the columns b of a matrix: …×n×m to …×m.
	norms(b *g.Node) *g.Node
	// logDet returns ln|Σ|.
	logDet() *g.Node
}

// gaussianLogProb returns −½(n ln 2π + ln|Σ| + (x − μ)ᵀΣ⁻¹(x − μ)).
func gaussianLogProb(name string, d gaussian, x *g.Node) *g.Node {
	n := d.center().Shape().Dim(-1)
	requireVector(name, "values", x, n)
	rank := max(x.Rank(), d.center().Rank())
	diff := g.Sub(lead(x, rank), lead(d.center(), rank))
	quad := element(onColumns(name, diff, d.scaleDims(), func(b *g.Node) *g.Node {
		return g.ExpandAxes(d.norms(b), -2)
	}), 0)
	logDet := lead(d.logDet(), quad.Rank())
	return g.MulScalar(g.AddScalar(g.Add(quad, logDet), float64(n)*logTwoPi), -.5)
}

// gaussianBatch is the shape of the batch.
func gaussianBatch(name string, d gaussian) []int {
	return jointDims(name, batchOf(d.center(), 1), d.scaleDims())
}

// gaussianMean is the mean with all batch axes.
func gaussianMean(name string, d gaussian) *g.Node {
	return spread(d.center(), gaussianBatch(name, d), 1)
}

// gaussianVariance is the diagonal of SSᵀ.
func gaussianVariance(name string, d gaussian) *g.Node {
	return spread(g.ReduceSum(g.Square(d.root()), -1), gaussianBatch(name, d), 1)
}

// gaussianEntropy returns ½(n ln 2πe + ln|Σ|).
func gaussianEntropy(name string, d gaussian) *g.Node {
	n := float64(d.center().Shape().Dim(-1))
	h := g.MulScalar(g.AddScalar(d.logDet(), n*math.Log(2*math.Pi*math.E)), .5)
	return spread(h, gaussianBatch(name, d), 0)
}

// klGaussian is KL(q ‖ p) = ½(tr Σp⁻¹Σq − n + (μq − μp)ᵀΣp⁻¹(μq − μp) + ln|Σp| − ln|Σq|).
func klGaussian(q, p gaussian) *g.Node {
	name := "KL of normal distributions"
	n := q.center().Shape().Dim(-1)
	requireVector(name, "means", p.center(), n)
	trace := g.ReduceSum(p.norms(q.root()), -1)
	if diag, ok := p.(diagonalNormal); ok {
		trace = g.ReduceSum(ratio(q.Variance(), diag.variance()), -1)
	}
	rank := max(q.center().Rank(), p.center().Rank())
	diff := g.Sub(lead(q.center(), rank), lead(p.center(), rank))
	shift := element(onColumns(name, diff, p.scaleDims(), func(b *g.Node) *g.Node {
		return g.ExpandAxes(p.norms(b), -2)
	}), 0)
	parts := []*g.Node{trace, shift, p.logDet(), g.Neg(q.logDet())}
	return g.MulScalar(g.AddScalar(total(name, parts...), -float64(n)), .5)
}

// ratio divides arrays whose leading axes broadcast.
func ratio(a, b *g.Node) *g.Node {
	rank := max(a.Rank(), b.Rank())
	return g.Div(lead(a, rank), lead(b, rank))
}

// diagonalNormal is N(μ, diag σ²) as a distribution of vectors.
type diagonalNormal struct{ Normal }

func (d diagonalNormal) center() *g.Node   { return d.Loc }
func (d diagonalNormal) scaleDims() []int  { return batchOf(d.scale(), 1) }
func (d diagonalNormal) root() *g.Node     { return diagonalMatrix(g.Exp(d.scale())) }
func (d diagonalNormal) logDet() *g.Node   { return g.MulScalar(g.ReduceSum(d.scale(), -1), 2) }
func (d diagonalNormal) variance() *g.Node { return g.Exp(g.MulScalar(d.scale(), 2)) }

// scale is ln σ with as many elements as a vector has.
func (d diagonalNormal) scale() *g.Node {
	return g.BroadcastToDims(d.LogScale, jointDims("Normal", dims(d.Loc), dims(d.LogScale))...)
}

func (d diagonalNormal) norms(b *g.Node) *g.Node {
	inv := g.ExpandAxes(g.Exp(g.Neg(d.scale())), -1)
	rank := max(b.Rank(), inv.Rank())
	return squares(g.Mul(lead(b, rank), lead(inv, rank)))
}

// asGaussian views a distribution as a normal one of vectors, if it is one.
func asGaussian(d Distribution) (gaussian, bool) {
	if s, ok := d.(summed); ok {
		i := s.independent()
		n, ok := i.Base.(Normal)
		if !ok || i.Axes != 1 {
			return nil, false
		}
		return diagonalNormal{n}, true
	}
	switch d := d.(type) {
	case MultivariateNormal:
		return d.check(), true
	case MultivariateNormalPrecision:
		return d.check(), true
	case LowRankNormal:
		return d.check(), true
	}
	return nil, false
}

func init() {
	kinds := []Distribution{Independent{}, MultivariateNormal{}, MultivariateNormalPrecision{}, LowRankNormal{}}
	for i, q := range kinds {
		for j, p := range kinds {
			if i+j > 0 {
				klNames = append(klNames, fmt.Sprintf("%T ‖ %T", q, p))
			}
		}
	}
	klPairs = append(klPairs, func(q, p Distribution) (*g.Node, bool) {
		gq, ok := asGaussian(q)
		gp, ok2 := asGaussian(p)
		_, diag := gq.(diagonalNormal)
		_, diag2 := gp.(diagonalNormal)
		if !ok || !ok2 || diag && diag2 { // two products are the sum of their elements' KL
			return nil, false
		}
		return klGaussian(gq, gp), true
	})
}
