package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// VonMises is the von Mises distribution of an angle with direction μ and concentration κ:
//
//	ln p(x) = κ cos(x − μ) − ln 2πI₀(κ).
//
// Angles that differ by 2π are the same, and have the same density.
type VonMises struct {
	Loc           *g.Node // μ
	Concentration *g.Node // κ ≥ 0, broadcast against Loc
}

// vonMisesFar is the concentration from which Hankel's expansions of the Bessel functions are
// used: ten terms leave out 1e-15 there, and the plain functions have lost two digits of
// 1 − I₁/I₀.
const vonMisesFar = 100

// spread gives both parameters the shape of a draw.
func (d VonMises) spread() VonMises {
	n := together(d.Loc, d.Concentration)
	return VonMises{n[0], n[1]}
}

// LogProb implements [Distribution]. As −2κ sin²((x − μ)/2) − ln 2πI₀(κ)e^−κ it keeps its digits
// for large κ.
func (d VonMises) LogProb(x *g.Node) *g.Node {
	align(x, &d.Loc, &d.Concentration)
	sin2 := g.Square(g.Sin(g.MulScalar(g.Sub(x, d.Loc), .5)))
	return g.Sub(g.MulScalar(g.Mul(d.Concentration, sin2), -2), logScaledI0(d.Concentration, math.Log(2*math.Pi)))
}

// logScaledI0 returns ln I₀(κ) − κ + c.
func logScaledI0(k *g.Node, c float64) *g.Node {
	far := g.GreaterThan(k, special.ScalarLike(k, vonMisesFar))
	near := keep(g.LogicalNot(far), k, 1)
	direct := g.Sub(special.LogBesselI0(near), near)
	w := g.Reciprocal(keep(far, k, vonMisesFar))
	// I₀(κ)e^−κ√(2πκ) ~ Σ ((2n)!)²/(n!³ 32ⁿ) κ⁻ⁿ (Abramowitz & Stegun 1964, 9.7.1).
	series := horner(w, 0, 1./8, 9./128, 75./1024, 3675./32768, 59535./262144, 2401245./4194304)
	hankel := g.Add(g.Log1p(series), g.MulScalar(g.AddScalar(g.Log(w), -math.Log(2*math.Pi)), .5))
	return g.AddScalar(g.Where(far, hankel, direct), c)
}

// shortfall returns 1 − A(κ) with A = I₁/I₀, the mean of cos(x − μ).
func shortfall(k *g.Node) *g.Node {
	far := g.GreaterThan(k, special.ScalarLike(k, vonMisesFar))
	direct := g.OneMinus(special.BesselRatio(1, keep(g.LogicalNot(far), k, 1)))
	w := g.Reciprocal(keep(far, k, vonMisesFar))
	series := horner(w, 0, 1./2, 1./8, 1./8, 25./128, 13./32, 1073./1024, 103./32)
	return g.Where(far, series, direct)
}

// Mean returns μ, the mean direction.
func (d VonMises) Mean() *g.Node { return d.spread().Loc }

// Variance returns 1 − I₁(κ)/I₀(κ), the circular variance.
func (d VonMises) Variance() *g.Node { return shortfall(d.spread().Concentration) }

// Entropy returns ln 2πI₀(κ) − κA(κ).
func (d VonMises) Entropy() *g.Node {
	k := d.spread().Concentration
	return g.Add(logScaledI0(k, math.Log(2*math.Pi)), g.Mul(k, shortfall(k)))
}

// CDF returns P(−π ≤ X ≤ x) for angles in [−π, π], 0 below and 1 above.
func (d VonMises) CDF(x *g.Node) *g.Node {
	align(x, &d.Loc, &d.Concentration)
	n := together(x, d.Loc, d.Concentration)
	ends := full(n[0], dims(n[0]), math.Pi)
	inside := g.Max(g.Min(n[0], ends), g.Neg(ends))
	from := vonMisesCDF(n[2], g.Neg(g.Add(n[1], ends)))
	return g.Sub(vonMisesCDF(n[2], g.Sub(inside, n[1])), from)
}

// Sample implements [Distribution].
func (d VonMises) Sample(s *model.Scope, name string, m int) *g.Node { return d.Rsample(s, name, m) }

// Rsample returns M×shape angles in [−π, π] by the method of Best & Fisher 1979, with the implicit
// derivative by the concentration.
func (d VonMises) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.spread()
	k := repeat(d.Concentration, m)
	z := g.StopGradient(proposeVonMises(s.In(name), g.StopGradient(k)))
	x := g.Add(repeat(d.Loc, m), follow(z, k, func(z *g.Node) *g.Node { return vonMisesSlope(k, z) }))
	turns := g.StopGradient(g.Floor(g.MulScalar(g.AddScalar(x, math.Pi), .5/math.Pi)))
	return g.Sub(x, g.MulScalar(turns, 2*math.Pi))
}

// Support implements [Declared].
func (d VonMises) Support() Support { return Support{Set: Circle} }

// Parameters implements [Declared].
func (d VonMises) Parameters() []Parameter {
	return []Parameter{
		{"Loc", d.Loc, Support{Set: Real}},
		{"Concentration", d.Concentration, Support{Set: NonNegative}},
	}
}

// klVonMises is KL(VM(μ₁, κ₁) ‖ VM(μ₂, κ₂)) = ln I₀(κ₂)/I₀(κ₁) + A(κ₁)(κ₁ − κ₂ cos(μ₁ − μ₂)).
func klVonMises(q, p VonMises) *g.Node {
	n := together(q.Loc, q.Concentration, p.Loc, p.Concentration)
	q, p = VonMises{n[0], n[1]}, VonMises{n[2], n[3]}
	logs := g.Sub(logScaledI0(p.Concentration, 0), logScaledI0(q.Concentration, 0))
	short := shortfall(q.Concentration)
	turn := g.MulScalar(g.Square(g.Sin(g.MulScalar(g.Sub(q.Loc, p.Loc), .5))), 2) // 1 − cos
	gap := g.Mul(g.Sub(p.Concentration, q.Concentration), short)
	return g.Add(g.Add(logs, gap), g.Mul(g.Mul(p.Concentration, turn), g.OneMinus(short)))
}

func init() { registerKL(klVonMises) }
