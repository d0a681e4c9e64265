package vi

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Rebar holds the settings of [Rebar.Expect].
type Rebar struct {
	Eta    float64 // η, strength of the control variate; 0 is plain REINFORCE
	Lambda float64 // λ, temperature of the relaxation
}

// Expect returns E f(z) over z_l ~ Bernoulli(σ(φ_l)), B, for logits φ of B×L, with the gradient
// of Tucker et al. 2017, eq. 8: the score function less what a relaxation σ_λ explains of it,
//
//	(f(z) − η f(σ_λ(h̃))) ∂ln q(z)/∂φ + η ∂f(σ_λ(h))/∂φ − η ∂f(σ_λ(h̃))/∂φ,
//
// where h = φ + ln u/(1−u), z = 1[h > 0], σ_λ(h) = σ(h/λ), and h̃ is h drawn anew given z. The
// function f maps B×L to B, also between 0 and 1. Its own parameters get the gradient of f(z) with
// that of the control variate, whose mean is 0, beside it.
func (r Rebar) Expect(s *model.Scope, name string, q dist.Bernoulli, f func(z *g.Node) *g.Node) *g.Node {
	dims := q.Logits.Shape().Dimensions
	u, v := inner(s.Uniform(name, dims...)), inner(s.Uniform(name+"/again", dims...))
	logit := func(u *g.Node) *g.Node { return g.Sub(g.Log(u), g.Log1p(g.Neg(u))) }
	h := g.Add(q.Logits, logit(u))
	z := g.StopGradient(g.ConvertDType(g.GreaterThan(h, g.ZerosLike(h)), h.DType()))
	// u given z is uniform above or below 1 − p: v(1 − p) for z = 0, 1 − p + v·p for z = 1.
	p := q.Mean()
	given := g.Add(g.Mul(v, g.Add(g.Mul(z, p), g.Mul(g.OneMinus(z), g.OneMinus(p)))), g.Mul(z, g.OneMinus(p)))
	again := g.Add(q.Logits, logit(inner(given)))
	soft := func(h *g.Node) *g.Node { return g.Logistic(g.DivScalar(h, r.Lambda)) }

	hard := f(z)
	softOwn, softGiven := f(soft(h)), f(soft(again))
	signal := g.StopGradient(g.Sub(hard, g.MulScalar(softGiven, r.Eta)))
	score := g.Mul(signal, g.ReduceSum(q.LogProb(z), -1))
	control := g.MulScalar(g.Sub(softOwn, softGiven), r.Eta)
	return g.Add(hard, withValue(g.ZerosLike(hard), g.Add(score, control)))
}

// inner keeps uniform noise inside (0, 1), where its logit is finite.
func inner(u *g.Node) *g.Node {
	const edge = 1. / (1 << 24)
	return g.Min(g.Max(u, special.ScalarLike(u, edge)), special.ScalarLike(u, 1-edge))
}
