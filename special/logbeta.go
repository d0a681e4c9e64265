package special

import g "github.com/gomlx/gomlx/core/graph"

// LogBeta returns ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a+b) for a, b > 0, with gradients in
// both. The sum loses digits where b is large, so that from b = 3 on Stirling's formula is
// put in and the large terms are cancelled on paper; a and b are exchanged so that a ≤ b.
func LogBeta(a, b *g.Node) *g.Node {
	ab := broadcast(a, b)
	a, b = ab[0], ab[1]
	p, q := g.Min(a, b), g.Max(a, b)
	three := fill(q, 3)
	direct := g.Sub(g.Add(Lgamma(p), Lgamma(q)), Lgamma(g.Add(p, q)))

	big, both := g.GreaterOrEqual(q, three), g.GreaterOrEqual(p, three)
	q3, p3 := g.Where(big, q, three), g.Where(both, p, three)
	sum := g.Add(p, q3)
	rest := g.Sub(stirlingRest(q3), stirlingRest(sum))
	log1 := g.Log1p(g.Neg(g.Div(p, sum))) // ln q/(p+q)
	one := g.Add(g.Sub(Lgamma(p), g.Mul(p, g.Log(sum))), g.Add(p, g.Mul(g.AddScalar(q3, -.5), log1)))
	two := g.Add(g.Mul(g.AddScalar(p3, -.5), g.Log(g.Div(p3, sum))), g.Mul(q3, log1))
	two = g.Add(two, g.Add(stirlingRest(p3), g.AddScalar(g.MulScalar(g.Log(q3), -.5), halfLog2Pi)))
	value := g.StopGradient(g.Where(big, g.Add(rest, g.Where(both, two, one)), direct))
	return g.Add(value, g.Add(
		attach(a, func() *g.Node { return g.Neg(digammaStep(a, b)) }),
		attach(b, func() *g.Node { return g.Neg(digammaStep(b, a)) })))
}

// digammaStep returns ψ(x+h) − ψ(x). From x = 3 on the logarithms are subtracted on paper; below 1
// the poles are: 1/x − 1/(x+h) = h/(x(x+h)).
func digammaStep(x, h *g.Node) *g.Node {
	xh := broadcast(x, h)
	x, h = xh[0], xh[1]
	large, small := g.GreaterOrEqual(x, fill(x, 3)), g.LessThan(x, fill(x, 1))
	far := g.Where(large, x, fill(x, 3))
	rest := g.Sub(digammaRest(g.Add(far, h)), digammaRest(far))
	step := g.Add(g.Log1p(g.Div(h, far)), rest)
	base := g.Where(small, g.AddScalar(x, 1), x)
	pole := g.Where(small, g.Div(g.Div(h, x), g.Add(x, h)), g.ZerosLike(x))
	value := g.Where(large, step, g.Add(pole, g.Sub(Digamma(g.Add(base, h)), Digamma(base))))
	end := g.Add(x, h)
	return g.Add(g.StopGradient(value), g.Add(
		attach(x, func() *g.Node { return g.Sub(Trigamma(end), Trigamma(x)) }),
		attach(h, func() *g.Node { return Trigamma(end) })))
}
