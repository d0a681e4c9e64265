package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// LKJCholesky is the distribution of Cholesky factors L of n×n correlation matrices R = LLᵀ with
// p(R) ∝ |R|^(η−1) (Lewandowski, Kurowicka & Joe 2009, section 3):
//
//	ln p(L) = Σ_{i=2…n} (n − i + 2η − 2) ln Lᵢᵢ − ln Z,
//	ln Z = Σ_{i=2…n} ½(i − 1) ln π + ln Γ(bᵢ) − ln Γ(η + ½(n − 1)),  bᵢ = η + ½(n − i),
//
// a density by the elements below the diagonal. The rows are independent, and Lᵢᵢ² is
// Beta(bᵢ, ½(i − 1)).
type LKJCholesky struct {
	Size          int     // n
	Concentration *g.Node // η, 1 for uniform correlations
}

// check panics on a mistaken size.
func (d LKJCholesky) check() { require(d.Size >= 2, "LKJCholesky", "Size", d.Size, "2 or more") }

// steps returns the constants c(i) for rows i = 2…n along a new last axis of an array like x.
func (d LKJCholesky) steps(c func(i float64) float64) *g.Node {
	v := make([]float64, d.Size-1)
	for k := range v {
		v[k] = c(float64(k + 2))
	}
	e := d.Concentration
	return lead(g.ConstAsDType(e.Graph(), e.DType(), v), e.Rank()+1)
}

// shapes returns bᵢ and aᵢ = ½(i − 1) of the rows 2…n, …×(n−1).
func (d LKJCholesky) shapes() (b, a *g.Node) {
	n := float64(d.Size)
	b = g.Add(g.ExpandAxes(d.Concentration, -1), d.steps(func(i float64) float64 { return (n - i) / 2 }))
	return b, g.Add(g.ZerosLike(b), d.steps(func(i float64) float64 { return (i - 1) / 2 }))
}

// logNorm returns ln Z.
func (d LKJCholesky) logNorm() *g.Node {
	b, a := d.shapes()
	row := g.Sub(special.Lgamma(b), special.Lgamma(g.Add(a, b)))
	return g.ReduceSum(g.Add(row, g.MulScalar(a, math.Log(math.Pi))), -1)
}

// powers returns n − i + 2η − 2 = 2bᵢ − 2.
func (d LKJCholesky) powers() *g.Node {
	b, _ := d.shapes()
	return g.AddScalar(g.MulScalar(b, 2), -2)
}

// LogProb implements [Distribution]. It looks at the diagonal alone, and is −∞ where that is not
// positive.
func (d LKJCholesky) LogProb(l *g.Node) *g.Node {
	d.check()
	requireMatrix("LKJCholesky", "values", l, d.Size, d.Size)
	diag := g.SliceAxis(diagonal(l), -1, g.AxisRangeToEnd(1))
	inside := positive(diag)
	logs, p := g.Log(keep(inside, diag, 1)), d.powers()
	rank := max(logs.Rank(), p.Rank())
	lp := total("LKJCholesky", g.ReduceSum(g.Mul(lead(logs, rank), lead(p, rank)), -1), g.Neg(d.logNorm()))
	return supported(spread(g.ReduceLogicalAnd(inside, -1), dims(lp), 0), lp)
}

// moments returns the means of Lᵢᵢ and of 1 − Lᵢᵢ² for the rows 1…n.
func (d LKJCholesky) moments() (diag, rest *g.Node) {
	d.check()
	b, a := d.shapes()
	sum := g.Add(a, b)
	half := func(x *g.Node) *g.Node { return g.Sub(special.Lgamma(g.AddScalar(x, .5)), special.Lgamma(x)) }
	diag = g.Exp(g.Sub(half(b), half(sum)))
	first := g.OnesLike(g.SliceAxis(diag, -1, g.AxisRange(0, 1)))
	return g.Concatenate([]*g.Node{first, diag}, -1), g.Concatenate([]*g.Node{g.ZerosLike(first), g.Div(a, sum)}, -1)
}

// Mean returns E[L], a diagonal matrix.
func (d LKJCholesky) Mean() *g.Node {
	diag, _ := d.moments()
	return diagonalMatrix(diag)
}

// Variance returns E[1 − Lᵢᵢ²]/(i − 1) below the diagonal and E[Lᵢᵢ²] − E[Lᵢᵢ]² on it.
func (d LKJCholesky) Variance() *g.Node {
	diag, rest := d.moments()
	on := g.Sub(g.OneMinus(rest), g.Square(diag))
	count := make([]float64, d.Size)
	for i := range count {
		count[i] = 1 / math.Max(1, float64(i))
	}
	share := g.Mul(rest, lead(g.ConstAsDType(rest.Graph(), rest.DType(), count), rest.Rank()))
	rows := g.BroadcastToDims(g.ExpandAxes(share, -1), append(dims(share), d.Size)...)
	return g.Add(band(rows, 1, d.Size), diagonalMatrix(on))
}

// Entropy returns ln Z − Σᵢ (2bᵢ − 2) ½(ψ(bᵢ) − ψ(aᵢ + bᵢ)).
func (d LKJCholesky) Entropy() *g.Node {
	d.check()
	b, a := d.shapes()
	logs := g.Sub(special.Digamma(b), special.Digamma(g.Add(a, b)))
	return g.Sub(d.logNorm(), g.ReduceSum(g.Mul(g.AddScalar(b, -1), logs), -1))
}

// Sample implements [Distribution].
func (d LKJCholesky) Sample(s *model.Scope, name string, m int) *g.Node {
	return d.Rsample(s, name, m)
}

// Rsample returns draws M×…×n×n by the onion method (Ghosh & Henderson 2003): row i is the unit
// vector along (ε₁, …, εᵢ₋₁, √(2γ)) with ε ~ N(0, I) and γ ~ Gamma(bᵢ, 1), for then ‖ε‖²/2 is
// Gamma(½(i − 1), 1). The derivative by η is implicit.
func (d LKJCholesky) Rsample(s *model.Scope, name string, m int) *g.Node {
	d.check()
	b, _ := d.shapes()
	logGamma := drawLogGamma(s, name, m, b)
	last := g.Exp(g.MulScalar(g.AddScalar(logGamma, math.Ln2), .5))
	last = g.Concatenate([]*g.Node{g.OnesLike(g.SliceAxis(last, -1, g.AxisRange(0, 1))), last}, -1)
	eps := s.In(name).Normal("rows", append(dims(last), d.Size)...)
	return unitVector(g.Add(band(eps, 1, d.Size), diagonalMatrix(last)))
}

// Support implements [Declared].
func (d LKJCholesky) Support() Support { return Support{Set: CorrCholesky} }

// Parameters implements [Declared].
func (d LKJCholesky) Parameters() []Parameter {
	return []Parameter{{"Concentration", d.Concentration, Support{Set: Positive}}}
}

// klLKJ is ln Zp − ln Zq + (ηq − ηp) Σᵢ (ψ(bᵢ) − ψ(aᵢ + bᵢ)).
func klLKJ(q, p LKJCholesky) *g.Node {
	require(q.Size == p.Size, "LKJCholesky", "sizes of a KL", p.Size, q.Size)
	q.check()
	b, a := q.shapes()
	logs := g.ReduceSum(g.Sub(special.Digamma(b), special.Digamma(g.Add(a, b))), -1)
	batch := jointDims("LKJCholesky", dims(q.Concentration), dims(p.Concentration))
	diff := g.Sub(spread(q.Concentration, batch, 0), spread(p.Concentration, batch, 0))
	return total("LKJCholesky", p.logNorm(), g.Neg(q.logNorm()), g.Mul(diff, spread(logs, batch, 0)))
}

func init() { registerKL(klLKJ) }
