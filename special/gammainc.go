package special

import (
	"sync"

	g "github.com/gomlx/gomlx/core/graph"
)

// GammaP returns the regularised lower incomplete gamma function
//
//	P(a, x) = 1/Γ(a) ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt,  a > 0, x ≥ 0,
//
// the distribution function of a gamma variable, with gradients in both arguments. Second derivatives are those of the quadrature.
func GammaP(a, x *g.Node) *g.Node {
	return gammaPart(a, x, func(c gammaTail) (value, slope *g.Node) { return c.lower, c.slope }, 1)
}

// GammaQ returns 1 − P(a, x) (see [GammaP]) without cancellation.
func GammaQ(a, x *g.Node) *g.Node {
	return gammaPart(a, x, func(c gammaTail) (value, slope *g.Node) { return c.upper, g.Neg(c.slope) }, -1)
}

func gammaPart(a, x *g.Node, part func(gammaTail) (value, slope *g.Node), sign float64) *g.Node {
	ax := broadcast(a, x)
	a, x = ax[0], ax[1]
	c := incompleteGamma(a, x)
	value, slope := part(c)
	to := func(n *g.Node) *g.Node { return g.ConvertDType(n, x.DType()) }
	return g.Add(g.StopGradient(to(value)), g.Add(
		attach(a, func() *g.Node { return to(slope) }),
		attach(x, func() *g.Node { return to(g.MulScalar(c.density, sign)) })))
}

// ImplicitGamma returns z, a draw from Gamma(a, 1), with its derivative by implicit
// differentiation (Figurnov et al. 2018, eq. 8):
//
//	dz/da = −(∂P(a, z)/∂a) / (zᵃ⁻¹ e⁻ᶻ/Γ(a)).
//
// The density cancels on paper, so that the quotient is finite in both tails.
func ImplicitGamma(a, z *g.Node) *g.Node {
	az := broadcast(a, z)
	a, z = az[0], az[1]
	var out *g.Node // the draw with its gradient, on which the derivative depends through both arguments
	out = lazyGradient(a, z, func() *g.Node { return g.ConvertDType(incompleteGamma(a, out).implicit, z.DType()) })
	return out
}

// gammaTail is P and Q = 1 − P, ∂P/∂a, ∂P/∂x, and −(∂P/∂a)/(∂P/∂x).
type gammaTail struct{ lower, upper, slope, density, implicit *g.Node }

// incompleteGamma integrates outwards from x into the tail in which tᵃe⁻ᵗ falls: with t = xeᵛ,
//
//	∫ tᵃ⁻¹e⁻ᵗ dt = xᵃe⁻ˣ ∫ exp(av − x(eᵛ−1)) dv,
//
// for v > 0 where x ≥ max(a, 1), else for v < 0, there with a + 1 in place of a, which keeps the
// range short, and P(a, x) = P(a+1, x) + xᵃe⁻ˣ/Γ(a+1). All terms are positive.
func incompleteGamma(a, x *g.Node) gammaTail {
	ax := inFloat64(a, x)
	a, x = ax[0], ax[1]
	empty := g.LessOrEqual(x, fill(x, 0))
	x = g.Max(x, ScalarLike(x, 1e-300)) // keeps ln x finite
	upper := g.GreaterOrEqual(x, g.Max(a, ScalarLike(a, 1)))
	n := g.Where(upper, a, g.AddScalar(a, 1)) // a or a + 1
	t := gammaIntegral(n, x, upper)

	logK := logGammaKernel(n, x)           // ln xⁿe⁻ˣ/Γ(n)
	part := g.Mul(g.Exp(logK), t.integral) // P or Q of n
	first := g.Exp(g.Sub(logK, g.Log(x)))  // xᵃe⁻ˣ/Γ(a+1) below, the density above
	u := logLessDigamma(x, n)              // ln x − ψ(n)
	du := g.Add(u, t.mean(t.v))            // ∂ ln part/∂n
	ratio := g.Mul(x, t.integral)          // part over first
	zero, one := g.ZerosLike(x), g.OnesLike(x)
	p := g.Where(upper, g.Sub(one, part), g.Add(first, part))
	return gammaTail{
		lower:    g.Where(empty, zero, p),
		upper:    g.Where(empty, one, g.Where(upper, part, g.Sub(one, p))),
		slope:    g.Where(empty, zero, g.Where(upper, g.Neg(g.Mul(part, du)), g.Add(g.Mul(first, u), g.Mul(part, du)))),
		density:  g.Where(upper, first, g.Mul(first, g.Div(a, x))),
		implicit: g.Where(upper, g.Mul(ratio, du), g.Neg(g.Mul(g.Div(x, a), g.Add(u, g.Mul(ratio, du))))),
	}
}

// gammaRule has enough nodes for an error of 1e-15.
var gammaRule = sync.OnceValue(func() rule { return legendre(64) })

// gammaIntegral returns the integral of exp(av − x(eᵛ−1)) over the tail.
func gammaIntegral(a, x, upper *g.Node) tail {
	const T = tailDepth
	phi := func(a, x *g.Node) func(v *g.Node) *g.Node {
		return func(v *g.Node) *g.Node { return g.Sub(g.Mul(a, v), g.Mul(x, Expm1(v))) }
	}
	// Bounds of the end: eᵛ−1 ≥ v + v²/2 above, and e^−s−1+s ≥ s²/(2+s) below.
	m := g.Sub(x, a)
	root := func(b, c *g.Node) *g.Node { return g.Add(b, g.Sqrt(g.Add(g.Square(b), c))) }
	above := g.Div(fill(x, 2*T), root(m, g.MulScalar(x, 2*T)))
	byLog := g.Log1p(g.Div(fill(x, 2*T), x)) // shorter where x is small
	above = g.Where(g.LessThan(x, fill(x, T/2)), g.Min(above, byLog), above)
	below := g.Div(fill(x, -4*T), root(g.AddScalar(g.MulScalar(m, -2), -T), g.MulScalar(a, 8*T)))
	end := g.Where(upper, above, below)
	end = newton(end, 2, phi(a, x), func(v *g.Node) *g.Node { return g.Sub(a, g.Mul(x, g.Exp(v))) })
	return gammaRule().integrate(end, phi(g.ExpandAxes(a, -1), g.ExpandAxes(x, -1)))
}

// logGammaKernel returns ln xᵃe⁻ˣ/Γ(a); for large a the terms near x = a are cancelled on paper.
func logGammaKernel(a, x *g.Node) *g.Node {
	large := g.GreaterOrEqual(a, fill(a, 3))
	far := g.Where(large, a, fill(a, 3))
	m := g.Sub(x, far)
	fall := g.Sub(g.Mul(far, logRatio(g.Div(m, far), g.Div(x, far))), m)
	stirling := g.Sub(g.AddScalar(g.MulScalar(g.Log(far), .5), -halfLog2Pi), stirlingRest(far))
	return g.Where(large, g.Add(fall, stirling), g.Sub(g.Sub(g.Mul(a, g.Log(x)), x), Lgamma(a)))
}

// logLessDigamma returns ln x − ψ(a), for large a without cancellation.
func logLessDigamma(x, a *g.Node) *g.Node {
	large := g.GreaterOrEqual(a, fill(a, 3))
	far := g.Where(large, a, fill(a, 3))
	near := g.Sub(g.Log(x), Digamma(a))
	return g.Where(large, g.Sub(logRatio(g.Div(g.Sub(x, far), far), g.Div(x, far)), digammaRest(far)), near)
}
