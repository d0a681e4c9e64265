package special

import (
	"sync"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
)

// BetaInc returns the regularised incomplete beta function
//
//	I_x(a, b) = 1/B(a, b) ∫₀ˣ tᵃ⁻¹(1−t)ᵇ⁻¹ dt,  a, b > 0, 0 ≤ x ≤ 1,
//
// the distribution function of a beta variable, with gradients in all three arguments. Its
// complement is I_{1−x}(b, a).
func BetaInc(a, b, x *g.Node) *g.Node {
	abx := broadcast(a, b, x)
	wide := inFloat64(abx...)
	c := incompleteBeta(wide[0], wide[1], wide[2], g.OneMinus(wide[2]))
	return c.with(x.DType(), abx, c.density)
}

// BetaIncLogit returns I_x(a, b) (see [BetaInc]) at x = 1/(1 + e⁻ˡ), of which both x and 1 − x keep
// their digits: the distribution function of counts, where l is the log-odds.
func BetaIncLogit(a, b, l *g.Node) *g.Node {
	abl := broadcast(a, b, l)
	wide := inFloat64(abl...)
	c := incompleteBeta(wide[0], wide[1], g.Logistic(wide[2]), g.Logistic(g.Neg(wide[2])))
	return c.with(l.DType(), abl, c.kernel)
}

// with gives I a type and its gradients in a, b and the third argument.
func (c betaTail) with(dtype dtypes.DType, args []*g.Node, third *g.Node) *g.Node {
	out := g.StopGradient(g.ConvertDType(c.lower, dtype))
	for i, slope := range []*g.Node{c.slopeA, c.slopeB, third} {
		out = g.Add(out, attach(args[i], func() *g.Node { return g.ConvertDType(slope, dtype) }))
	}
	return out
}

// betaTail is I, its derivatives by a, b and x, and xᵃ(1−x)ᵇ/B(a, b), the derivative by ln x/(1−x).
type betaTail struct{ lower, slopeA, slopeB, density, kernel *g.Node }

// incompleteBeta takes a, b, x and y = 1 − x in float64 and integrates outwards from x in the logit of t: with t/(1−t) = eᵛ x/(1−x),
//
//	∫₀ˣ tᵃ⁻¹(1−t)ᵇ⁻¹ dt = xᵃ(1−x)ᵇ ∫ exp(−a ln(1 + (1−x)(e⁻ᵛ−1)) − b ln(1 + x(eᵛ−1))) dv,  v < 0,
//
// which falls from v = 0 on if x ≤ a/(a+b); otherwise a and b are exchanged, and x and 1−x. The
// range is short with a + 1 in place of a, and I_x(a, b) = I_x(a+1, b) + xᵃ(1−x)ᵇ/(a B(a, b)).
func incompleteBeta(a, b, x, y *g.Node) betaTail {
	zero, one := g.ZerosLike(x), g.OnesLike(x)
	empty, full := g.LessOrEqual(x, zero), g.LessOrEqual(y, zero)
	inside := func(v, low, high *g.Node) *g.Node { return g.Where(empty, low, g.Where(full, high, v)) }
	x, y = inside(x, fill(x, .5), fill(x, .5)), inside(y, fill(x, .5), fill(x, .5))

	swap := g.GreaterThan(x, g.Div(a, g.Add(a, b)))
	x, y = g.Where(swap, y, x), g.Where(swap, x, y)
	a, b = g.Where(swap, b, a), g.Where(swap, a, b)
	logX, logY := logRatio(g.Neg(y), x), logRatio(g.Neg(x), y)
	n := g.AddScalar(a, 1)
	t, meanU, meanV := betaIntegral(n, b, x, y)

	logF := logBetaKernel(a, b, x, y, logX, logY) // ln xᵃyᵇ/B(a, b)
	f := g.Exp(logF)
	first := g.Div(f, a)
	part := g.Mul(g.Mul(first, g.Mul(x, g.Add(a, b))), t.integral)
	p := g.Add(first, part)
	da, db := g.Add(logX, digammaStep(n, b)), g.Add(logY, digammaStep(b, n))
	inv := g.Reciprocal(g.Add(a, b))
	slopeA := g.Add(g.Mul(first, g.Sub(da, inv)), g.Mul(part, g.Add(da, meanU)))
	slopeB := g.Add(g.Mul(first, g.Sub(db, inv)), g.Mul(part, g.Add(db, meanV)))
	return betaTail{
		lower:   inside(g.Where(swap, g.OneMinus(p), p), zero, one),
		slopeA:  inside(g.Where(swap, g.Neg(slopeB), slopeA), zero, zero),
		slopeB:  inside(g.Where(swap, g.Neg(slopeA), slopeB), zero, zero),
		density: g.Exp(g.Sub(logF, g.Add(logX, logY))),
		kernel:  inside(f, zero, zero),
	}
}

// betaRule has more nodes than gammaRule: where one parameter is small the integrand is flat over a
// range of many units before it falls.
var betaRule = sync.OnceValue(func() rule { return legendre(112) })

// betaIntegral returns the integral of exp(aU + bV) over v < 0 with U = −ln(1 + (1−x)(e⁻ᵛ−1)) and
// V = −ln(1 + x(eᵛ−1)), which are ln t/x and ln (1−t)/(1−x), and their means.
func betaIntegral(a, b, x, y *g.Node) (t tail, meanU, meanV *g.Node) {
	logs := func(x, v *g.Node) *g.Node { return g.Neg(g.Log1p(g.Mul(x, Expm1(v)))) }
	phi := func(a, b, x, y *g.Node) func(v *g.Node) *g.Node {
		return func(v *g.Node) *g.Node { return g.Add(g.Mul(a, logs(y, g.Neg(v))), g.Mul(b, logs(x, v))) }
	}
	n := g.Add(a, b)
	m, curvature := g.Sub(a, g.Mul(n, x)), g.Mul(n, g.Mul(x, y))
	root := g.Sqrt(g.Add(g.Square(m), g.MulScalar(curvature, 2*tailDepth)))
	end := g.Div(fill(x, -2*tailDepth), g.Add(m, root))
	// (1 + y(e⁻ᵛ−1))⁻ᵃ alone ends at −v ≤ tailDepth/a − ln y: without it e⁻ᵛ overflows for small y.
	end = g.Max(end, g.Sub(g.Log(y), g.Div(fill(a, tailDepth), a)))
	end = newton(end, 5, phi(a, b, x, y), func(v *g.Node) *g.Node {
		odds := g.Mul(x, g.Exp(v))
		return g.Sub(a, g.Div(g.Mul(n, odds), g.Add(y, odds)))
	})
	last := func(v *g.Node) *g.Node { return g.ExpandAxes(v, -1) }
	t = betaRule().integrate(end, phi(last(a), last(b), last(x), last(y)))
	return t, t.mean(logs(last(y), g.Neg(t.v))), t.mean(logs(last(x), t.v))
}

// logBetaKernel returns ln xᵃyᵇ/B(a, b). Where a and b are large the terms near x = a/(a+b) are
// cancelled on paper.
func logBetaKernel(a, b, x, y, logX, logY *g.Node) *g.Node {
	three := fill(a, 3)
	large := g.GreaterOrEqual(g.Min(a, b), three)
	p, q := g.Where(large, a, three), g.Where(large, b, three)
	n := g.Add(p, q)
	d := g.Sub(g.Mul(q, x), g.Mul(p, y)) // (p+q)(x − p/(p+q))
	up, down := g.Div(d, p), g.Neg(g.Div(d, q))
	fall := g.Add(g.Mul(p, logRatio(up, g.Div(g.Mul(n, x), p))), g.Mul(q, logRatio(down, g.Div(g.Mul(n, y), q))))
	scale := g.AddScalar(g.MulScalar(g.Log(g.Mul(p, g.Div(q, n))), .5), -halfLog2Pi)
	rest := g.Sub(stirlingRest(n), g.Add(stirlingRest(p), stirlingRest(q)))
	near := g.Sub(g.Add(g.Mul(a, logX), g.Mul(b, logY)), LogBeta(a, b))
	return g.Where(large, g.Add(fall, g.Add(scale, rest)), near)
}
