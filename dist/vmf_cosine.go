package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/integrate/quad"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// vmfProposals is how many proposals a cosine has. Each is taken with probability .65 or more, so
// that all are refused with probability below .35²⁰ = 8e-10; the centre of the proposals then stands in.
const vmfProposals = 20

// vmfCosine draws 1 − w for the cosine w of a von Mises–Fisher vector to its mean, of density
// ∝ (1 − w²)^((n−3)/2) e^(κw), M×shape, by rejection (Ulrich 1984; Wood 1994): with
// b = (n − 1)/(2κ + √(4κ² + (n − 1)²)), x₀ = (1 − b)/(1 + b) and z ~ Beta(½(n−1), ½(n−1)),
//
//	w = (1 − (1 + b)z)/(1 − (1 − b)z),
//
// taken where κw + (n − 1) ln(1 − x₀w) − κx₀ − (n − 1) ln(1 − x₀²) ≥ ln u. The difference 1 − w keeps
// its digits for large κ. mean is E[w].
func vmfCosine(s *model.Scope, m int, kappa, mean *g.Node, n int) *g.Node {
	d, kappa := float64(n-1), repeat(kappa, m)
	k := g.StopGradient(repeat(kappa, vmfProposals))
	k2 := g.MulScalar(k, 2)
	b := g.Div(filled(k, d), g.Add(k2, g.Sqrt(g.AddScalar(g.Square(k2), d*d))))
	x0 := g.Div(g.OneMinus(b), g.AddScalar(b, 1))

	// An element t of a uniform unit vector has ½(1 + t) ~ Beta(½(n−1), ½(n−1)).
	eps := s.Normal("cosine", append(dims(k), n)...)
	z := g.MulScalar(g.AddScalar(element(unitVector(eps), 0), 1), .5)
	less := g.Div(g.Mul(g.MulScalar(b, 2), z), g.OneMinus(g.Mul(g.OneMinus(b), z))) // 1 − w
	// κ(w − x₀) + (n − 1) ln((1 − x₀w)/(1 − x₀²)), with 1 − x₀ = 2b/(1 + b).
	gap := g.Sub(g.Div(g.MulScalar(b, 2), g.AddScalar(b, 1)), less) // w − x₀
	rise := g.Div(g.Mul(x0, gap), g.OneMinus(g.Square(x0)))         // 1 − (1 − x₀w)/(1 − x₀²)
	bound := g.Add(g.Mul(k, gap), g.MulScalar(g.Log1p(g.Neg(rise)), d))
	u := g.ClipScalar(s.Uniform("accept", dims(k)...), 0x1p-24, 1-0x1p-24)
	ok := g.LessThan(g.Log(u), bound)
	// Proposals are counted from the centre x₀, where firstAccepted leaves 0.
	less = g.Sub(pick(g.Div(g.MulScalar(b, 2), g.AddScalar(b, 1)), 0), firstAccepted(ok, gap))
	less = g.StopGradient(g.MaxScalar(less, 0x1p-100))
	return implicitCosine(kappa, less, repeat(mean, m), n)
}

// implicitCosine gives 1 − w the derivative with respect to κ at a fixed value of the distribution
// function.
func implicitCosine(kappa, less, mean *g.Node, n int) *g.Node {
	return follow(less, kappa, func(less *g.Node) *g.Node { return g.Neg(vmfSlope(less, kappa, mean, n)) })
}

// vmfNodes is the number of nodes of the quadrature for the derivative of the cosine.
const vmfNodes = 48

// vmfSlope returns dw/dκ at a fixed value of the distribution function F,
//
//	−(∂F/∂κ)/f = ∫_w¹ (t − A) f(t) dt / f(w) = −∫₋₁^w (t − A) f(t) dt / f(w),  A = E[w],
//
// from the side of w on which f has less mass, over the angle θ = arccos t, where the integrand is
// smooth: (cos θ − A)(sin θ/sin θ_w)^(n−2) e^(κ(cos θ − cos θ_w)) sin θ_w. It is cut off
// 14/√(κ + n − 2) from θ_w, where it has fallen below e⁻⁴⁰ of its value.
func vmfSlope(less, kappa, mean *g.Node, n int) *g.Node {
	w := g.OneMinus(less)
	sine := g.Sqrt(g.Mul(less, g.AddScalar(g.Neg(less), 2)))
	angle := special.Atan2(sine, w)
	inner := g.GreaterThan(w, mean)
	reach := g.MulScalar(g.Div(g.OnesLike(kappa), g.Sqrt(g.AddScalar(kappa, math.Max(float64(n-2), .5)))), 14)
	end := g.Where(inner, g.Max(g.Sub(angle, reach), g.ZerosLike(angle)), g.MinScalar(g.Add(angle, reach), math.Pi))
	end = g.StopGradient(end) // 0, π, or where the integrand vanishes

	x, weights := make([]float64, vmfNodes), make([]float64, vmfNodes)
	quad.Legendre{}.FixedLocations(x, weights, 0, 1)
	along := func(v []float64) *g.Node {
		c := g.ConstAsDType(w.Graph(), w.DType(), v)
		return g.Reshape(c, append([]int{vmfNodes}, make1(w.Rank())...)...)
	}
	up := func(x *g.Node) *g.Node { return g.ExpandAxes(x, 0) }
	theta := g.Add(up(angle), g.Mul(along(x), up(g.Sub(end, angle))))
	// cos θ − cos θ_w = −2 sin ½(θ + θ_w) sin ½(θ − θ_w)
	half := func(x *g.Node) *g.Node { return g.Sin(g.MulScalar(x, .5)) }
	gap := g.MulScalar(g.Mul(half(g.Add(theta, up(angle))), half(g.Sub(theta, up(angle)))), -2)
	logs := g.Mul(up(kappa), gap)
	if n > 2 {
		logs = g.Add(logs, g.MulScalar(g.Sub(g.Log(g.Sin(theta)), up(g.Log(sine))), float64(n-2)))
	}
	value := g.Mul(g.Mul(g.Sub(g.Add(gap, up(w)), up(mean)), g.Exp(logs)), along(weights))
	integral := g.Mul(g.ReduceSum(value, 0), g.Mul(g.Abs(g.Sub(end, angle)), sine))
	return g.Where(inner, integral, g.Neg(integral))
}

// make1 returns n ones.
func make1(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = 1
	}
	return out
}
