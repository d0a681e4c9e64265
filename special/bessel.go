package special

import (
	"fmt"
	"math"
	"sync"

	g "github.com/gomlx/gomlx/core/graph"
)

// LogBesselI returns ln I_ν(x) for ν ≥ 0 and x ≥ 0, the modified Bessel function of the first
// kind; its derivative is I_{ν+1}(x)/I_ν(x) + ν/x.
func LogBesselI(nu float64, x *g.Node) *g.Node {
	checkOrder("LogBesselI", nu, 0)
	if nu == 0 {
		return LogBesselI0(x)
	}
	c := bessel(nu, inFloat64(x)[0])
	return lazyGradient(x, g.ConvertDType(c.logI, x.DType()), func() *g.Node {
		return g.Add(BesselRatio(nu+1, x), g.Div(fill(x, nu), x))
	})
}

// BesselRatio returns I_ν(x)/I_{ν−1}(x) for ν ≥ 1 (or ν = ½, where it is tanh x) and x ≥ 0, the mean
// length of a von Mises–Fisher vector in 2ν dimensions.
func BesselRatio(nu float64, x *g.Node) *g.Node {
	if nu == .5 {
		return g.Tanh(x)
	}
	checkOrder("BesselRatio", nu, 1)
	if nu == 1 {
		return besselRatio1(x)
	}
	c := bessel(nu-1, inFloat64(x)[0])
	return lazyGradient(x, g.ConvertDType(c.ratio, x.DType()), func() *g.Node {
		return g.ConvertDType(c.slope, x.DType())
	})
}

// besselValues are ln I_ν, r = I_{ν+1}/I_ν and dr/dx.
type besselValues struct{ logI, ratio, slope *g.Node }

// besselOrder is the order from which the integral is taken, so that its range is short.
const besselOrder = 8

// bessel integrates Poisson's formula at an order n = ν + k with k ≥ 1 of at least besselOrder (Watson 1944,
// 3.71 (9)) with t = tanh y,
//
//	I_n(x) = (x/2)ⁿ/(√π Γ(n+½)) ∫ (1−t²)^(n−½) e^(xt) dt,
//
// and goes down to ν by 1/r_j = 2(j+1)/x + r_{j+1}. Under the integrand I_{n+1}/I_n is the mean of
// t and its slope the variance, both formed from u = 1 − t, which does not cancel for large x.
func bessel(nu float64, x *g.Node) besselValues {
	k := int(math.Max(1, math.Ceil(besselOrder-nu)))
	n := nu + float64(k)
	x = g.Max(x, ScalarLike(x, 1e-150)) // keeps ln x and 1/x finite
	logI, ratio, slope := poisson(n, x)
	for j := n - 1; k > 0; j, k = j-1, k-1 {
		// r = 1/(c + r⁺) with c = 2(j+1)/x, r′ = r²(c/x − r⁺′), I_j = I_{j+1}/r.
		c := g.Div(fill(x, 2*(j+1)), x)
		r := g.Reciprocal(g.Add(c, ratio))
		slope = g.Mul(r, g.Sub(g.Div(g.Mul(r, c), x), g.Mul(r, slope)))
		ratio = r
		logI = g.Sub(logI, g.Log(r))
	}
	return besselValues{logI, ratio, slope}
}

// besselRule is used on either side of the mode.
var besselRule = sync.OnceValue(func() rule { return legendre(48) })

// poisson returns ln I_n, its ratio and the ratio's slope from the integral of e^φ over y,
// φ = x tanh y − m ln cosh y with m = 2n + 1. The mode has tanh y* = T = 2x/(m + √(m² + 4x²)). With
// y = y* + v, q = e^(−2y*), z = q/(1+q) and w = e^(−2v) − 1 it is, as x(1−T²) = mT,
//
//	φ − φ* = m [ −(T/2) w/(1+zw) − v − ln(1+zw) ],  u = 2z(1+w)/(1+zw).
func poisson(n float64, x *g.Node) (logI, ratio, slope *g.Node) {
	m := 2*n + 1
	x2 := g.MulScalar(x, 2)
	root := g.Sqrt(g.AddScalar(g.Square(x2), m*m))
	t := g.Div(x2, g.AddScalar(root, m))
	sum := g.Add(root, x2)
	q := g.Div(g.AddScalar(g.Div(fill(x, m*m), sum), m), g.AddScalar(sum, m))
	z := g.Div(q, g.AddScalar(q, 1))

	up, zUp := poissonSide(m, 1, t, z)
	down, zDown := poissonSide(m, -1, t, z)
	mass := g.Add(up.integral, down.integral)
	moment := func(k int) *g.Node {
		side := func(s tail, u *g.Node) *g.Node {
			if k == 2 {
				u = g.Square(u)
			}
			return g.Mul(s.integral, s.mean(u))
		}
		return g.Div(g.Add(side(up, zUp), side(down, zDown)), mass)
	}
	u := moment(1)
	logI = g.Add(g.MulScalar(g.Log(g.MulScalar(x, .5)), n), g.Add(g.Mul(x, t), g.MulScalar(g.Log(g.Div(g.MulScalar(t, m), x)), m/2)))
	lg, _ := math.Lgamma(n + .5)
	logI = g.AddScalar(g.Add(logI, g.Log(mass)), -lg-.5*math.Log(math.Pi))
	return logI, g.OneMinus(u), g.Sub(moment(2), g.Square(u))
}

// poissonSide integrates over v of one sign, and returns u at the nodes.
func poissonSide(m, sign float64, t, z *g.Node) (side tail, u *g.Node) {
	phi := func(t, z *g.Node) func(v *g.Node) *g.Node {
		return func(v *g.Node) *g.Node {
			w := Expm1(g.MulScalar(v, -2))
			zw := g.Mul(z, w)
			linear := g.Add(v, g.MulScalar(g.Div(g.Mul(t, w), g.AddScalar(zw, 1)), .5))
			return g.MulScalar(g.Add(linear, g.Log1p(zw)), -m)
		}
	}
	// The curvature at the mode is m(1 + T²).
	end := g.MulScalar(g.Sqrt(g.Reciprocal(g.AddScalar(g.Square(t), 1))), sign*math.Sqrt(2*tailDepth/m))
	end = newton(end, 5, phi(t, z), func(v *g.Node) *g.Node {
		w1 := g.Exp(g.MulScalar(v, -2))
		share := g.Div(w1, g.Add(g.OneMinus(z), g.Mul(z, w1))) // (1+w)/(1+zw)
		pull := g.Div(g.Mul(t, share), g.Add(g.OneMinus(z), g.Mul(z, w1)))
		return g.MulScalar(g.AddScalar(g.Add(pull, g.MulScalar(g.Mul(z, share), 2)), -1), m)
	})
	last := func(v *g.Node) *g.Node { return g.ExpandAxes(v, -1) }
	side = besselRule().integrate(end, phi(last(t), last(z)))
	w := Expm1(g.MulScalar(side.v, -2))
	u = g.MulScalar(g.Div(g.Mul(last(z), g.AddScalar(w, 1)), g.AddScalar(g.Mul(last(z), w), 1)), 2)
	return side, u
}

// checkOrder panics unless ν is a number of at least least.
func checkOrder(what string, nu, least float64) {
	if !(nu >= least) || math.IsInf(nu, 0) {
		panic(fmt.Errorf("special: %s: order: got %v, want at least %v", what, nu, least))
	}
}
