package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Beta is the beta distribution:
//
//	ln p(x) = (α − 1) ln x + (β − 1) ln(1 − x) − ln B(α, β),  0 ≤ x ≤ 1,
//
// with limits at the ends: at 0 it is +∞ for α < 1, −∞ for α > 1, and ln β for α = 1.
type Beta struct {
	Alpha *g.Node // α
	Beta  *g.Node // β, broadcast against Alpha
}

// spread gives both parameters the shape of a draw.
func (d Beta) spread() Beta {
	n := together(d.Alpha, d.Beta)
	return Beta{n[0], n[1]}
}

// LogProb implements [Distribution]. With n = α + β it is −ln x − ln(1−x) − α·excess(xn/α)
// − β·excess((1−x)n/β) + ½ ln(αβ/2πn) − δ(α) − δ(β) + δ(n); see [stirling].
func (d Beta) LogProb(x *g.Node) *g.Node {
	align(x, &d.Alpha, &d.Beta)
	ok, data := inUnit(x), x
	x = keep(ok, x, .5)
	n := g.Add(d.Alpha, d.Beta)
	logX, logY, logN := g.Log(x), g.Log1p(g.Neg(x)), g.Log(n)
	gap := g.Sub(g.Mul(x, d.Beta), g.Mul(g.OneMinus(x), d.Alpha)) // xn − α
	low := g.Mul(d.Alpha, excess(g.Div(gap, d.Alpha), g.Add(logX, g.Sub(logN, g.Log(d.Alpha)))))
	high := g.Mul(d.Beta, excess(g.Neg(g.Div(gap, d.Beta)), g.Add(logY, g.Sub(logN, g.Log(d.Beta)))))
	inside := supported(ok, g.Sub(d.logScale(n), g.Add(g.Add(logX, logY), g.Add(low, high))))
	log := g.Neg(special.LogBeta(d.Alpha, d.Beta))
	return unitEnds(data, inside, d.Alpha, d.Beta, log, g.AddScalar(d.Beta, -1), g.AddScalar(d.Alpha, -1))
}

// logScale returns ½ ln(αβ/2πn) − δ(α) − δ(β) + δ(n).
func (d Beta) logScale(n *g.Node) *g.Node {
	logs := g.Sub(g.Add(g.Log(d.Alpha), g.Log(d.Beta)), g.AddScalar(g.Log(n), math.Log(2*math.Pi)))
	rest := g.Sub(stirling(n), g.Add(stirling(d.Alpha), stirling(d.Beta)))
	return g.Add(g.MulScalar(logs, .5), rest)
}

// Mean returns α/(α + β).
func (d Beta) Mean() *g.Node {
	d = d.spread()
	return g.Div(d.Alpha, g.Add(d.Alpha, d.Beta))
}

// Variance returns αβ/((α + β)²(α + β + 1)).
func (d Beta) Variance() *g.Node {
	d = d.spread()
	n := g.Add(d.Alpha, d.Beta)
	return g.Div(g.Mul(g.Div(d.Alpha, n), g.Div(d.Beta, n)), g.AddScalar(n, 1))
}

// Entropy returns ln B(α, β) − (α − 1)ψ(α) − (β − 1)ψ(β) + (n − 2)ψ(n), n = α + β, with
// Stirling's formula put in.
func (d Beta) Entropy() *g.Node {
	d = d.spread()
	n := g.Add(d.Alpha, d.Beta)
	part := func(a *g.Node) *g.Node { // (a − 1)δ'(a) + 1/2a
		return g.Add(g.Mul(g.AddScalar(a, -1), stirlingSlope(a)), g.Reciprocal(g.MulScalar(a, 2)))
	}
	whole := g.Add(g.Mul(g.AddScalar(n, -2), stirlingSlope(n)), g.Reciprocal(n))
	// The logarithms leave ½ ln 2παβ/n³, which is ln αβ/n² less the ½ ln αβ/2πn of logScale.
	logs := g.Add(g.Log(g.Div(d.Alpha, n)), g.Log(g.Div(d.Beta, n)))
	h := g.Sub(g.AddScalar(logs, .5), d.logScale(n))
	return g.Add(h, g.Sub(whole, g.Add(part(d.Alpha), part(d.Beta))))
}

// CDF returns I_x(α, β), the regularised incomplete beta function.
func (d Beta) CDF(x *g.Node) *g.Node {
	align(x, &d.Alpha, &d.Beta)
	ok := inUnit(x)
	n := together(d.Alpha, d.Beta, keep(ok, x, .5))
	return g.Where(to(ok, dims(n[0])), special.BetaInc(n[0], n[1], n[2]), to(g.ClipScalar(x, 0, 1), dims(n[0])))
}

// Sample implements [Distribution].
func (d Beta) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns x/(x + y), M×shape, of gamma variables with concentrations α and β, which carry
// implicit derivatives. Draws that round to 0 or 1 are moved to the next number inside.
func (d Beta) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.spread()
	s = s.In(name)
	logOdds := g.Sub(drawLogGamma(s, "alpha", m, d.Alpha), drawLogGamma(s, "beta", m, d.Beta))
	return insideUnit(g.Logistic(logOdds))
}

// Support implements [Declared].
func (d Beta) Support() Support { return Support{Set: Unit} }

// Parameters implements [Declared].
func (d Beta) Parameters() []Parameter {
	return []Parameter{{"Alpha", d.Alpha, Support{Set: Positive}}, {"Beta", d.Beta, Support{Set: Positive}}}
}

// klBeta is KL(B(α₁, β₁) ‖ B(α₂, β₂)) = ln B(α₂, β₂) − ln B(α₁, β₁) + (α₁ − α₂)ψ(α₁)
// + (β₁ − β₂)ψ(β₁) + (n₂ − n₁)ψ(n₁), n = α + β. Its large terms are α₂ and β₂ times the excess of
// the ratios of the means, and of their complements.
func klBeta(q, p Beta) *g.Node {
	n := together(q.Alpha, q.Beta, p.Alpha, p.Beta)
	a, b, c, d := n[0], n[1], n[2], n[3]
	ab, cd := g.Add(a, b), g.Add(c, d)
	low := g.Mul(c, excessOfMeans(a, d, c, b, ab, cd))
	high := g.Mul(d, excessOfMeans(b, c, d, a, ab, cd))
	small := g.Add(smallDivergence(a, c), smallDivergence(b, d))
	return g.Add(g.Add(low, high), g.Sub(small, smallDivergence(ab, cd)))
}

// excessOfMeans is the excess of (a/ab)/(c/cd) with ab = a + b and cd = c + d, which exceeds 1 by
// (ad − cb)/(ab·c).
func excessOfMeans(a, d, c, b, ab, cd *g.Node) *g.Node {
	gap := g.Div(g.Sub(g.Mul(a, d), g.Mul(c, b)), g.Mul(ab, c))
	return excess(gap, g.Sub(g.Add(g.Log(a), g.Log(cd)), g.Add(g.Log(ab), g.Log(c))))
}

func init() { registerKL(klBeta) }
