package special

import g "github.com/gomlx/gomlx/core/graph"

// Digamma returns ψ(x) = d ln Γ(x)/dx for x > 0; its derivative is [Trigamma].
//
// For 1 ≤ x < 3 it is x − x₀, with x₀ the zero, times a rational function; below 1 it is
// ψ(1+x) − 1/x, from 3 on ln x − 1/2x less a rational function of 1/x².
func Digamma(x *g.Node) *g.Node {
	small, large, t, far := gammaArgument(x)
	offset := g.AddScalar(g.AddScalar(t, -digammaZero), -digammaZeroLow)
	pole := g.Where(small, g.Reciprocal(g.Where(small, x, g.OnesLike(x))), g.ZerosLike(x))
	near := g.Sub(g.Mul(offset, digammaNear.at(t)), pole)
	value := g.Where(large, g.Add(g.Log(far), digammaRest(far)), near)
	return lazyGradient(x, value, func() *g.Node { return Trigamma(x) })
}

// digammaRest returns ψ(x) − ln x for x ≥ 3.
func digammaRest(x *g.Node) *g.Node {
	w := g.Reciprocal(x)
	w2 := g.Square(w)
	return g.Neg(g.Add(g.MulScalar(w, .5), g.Mul(w2, digammaFar.at(w2))))
}
