package special

import g "github.com/gomlx/gomlx/core/graph"

// Trigamma returns ψ′(x) for x > 0; its derivative is [Tetragamma].
//
// For 1 ≤ x < 3 it is a rational function; below 1 it is ψ′(1+x) + 1/x², from 3 on
// 1/x + 1/2x² plus 1/x³ times a rational function of 1/x².
func Trigamma(x *g.Node) *g.Node {
	small, large, t, far := gammaArgument(x)
	pole := g.Where(small, g.Square(g.Reciprocal(g.Where(small, x, g.OnesLike(x)))), g.ZerosLike(x))
	w := g.Reciprocal(far)
	w2 := g.Square(w)
	rest := g.Add(g.Mul(w, g.AddScalar(g.MulScalar(w, .5), 1)), g.Mul(g.Mul(w, w2), trigammaFar.at(w2)))
	value := g.Where(large, rest, g.Add(trigammaNear.at(t), pole))
	return lazyGradient(x, value, func() *g.Node { return Tetragamma(x) })
}

// Tetragamma returns ψ″(x) for x > 0. Its derivatives are those of its rational functions.
func Tetragamma(x *g.Node) *g.Node {
	small, large, t, far := gammaArgument(x)
	r := g.Reciprocal(g.Where(small, x, g.OnesLike(x)))
	pole := g.Where(small, g.MulScalar(g.Mul(r, g.Square(r)), 2), g.ZerosLike(x))
	w := g.Reciprocal(far)
	w2 := g.Square(w)
	rest := g.Mul(w2, g.Add(g.AddScalar(w, 1), g.Mul(w2, tetragammaFar.at(w2))))
	return g.Neg(g.Where(large, rest, g.Add(tetragammaNear.at(t), pole)))
}
