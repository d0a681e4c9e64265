package dist

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// Poisson is the Poisson distribution with rate λ = e^LogRate:
//
//	ln p(x) = x ln λ − λ − ln x!,   x = 0, 1, 2, ….
type Poisson struct {
	LogRate *g.Node // ln λ
}

// LogProb implements [Distribution]; its derivative by ln λ is x − λ.
func (d Poisson) LogProb(x *g.Node) *g.Node {
	n := together(g.StopGradient(x), d.LogRate)
	ok := whole(n[0])
	k := keep(ok, n[0], 0)
	rate := g.Exp(n[1])
	rest := g.Sub(k, rate)
	return supported(ok, sloped(logPoisson(k, n[1], rest), n[1], rest))
}

// Mean returns λ.
func (d Poisson) Mean() *g.Node { return g.Exp(d.LogRate) }

// Variance returns λ.
func (d Poisson) Variance() *g.Node { return g.Exp(d.LogRate) }

// Sample returns M×shape whole numbers, exact where they are (below 2²⁴ in float32).
func (d Poisson) Sample(s *model.Scope, name string, m int) *g.Node {
	return drawPoisson(s, name, g.Exp(repeat(d.LogRate, m)))
}

// Support implements [Declared].
func (d Poisson) Support() Support { return Support{Set: Natural} }

// Parameters implements [Declared].
func (d Poisson) Parameters() []Parameter {
	return []Parameter{{"LogRate", d.LogRate, Support{Set: Real}}}
}

// klPoisson is KL(q ‖ p) = λ_q(ln λ_q − ln λ_p) − λ_q + λ_p = λ_q(e^t − 1 − t), t = ln(λ_p/λ_q).
func klPoisson(q, p Poisson) *g.Node {
	n := together(q.LogRate, p.LogRate)
	return g.Mul(g.Exp(n[0]), expRest(g.Sub(n[1], n[0])))
}

func init() { registerKL(klPoisson) }
