package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Wishart is the distribution of symmetric positive definite n×n matrices with ν > n − 1 degrees of
// freedom and scale V = LLᵀ:
//
//	ln p(X) = ½(ν − n − 1) ln|X| − ½ tr V⁻¹X − ½νn ln 2 − ½ν ln|V| − ln Γₙ(ν/2),
//
// a density by the elements on and below the diagonal.
type Wishart struct {
	DF        *g.Node // ν
	ScaleTril *g.Node // L, …×n×n
}

const wishart = "Wishart"

// check broadcasts the batch axes and cleans the triangle.
func (d Wishart) check() Wishart {
	df, l := checkWishart(wishart, d.DF, d.ScaleTril)
	return Wishart{df, l}
}

// checkWishart broadcasts a number and a triangular matrix.
func checkWishart(name string, df, l *g.Node) (*g.Node, *g.Node) {
	require(l.Rank() >= 2, name, "ScaleTril", l.Shape().Dimensions, "…×n×n")
	n := l.Shape().Dim(-1)
	requireMatrix(name, "ScaleTril", l, n, n)
	batch := jointDims(name, dims(df), batchOf(l, 2))
	return spread(df, batch, 0), lower(spread(l, batch, 2))
}

// size returns n.
func (d Wishart) size() int { return d.ScaleTril.Shape().Dim(-1) }

// logNorm returns ½νn ln 2 + ½ν ln|V| + ln Γₙ(ν/2).
func (d Wishart) logNorm() *g.Node {
	half, n := g.MulScalar(d.DF, .5), d.size()
	volume := g.AddScalar(logDetTri(d.ScaleTril), float64(n)*math.Ln2)
	return g.Add(g.Mul(half, volume), special.LogMultiGamma(half, n))
}

// LogProb implements [Distribution]. It reads the lower triangle of x, and is −∞ where x is not positive
// definite.
func (d Wishart) LogProb(x *g.Node) *g.Node {
	d = d.check()
	n := d.size()
	requireMatrix(wishart, "values", x, n, n)
	batch := jointDims(wishart, batchOf(x, 2), dims(d.DF))
	c := special.Cholesky(spread(x, batch, 2))
	trace := g.ReduceSum(g.Square(solveTri(d.ScaleTril, c, false)), -1, -2)
	power := g.Mul(g.AddScalar(spread(d.DF, batch, 0), -float64(n+1)), logDetTri(c))
	return whereNumber(g.Sub(g.MulScalar(g.Sub(power, trace), .5), spread(d.logNorm(), batch, 0)))
}

// whereNumber makes −∞ of NaN, which the Cholesky factor of a matrix that is not positive definite has.
func whereNumber(x *g.Node) *g.Node { return g.Where(g.Equal(x, x), x, filled(x, math.Inf(-1))) }

// scale returns V.
func (d Wishart) scale() *g.Node { return matMul(d.ScaleTril, transposed(d.ScaleTril)) }

// Mean returns νV.
func (d Wishart) Mean() *g.Node {
	d = d.check()
	return g.Mul(tailAxes(d.DF, 2), d.scale())
}

// Variance returns ν(Vᵢⱼ² + VᵢᵢVⱼⱼ).
func (d Wishart) Variance() *g.Node {
	d = d.check()
	v := d.scale()
	return g.Mul(tailAxes(d.DF, 2), g.Add(g.Square(v), outer(diagonal(v))))
}

// outer returns vvᵀ.
func outer(v *g.Node) *g.Node { return g.Mul(g.ExpandAxes(v, -1), g.ExpandAxes(v, -2)) }

// MeanLogDet returns E[ln|X|] = ψₙ(ν/2) + n ln 2 + ln|V|.
func (d Wishart) MeanLogDet() *g.Node {
	d = d.check()
	n := d.size()
	logs := special.MultiDigamma(g.MulScalar(d.DF, .5), n)
	return g.AddScalar(g.Add(logs, logDetTri(d.ScaleTril)), float64(n)*math.Ln2)
}

// Entropy returns ½νn + ln of the normaliser − ½(ν − n − 1) E[ln|X|].
func (d Wishart) Entropy() *g.Node {
	d = d.check()
	n := float64(d.size())
	power := g.MulScalar(g.Mul(g.AddScalar(d.DF, -n-1), d.MeanLogDet()), .5)
	return g.Sub(g.Add(g.MulScalar(d.DF, n/2), d.logNorm()), power)
}

// Sample implements [Distribution].
func (d Wishart) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns LAAᵀLᵀ, M×…×n×n, with Bartlett's factor A of W(ν, I).
func (d Wishart) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.check()
	la := matMul(d.ScaleTril, bartlett(s, name, m, d.DF, d.size()))
	return matMul(la, transposed(la))
}

// bartlett returns the factors A, lower triangular, of W(ν, I) = AAᵀ: Aᵢⱼ ~ N(0, 1) below the
// diagonal and Aᵢᵢ² ~ χ² with ν − i degrees of freedom, i from 0 (Bartlett 1933). The derivative by
// ν is implicit.
func bartlett(s *model.Scope, name string, m int, df *g.Node, n int) *g.Node {
	steps := make([]float64, n)
	for i := range steps {
		steps[i] = -float64(i)
	}
	shape := g.Add(g.ExpandAxes(df, -1), lead(g.ConstAsDType(df.Graph(), df.DType(), steps), df.Rank()+1))
	logGamma := drawLogGamma(s, name, m, g.MulScalar(shape, .5))
	diag := g.Exp(g.MulScalar(g.AddScalar(logGamma, math.Ln2), .5))
	eps := s.In(name).Normal("below", append(dims(diag), n)...)
	return g.Add(band(eps, 1, n), diagonalMatrix(diag))
}

// Support implements [Declared].
func (d Wishart) Support() Support { return Support{Set: PositiveDefinite} }

// Parameters implements [Declared].
func (d Wishart) Parameters() []Parameter { return wishartParameters(d.DF, d.ScaleTril) }

// wishartParameters are a number above n − 1 and a triangular matrix.
func wishartParameters(df, l *g.Node) []Parameter {
	least := special.ScalarLike(df, float64(l.Shape().Dim(-1)-1))
	return []Parameter{{"DF", df, Support{Set: AtLeast, Low: least}}, {"ScaleTril", l, Support{Set: LowerCholesky}}}
}

// klWishart is, for q = W(ν, V) and p = W(κ, U),
//
//	½(ν − κ)ψₙ(ν/2) + ½ν(tr U⁻¹V − n) + ½κ(ln|U| − ln|V|) + ln Γₙ(κ/2) − ln Γₙ(ν/2).
func klWishart(q, p Wishart) *g.Node {
	q, p = q.check(), p.check()
	requireMatrix(wishart, "scales of a KL", p.ScaleTril, q.size(), q.size())
	trace := g.ReduceSum(g.Square(solveTri(p.ScaleTril, q.ScaleTril, false)), -1, -2)
	return klWishartParts(q.DF, p.DF, trace, g.MulScalar(logDetTri(p.ScaleTril), .5), g.MulScalar(logDetTri(q.ScaleTril), .5), q.size())
}

// klWishartParts puts the divergence together, from half the logarithms of |U| and |V|.
func klWishartParts(nu, kappa, trace, halfU, halfV *g.Node, n int) *g.Node {
	batch := jointDims(wishart, dims(nu), dims(kappa), dims(trace))
	to := func(x *g.Node) *g.Node { return spread(x, batch, 0) }
	half, other := g.MulScalar(nu, .5), g.MulScalar(kappa, .5)
	return total(wishart,
		g.Mul(to(g.MulScalar(g.AddScalar(trace, -float64(n)), .5)), to(nu)),
		g.Mul(g.Sub(to(half), to(other)), to(special.MultiDigamma(half, n))),
		g.Mul(to(kappa), g.Sub(to(halfU), to(halfV))),
		special.LogMultiGamma(other, n), g.Neg(special.LogMultiGamma(half, n)))
}

func init() { registerKL(klWishart) }
