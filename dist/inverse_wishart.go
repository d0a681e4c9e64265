package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// InverseWishart is the distribution of X where X⁻¹ ~ W(ν, Ψ⁻¹), with ν > n − 1 degrees of freedom and
// scale Ψ = LLᵀ:
//
//	ln p(X) = ½ν ln|Ψ| − ½(ν + n + 1) ln|X| − ½ tr ΨX⁻¹ − ½νn ln 2 − ln Γₙ(ν/2),
//
// a density by the elements on and below the diagonal.
type InverseWishart struct {
	DF        *g.Node // ν
	ScaleTril *g.Node // L, …×n×n
}

const inverseWishart = "InverseWishart"

// check broadcasts the batch axes and cleans the triangle.
func (d InverseWishart) check() InverseWishart {
	df, l := checkWishart(inverseWishart, d.DF, d.ScaleTril)
	return InverseWishart{df, l}
}

// size returns n.
func (d InverseWishart) size() int { return d.ScaleTril.Shape().Dim(-1) }

// logNorm returns ½νn ln 2 − ½ν ln|Ψ| + ln Γₙ(ν/2).
func (d InverseWishart) logNorm() *g.Node {
	half, n := g.MulScalar(d.DF, .5), d.size()
	volume := g.AddScalar(g.Neg(logDetTri(d.ScaleTril)), float64(n)*math.Ln2)
	return g.Add(g.Mul(half, volume), special.LogMultiGamma(half, n))
}

// LogProb implements [Distribution]. It reads the lower triangle of x, and is −∞ where x is not positive
// definite.
func (d InverseWishart) LogProb(x *g.Node) *g.Node {
	d = d.check()
	n := d.size()
	requireMatrix(inverseWishart, "values", x, n, n)
	batch := jointDims(inverseWishart, batchOf(x, 2), dims(d.DF))
	c := special.Cholesky(spread(x, batch, 2))
	trace := g.ReduceSum(g.Square(solveTri(c, d.ScaleTril, false)), -1, -2)
	power := g.Mul(g.AddScalar(spread(d.DF, batch, 0), float64(n+1)), logDetTri(c))
	return whereNumber(g.Sub(g.MulScalar(g.Add(power, trace), -.5), spread(d.logNorm(), batch, 0)))
}

// scale returns Ψ.
func (d InverseWishart) scale() *g.Node { return matMul(d.ScaleTril, transposed(d.ScaleTril)) }

// excess returns ν − n − 1 − k where it is positive, else instead.
func (d InverseWishart) excess(k, instead float64) *g.Node {
	e := g.AddScalar(d.DF, -float64(d.size()+1)-k)
	return tailAxes(g.Where(g.GreaterThan(e, g.ZerosLike(e)), e, filled(e, instead)), 2)
}

// Mean returns Ψ/(ν − n − 1), NaN for ν ≤ n + 1.
func (d InverseWishart) Mean() *g.Node {
	d = d.check()
	return g.Div(d.scale(), d.excess(0, math.NaN()))
}

// Variance returns ((e + 2)Ψᵢⱼ² + eΨᵢᵢΨⱼⱼ) / ((e + 1)e²(e − 2)) with e = ν − n − 1, infinite for
// e ≤ 2 and NaN without a mean.
func (d InverseWishart) Variance() *g.Node {
	d = d.check()
	v, e := d.scale(), d.excess(0, math.NaN())
	less := d.excess(2, 0)
	num := g.Add(g.Mul(g.AddScalar(e, 2), g.Square(v)), g.Mul(e, outer(diagonal(v))))
	return g.Div(num, g.Mul(g.Mul(g.AddScalar(e, 1), g.Square(e)), less))
}

// MeanLogDet returns E[ln|X|] = ln|Ψ| − ψₙ(ν/2) − n ln 2.
func (d InverseWishart) MeanLogDet() *g.Node {
	d = d.check()
	n := d.size()
	logs := special.MultiDigamma(g.MulScalar(d.DF, .5), n)
	return g.AddScalar(g.Sub(logDetTri(d.ScaleTril), logs), -float64(n)*math.Ln2)
}

// Entropy returns ½νn + ln of the normaliser + ½(ν + n + 1) E[ln|X|].
func (d InverseWishart) Entropy() *g.Node {
	d = d.check()
	n := float64(d.size())
	power := g.MulScalar(g.Mul(g.AddScalar(d.DF, n+1), d.MeanLogDet()), .5)
	return g.Add(g.Add(g.MulScalar(d.DF, n/2), d.logNorm()), power)
}

// Sample implements [Distribution].
func (d InverseWishart) Sample(s *model.Scope, name string, m int) *g.Node {
	return d.Rsample(s, name, m)
}

// Rsample returns BᵀB with B = A⁻¹Lᵀ, M×…×n×n, and Bartlett's factor A of W(ν, I).
func (d InverseWishart) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.check()
	b := solveTri(bartlett(s, name, m, d.DF, d.size()), transposed(d.ScaleTril), false)
	return matMul(transposed(b), b)
}

// Support implements [Declared].
func (d InverseWishart) Support() Support { return Support{Set: PositiveDefinite} }

// Parameters implements [Declared].
func (d InverseWishart) Parameters() []Parameter { return wishartParameters(d.DF, d.ScaleTril) }

// klInverseWishart is the divergence of the Wishart distributions of the inverses, for which
// V = Ψq⁻¹ and U = Ψp⁻¹.
func klInverseWishart(q, p InverseWishart) *g.Node {
	q, p = q.check(), p.check()
	requireMatrix(inverseWishart, "scales of a KL", p.ScaleTril, q.size(), q.size())
	trace := g.ReduceSum(g.Square(solveTri(q.ScaleTril, p.ScaleTril, false)), -1, -2)
	half := func(d InverseWishart) *g.Node { return g.MulScalar(logDetTri(d.ScaleTril), -.5) }
	return klWishartParts(q.DF, p.DF, trace, half(p), half(q), q.size())
}

func init() { registerKL(klInverseWishart) }
