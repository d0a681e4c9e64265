package special

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"
)

// Lgamma returns ln Γ(x) for x > 0; its derivative is [Digamma].
//
// For 1 ≤ x < 3 it is (x−1)(x−2) times a rational function, so that the two zeros keep their
// digits; below 1 it is ln Γ(1+x) − ln x, from 3 on Stirling's formula with a rational
// function of 1/x² for the rest.
func Lgamma(x *g.Node) *g.Node {
	small, large, t, far := gammaArgument(x)
	near := g.Mul(g.Mul(t, g.AddScalar(t, -1)), lgammaNear.at(t))
	near = g.Sub(near, g.Log(g.Where(small, x, g.OnesLike(x))))
	stirling := g.Add(g.Sub(g.Mul(g.AddScalar(far, -.5), g.Log(far)), far), ScalarLike(x, halfLog2Pi))
	value := g.Where(large, g.Add(stirling, stirlingRest(far)), near)
	return lazyGradient(x, value, func() *g.Node { return Digamma(x) })
}

// halfLog2Pi is ½ ln 2π.
const halfLog2Pi = .91893853320467274178

// stirlingRest returns ln Γ(x) − (x−½) ln x + x − ½ ln 2π for x ≥ 3.
func stirlingRest(x *g.Node) *g.Node {
	w := g.Reciprocal(x)
	return g.Mul(w, lgammaFar.at(g.Square(w)))
}

// LogMultiGamma returns the logarithm of the multivariate gamma function of order p,
//
//	ln Γ_p(x) = p(p−1)/4 ln π + Σ_{j<p} ln Γ(x − j/2),  x > (p−1)/2.
func LogMultiGamma(x *g.Node, p int) *g.Node {
	return g.AddScalar(g.ReduceSum(Lgamma(halfSteps(x, p)), -1), float64(p*(p-1))/4*math.Log(math.Pi))
}

// MultiDigamma returns the derivative of [LogMultiGamma], Σ_{j<p} ψ(x − j/2).
func MultiDigamma(x *g.Node, p int) *g.Node { return g.ReduceSum(Digamma(halfSteps(x, p)), -1) }

// halfSteps adds a last axis of x, x − ½, …, x − (p−1)/2.
func halfSteps(x *g.Node, p int) *g.Node {
	steps := make([]float64, p)
	for j := range steps {
		steps[j] = float64(j) / 2
	}
	c := g.ConstAsDType(x.Graph(), x.DType(), steps)
	return g.Sub(g.ExpandAxes(x, -1), g.ExpandLeftToRank(c, x.Rank()+1))
}
