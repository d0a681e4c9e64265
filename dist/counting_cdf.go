package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/special"
)

// floored is ⌊x⌋, kept at 0 or more, with where x ≥ 0 holds: elsewhere a count has not begun.
func floored(x *g.Node) (k, ok *g.Node) {
	ok = nonNegative(x)
	return keep(ok, g.Floor(x), 0), ok
}

// CDF returns Q(⌊x⌋ + 1, λ), the regularised upper incomplete gamma function (Johnson, Kemp & Kotz
// 2005, eq. 4.85).
func (d Poisson) CDF(x *g.Node) *g.Node {
	n := together(g.StopGradient(x), d.LogRate)
	k, ok := floored(n[0])
	return keep(ok, special.GammaQ(g.AddScalar(k, 1), g.Exp(n[1])), 0)
}

// CDF returns I_{1−p}(n − k, k + 1) with k = ⌊x⌋, the regularised incomplete beta function (Johnson,
// Kemp & Kotz 2005, eq. 3.37).
func (d Binomial) CDF(x *g.Node) *g.Node {
	v := together(g.StopGradient(x), g.StopGradient(d.Trials), d.Logits)
	k, ok := floored(v[0])
	rest := g.Sub(v[1], k)
	below := positive(rest)
	p := special.BetaIncLogit(keep(below, rest, 1), g.AddScalar(k, 1), g.Neg(v[2]))
	return keep(ok, keep(below, p, 1), 0)
}

// CDF returns I_{θ/(θ+μ)}(θ, ⌊x⌋ + 1) (Johnson, Kemp & Kotz 2005, eq. 5.31).
func (d NegativeBinomial) CDF(x *g.Node) *g.Node {
	v := together(g.StopGradient(x), d.LogMean, d.LogShape)
	k, ok := floored(v[0])
	return keep(ok, special.BetaIncLogit(g.Exp(v[2]), g.AddScalar(k, 1), g.Sub(v[2], v[1])), 0)
}

// CDF returns π + (1 − π)F(x), F that of the counts.
func (d ZeroInflatedNegativeBinomial) CDF(x *g.Node) *g.Node {
	base, logits := d.parts()
	v := together(g.StopGradient(x), base.CDF(x), logits)
	return keep(nonNegative(v[0]), g.Add(g.Logistic(v[2]), g.Mul(g.Logistic(g.Neg(v[2])), v[1])), 0)
}

// CDF returns 1 − p for 0 ≤ x < 1.
func (d Bernoulli) CDF(x *g.Node) *g.Node {
	v := together(g.StopGradient(x), d.Logits)
	p := keep(g.LessThan(v[0], g.OnesLike(v[0])), g.Logistic(g.Neg(v[1])), 1)
	return keep(nonNegative(v[0]), p, 0)
}
