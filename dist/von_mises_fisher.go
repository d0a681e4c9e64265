package dist

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// VonMisesFisher is the distribution of unit vectors with mean direction μ and concentration κ:
//
//	ln p(x) = κμᵀx + (n/2 − 1) ln κ − (n/2) ln 2π − ln I_{n/2−1}(κ)
//
// (Mardia & Jupp 2000, section 9.3.2). κ = 0 is the uniform distribution.
type VonMisesFisher struct {
	Loc           *g.Node // μ, …×n, of length one
	Concentration *g.Node // κ ≥ 0, …
}

const vonMisesFisher = "VonMisesFisher"

// nearUniform is the κ below which power series stand in for I and its ratios, whose logarithms
// and quotients are 0/0 at κ = 0. Five terms in κ²/4 leave 2e-16 there.
const nearUniform = .1

// check broadcasts the batch axes.
func (d VonMisesFisher) check() VonMisesFisher {
	got := d.Loc.Shape().Dimensions
	require(len(got) > 0 && got[len(got)-1] > 1, vonMisesFisher, "Loc", got, "…×n, n above 1")
	batch := jointDims(vonMisesFisher, batchOf(d.Loc, 1), dims(d.Concentration))
	return VonMisesFisher{spread(d.Loc, batch, 1), spread(d.Concentration, batch, 0)}
}

// size returns n.
func (d VonMisesFisher) size() int { return d.Loc.Shape().Dim(-1) }

// series returns where κ is small, a κ that is not and one that is.
func (d VonMisesFisher) series() (near, far, small *g.Node) {
	k := d.Concentration
	near = g.LessThan(k, filled(k, nearUniform))
	return near, g.Where(near, filled(k, nearUniform), k), g.Where(near, k, g.ZerosLike(k))
}

// excess returns ln of the mean of e^(κμᵀx) over the uniform sphere, 0 at κ = 0. It is
// ln I_ν(κ) − ν ln κ + ν ln 2 + ln Γ(ν + 1), ν = n/2 − 1, with the series Σ qʲ/(j! (ν+1)ⱼ), q = κ²/4.
func (d VonMisesFisher) excess() *g.Node {
	nu := float64(d.size())/2 - 1
	near, far, small := d.series()
	lg, _ := math.Lgamma(nu + 1)
	closed := g.AddScalar(g.Sub(special.LogBesselI(nu, far), g.MulScalar(g.Log(far), nu)), nu*math.Ln2+lg)
	q := g.MulScalar(g.Square(small), .25)
	sum := g.ZerosLike(q)
	for j := 5; j >= 1; j-- { // Horner: q/(1(ν+1)) (1 + q/(2(ν+2)) (1 + …))
		sum = g.MulScalar(g.Mul(q, g.AddScalar(sum, 1)), 1/(float64(j)*(nu+float64(j))))
	}
	return g.Where(near, g.Log1p(sum), closed)
}

// slope returns A(κ)/κ with A = I_{n/2}(κ)/I_{n/2−1}(κ) the length of the mean, by the continued
// fraction A/κ = 1/(n + κ²/(n + 2 + κ²/(n + 4 + …))) for small κ.
func (d VonMisesFisher) slope() *g.Node {
	n := float64(d.size())
	near, far, small := d.series()
	closed := g.Div(special.BesselRatio(n/2, far), far)
	q := g.Square(small)
	f := filled(q, n+12)
	for j := 5; j >= 0; j-- {
		f = g.AddScalar(g.Div(q, f), n+2*float64(j))
	}
	return g.Where(near, g.Reciprocal(f), closed)
}

// length returns A(κ).
func (d VonMisesFisher) length() *g.Node { return g.Mul(d.Concentration, d.slope()) }

// LogProb implements [Distribution].
func (d VonMisesFisher) LogProb(x *g.Node) *g.Node {
	d = d.check()
	requireVector(vonMisesFisher, "values", x, d.size())
	rank := max(x.Rank(), d.Loc.Rank())
	cosine := g.ReduceSum(g.Mul(lead(x, rank), lead(d.Loc, rank)), -1)
	k, rest := lead(d.Concentration, rank-1), lead(d.excess(), rank-1)
	return g.AddScalar(g.Sub(g.Mul(k, cosine), rest), -logUnitSphere(d.size()))
}

// Mean returns A(κ)μ.
func (d VonMisesFisher) Mean() *g.Node {
	d = d.check()
	return g.Mul(d.Loc, g.ExpandAxes(d.length(), -1))
}

// Variance returns A/κ + (1 − nA/κ − A²)μᵢ².
func (d VonMisesFisher) Variance() *g.Node {
	d = d.check()
	n, slope := float64(d.size()), d.slope()
	along := g.Sub(g.OneMinus(g.MulScalar(slope, n)), g.Square(d.length()))
	return g.Add(g.ExpandAxes(slope, -1), g.Mul(g.ExpandAxes(along, -1), g.Square(d.Loc)))
}

// Entropy returns the uniform sphere's less the divergence from it.
func (d VonMisesFisher) Entropy() *g.Node {
	d = d.check()
	return g.AddScalar(g.Neg(d.divergence()), logUnitSphere(d.size()))
}

// divergence returns κA − ln of the mean of e^(κμᵀx), that from the uniform sphere.
func (d VonMisesFisher) divergence() *g.Node {
	return g.Sub(g.Mul(d.Concentration, d.length()), d.excess())
}

// Sample implements [Distribution].
func (d VonMisesFisher) Sample(s *model.Scope, name string, m int) *g.Node {
	return d.Rsample(s, name, m)
}

// Rsample returns wμ + √(1 − w²) v, M×…×n, with w the cosine to μ and v uniform on the unit vectors at
// right angles to μ (Davidson et al. 2018, algorithm 1, with a projection in place of a reflection,
// which has no derivative where μ is the first axis). The derivative by κ is implicit.
func (d VonMisesFisher) Rsample(s *model.Scope, name string, m int) *g.Node {
	d = d.check()
	s = s.In(name)
	loc := repeat(d.Loc, m)
	less := g.ExpandAxes(vmfCosine(s, m, d.Concentration, d.length(), d.size()), -1) // 1 − w
	eps := s.Normal("direction", dims(loc)...)
	v := unitVector(g.Sub(eps, g.Mul(loc, g.ReduceAndKeep(g.Mul(eps, loc), g.ReduceSum, -1))))
	sine := g.Sqrt(g.Mul(less, g.AddScalar(g.Neg(less), 2)))
	return g.Add(g.Mul(g.OneMinus(less), loc), g.Mul(sine, v))
}

// Support implements [Declared].
func (d VonMisesFisher) Support() Support { return Support{Set: Sphere} }

// Parameters implements [Declared].
func (d VonMisesFisher) Parameters() []Parameter {
	return []Parameter{
		{"Loc", d.Loc, Support{Set: Sphere}}, {"Concentration", d.Concentration, Support{Set: NonNegative}},
	}
}

// klVonMisesFisher is A(κ₁)(κ₁ − κ₂ + ½κ₂‖μ₁ − μ₂‖²) − e(κ₁) + e(κ₂), where e is ln of the mean of e^(κμᵀx)
// over the uniform sphere.
func klVonMisesFisher(q, p VonMisesFisher) *g.Node {
	q, p = q.check(), p.check()
	requireVector(vonMisesFisher, "means of a KL", p.Loc, q.size())
	batch := jointDims(vonMisesFisher, dims(q.Concentration), dims(p.Concentration))
	to := func(x *g.Node) *g.Node { return spread(x, batch, 0) }
	apart := g.ReduceSum(g.Square(g.Sub(spread(q.Loc, batch, 1), spread(p.Loc, batch, 1))), -1)
	k := to(p.Concentration)
	gap := g.Add(g.Sub(to(q.Concentration), k), g.MulScalar(g.Mul(k, apart), .5))
	return g.Add(g.Mul(to(q.length()), gap), g.Sub(to(p.excess()), to(q.excess())))
}

func init() {
	registerKL(klVonMisesFisher)
	registerKL(func(q VonMisesFisher, p UniformSphere) *g.Node {
		q = q.check()
		requireVector(vonMisesFisher, "uniform sphere of a KL", p.Like, q.size())
		kl := q.divergence()
		return total(vonMisesFisher, kl, g.ReduceSum(g.ZerosLike(p.Like), -1))
	})
}
