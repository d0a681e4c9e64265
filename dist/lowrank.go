package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// LowRankNormal is the normal distribution of vectors with covariance Σ = D + FFᵀ, D = diag e^LogDiag
// (Ong, Nott & Smith 2018, section 3). With C = I + FᵀD⁻¹F, r×r, Woodbury's identity and the matrix
// determinant lemma give
//
//	ln|Σ| = Σᵢ ln Dᵢᵢ + ln|C|,
//	zᵀΣ⁻¹z = ‖D^−½(z − Fw)‖² + ‖w‖²,  w = C⁻¹FᵀD⁻¹z,
//
// the second a sum of squares, so that nothing cancels where D is small beside FFᵀ.
type LowRankNormal struct {
	Loc     *g.Node // μ, …×n
	Factor  *g.Node // F, …×n×r; without batch axes it is that of all
	LogDiag *g.Node // ln D, variances, …×n; broadcast against the others
}

const lowRank = "LowRankNormal"

// check panics on a mistaken shape, and broadcasts D against F.
func (d LowRankNormal) check() LowRankNormal {
	require(d.Loc.Rank() > 0, lowRank, "Loc", d.Loc.Shape().Dimensions, "…×n")
	n := d.Loc.Shape().Dim(-1)
	require(d.Factor.Rank() >= 2, lowRank, "Factor", d.Factor.Shape().Dimensions, []any{"…", n, "r"})
	requireMatrix(lowRank, "Factor", d.Factor, n, d.Factor.Shape().Dim(-1))
	if d.LogDiag.Rank() == 0 || d.LogDiag.Shape().Dim(-1) == 1 {
		d.LogDiag = g.BroadcastToDims(lead(d.LogDiag, 1), append(batchOf(lead(d.LogDiag, 1), 1), n)...)
	}
	requireVector(lowRank, "LogDiag", d.LogDiag, n)
	batch := jointDims(lowRank, batchOf(d.Factor, 2), batchOf(d.LogDiag, 1))
	return LowRankNormal{d.Loc, spread(d.Factor, batch, 2), spread(d.LogDiag, batch, 1)}
}

// scaled returns D^−½·b for the columns of b.
func (d LowRankNormal) scaled(b *g.Node) *g.Node {
	s := g.ExpandAxes(g.Exp(g.MulScalar(d.LogDiag, -.5)), -1)
	rank := max(s.Rank(), b.Rank())
	return g.Mul(lead(s, rank), lead(b, rank))
}

// capacitance returns the Cholesky factor of C.
func (d LowRankNormal) capacitance() *g.Node {
	f := d.scaled(d.Factor)
	c := matMul(transposed(f), f)
	return special.Cholesky(g.Add(c, spread(identityLike(c), batchOf(c, 2), 2)))
}

func (d LowRankNormal) center() *g.Node  { return d.Loc }
func (d LowRankNormal) scaleDims() []int { return batchOf(d.Factor, 2) }

// root returns [D^½ F], n×(n+r).
func (d LowRankNormal) root() *g.Node {
	return g.Concatenate([]*g.Node{diagonalMatrix(g.Exp(g.MulScalar(d.LogDiag, .5))), d.Factor}, -1)
}

func (d LowRankNormal) logDet() *g.Node {
	return g.Add(g.ReduceSum(d.LogDiag, -1), logDetTri(d.capacitance()))
}

func (d LowRankNormal) norms(b *g.Node) *g.Node {
	f, z, l := d.scaled(d.Factor), d.scaled(b), d.capacitance()
	w := solveTri(l, solveTri(l, matMul(transposed(f), z), false), true)
	return g.Add(squares(g.Sub(z, matMul(f, w))), squares(w))
}

// LogProb implements [Distribution].
func (d LowRankNormal) LogProb(x *g.Node) *g.Node { return gaussianLogProb(lowRank, d.check(), x) }

// Mean implements [Distribution].
func (d LowRankNormal) Mean() *g.Node { return gaussianMean(lowRank, d.check()) }

// Variance returns the diagonal of Σ.
func (d LowRankNormal) Variance() *g.Node {
	d = d.check()
	v := g.Add(g.Exp(d.LogDiag), g.ReduceSum(g.Square(d.Factor), -1))
	return spread(v, gaussianBatch(lowRank, d), 1)
}

// Covariance returns Σ.
func (d LowRankNormal) Covariance() *g.Node {
	d = d.check()
	return g.Add(matMul(d.Factor, transposed(d.Factor)), diagonalMatrix(g.Exp(d.LogDiag)))
}

// Entropy returns ½(n ln 2πe + ln|Σ|).
func (d LowRankNormal) Entropy() *g.Node { return gaussianEntropy(lowRank, d.check()) }

// Sample implements [Distribution].
func (d LowRankNormal) Sample(s *model.Scope, name string, m int) *g.Node {
	return d.Rsample(s, name, m)
}

// Rsample returns μ + D^½ε + Fη with ε ~ N(0, I), η ~ N(0, I), M×…×n.
func (d LowRankNormal) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.check()
	mean := d.Mean()
	eps := s.In(name).Normal("diagonal", drawn(m, mean)...)
	eta := s.In(name).Normal("factor", append(batchOf(eps, 1), d.Factor.Shape().Dim(-1))...)
	step := onColumns(lowRank, eta, d.scaleDims(), func(b *g.Node) *g.Node { return matMul(d.Factor, b) })
	own := lead(g.Exp(g.MulScalar(d.LogDiag, .5)), eps.Rank())
	return g.Add(g.Add(repeat(mean, m), g.Mul(own, eps)), step)
}

// Support implements [Declared].
func (d LowRankNormal) Support() Support { return Support{Set: Vector} }

// Parameters implements [Declared].
func (d LowRankNormal) Parameters() []Parameter {
	return []Parameter{
		{"Loc", d.Loc, Support{Set: Vector}}, {"Factor", d.Factor, Support{Set: Matrix}},
		{"LogDiag", d.LogDiag, Support{Set: Vector}},
	}
}
