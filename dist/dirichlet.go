package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Dirichlet is the Dirichlet distribution of K probabilities with concentration α:
//
//	ln p(x) = Σₖ (αₖ − 1) ln xₖ + ln Γ(α₀) − Σₖ ln Γ(αₖ),  α₀ = Σₖ αₖ.
type Dirichlet struct {
	Concentration *g.Node // α, …×K
}

// check panics on a mistaken shape.
func (d Dirichlet) check() Dirichlet {
	got := d.Concentration.Shape().Dimensions
	require(len(got) > 0 && got[len(got)-1] > 1, "Dirichlet", "Concentration", got, "…×K, K above 1")
	return d
}

// logBeta returns Σₖ ln Γ(αₖ) − ln Γ(α₀).
func (d Dirichlet) logBeta() *g.Node {
	a := d.Concentration
	return g.Sub(g.ReduceSum(special.Lgamma(a), -1), special.Lgamma(g.ReduceSum(a, -1)))
}

// meanLogs returns E[ln xₖ] = ψ(αₖ) − ψ(α₀).
func (d Dirichlet) meanLogs() *g.Node {
	a := d.Concentration
	return g.Sub(special.Digamma(a), special.Digamma(g.ReduceAndKeep(a, g.ReduceSum, -1)))
}

// LogProb implements [Distribution]. A zero counts nothing where α = 1, the limit of xᵅ⁻¹; where an
// element is negative it is −∞. That the sum is one is not looked at.
func (d Dirichlet) LogProb(x *g.Node) *g.Node {
	d = d.check()
	requireVector("Dirichlet", "values", x, d.Concentration.Shape().Dim(-1))
	rank := max(x.Rank(), d.Concentration.Rank())
	power := g.AddScalar(lead(d.Concentration, rank), -1)
	joint := jointDims("Dirichlet", dims(x), dims(power))
	power, x = spread(power, joint, 0), spread(x, joint, 0)
	none := g.LogicalAnd(g.Equal(x, g.ZerosLike(x)), g.Equal(power, g.ZerosLike(x)))
	inside := nonNegative(x)
	logs := g.Log(keep(g.And(inside, g.LogicalNot(none)), x, 1))
	lp := g.Sub(g.ReduceSum(g.Mul(power, logs), -1), lead(d.logBeta(), rank-1))
	return supported(g.ReduceLogicalAnd(inside, -1), lp)
}

// Mean returns α/α₀.
func (d Dirichlet) Mean() *g.Node {
	a := d.check().Concentration
	return g.Div(a, g.ReduceAndKeep(a, g.ReduceSum, -1))
}

// Variance returns m(1 − m)/(α₀ + 1) for the mean m.
func (d Dirichlet) Variance() *g.Node {
	m := d.Mean()
	total := g.ReduceAndKeep(d.Concentration, g.ReduceSum, -1)
	return g.Div(g.Mul(m, g.OneMinus(m)), g.AddScalar(total, 1))
}

// Entropy returns ln B(α) − Σₖ (αₖ − 1)(ψ(αₖ) − ψ(α₀)).
func (d Dirichlet) Entropy() *g.Node {
	d = d.check()
	return g.Sub(d.logBeta(), g.ReduceSum(g.Mul(g.AddScalar(d.Concentration, -1), d.meanLogs()), -1))
}

// Sample implements [Distribution].
func (d Dirichlet) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns normalised Gamma(αₖ, 1) draws, M×…×K, whose derivatives are implicit. They are
// normalised as logarithms, so that draws of small α do not underflow together.
func (d Dirichlet) Rsample(s *model.Scope, name string, m int) *g.Node {
	return g.Exp(logSoftmax(drawLogGamma(s, name, m, d.check().Concentration)))
}

// Support implements [Declared].
func (d Dirichlet) Support() Support { return Support{Set: Simplex} }

// Parameters implements [Declared].
func (d Dirichlet) Parameters() []Parameter {
	return []Parameter{{"Concentration", d.Concentration, Support{Set: Positive, Extra: 1}}}
}

// klDirichlet is ln B(β) − ln B(α) + Σₖ (αₖ − βₖ)(ψ(αₖ) − ψ(α₀)) for concentrations α of q and β of p. Its
// large terms are βₖ times the excesses of the ratios of the means, ρₖ = (αₖ/α₀)/(βₖ/β₀), whose sum
// Σₖ βₖ(ρₖ − 1) is zero.
func klDirichlet(q, p Dirichlet) *g.Node {
	a, b := q.check().Concentration, p.check().Concentration
	requireVector("Dirichlet", "concentrations of a KL", b, a.Shape().Dim(-1))
	batch := jointDims("Dirichlet", batchOf(a, 1), batchOf(b, 1))
	a, b = spread(a, batch, 1), spread(b, batch, 1)
	a0, b0 := g.ReduceAndKeep(a, g.ReduceSum, -1), g.ReduceAndKeep(b, g.ReduceSum, -1)
	large := g.Mul(b, excessOfRatio(g.Mul(a, b0), g.Mul(b, a0)))
	sum := g.ReduceSum(g.Add(large, smallDivergence(a, b)), -1)
	return g.Sub(sum, g.Squeeze(smallDivergence(a0, b0), -1))
}

func init() { registerKL(klDirichlet) }
