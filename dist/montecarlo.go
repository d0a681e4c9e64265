package dist

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// KLMonteCarlo estimates KL(q ‖ p) = E_q[ln q(x) − ln p(x)] with m draws of q, for any pair. The
// noise has the given name. The gradient is unbiased: pathwise if q is [Reparameterized], else by
// the score function, with the mean of the other draws for baseline (Kool et al. 2019).
func KLMonteCarlo(s *model.Scope, q, p Distribution, name string, m int) *g.Node {
	if m < 1 {
		panic(fmt.Errorf("dist: KLMonteCarlo: draws: got %d, want at least 1", m))
	}
	if r, ok := q.(Reparameterized); ok {
		x := r.Rsample(s, name, m)
		return g.ReduceMean(g.Sub(q.LogProb(x), p.LogProb(x)), 0)
	}
	x := g.StopGradient(q.Sample(s, name, m))
	score := q.LogProb(x)
	ratio := g.Sub(score, p.LogProb(x))
	return g.ReduceMean(g.Add(ratio, scoreTerm(score, ratio)), 0)
}

// scoreTerm is 0, with the gradient of the score times what the integrand exceeds its baseline by.
func scoreTerm(score, f *g.Node) *g.Node {
	f = g.StopGradient(f)
	if m := f.Shape().Dim(0); m > 1 { // f less the mean of the others is m/(m−1) times f less the mean
		mean := g.ExpandAxes(g.ReduceMean(f, 0), 0)
		f = g.MulScalar(g.Sub(f, mean), float64(m)/float64(m-1))
	}
	return g.Mul(f, g.Sub(score, g.StopGradient(score)))
}

// KLOrMonteCarlo is [KL] for a pair that has a closed form and [KLMonteCarlo] for others; exact
// tells which.
func KLOrMonteCarlo(s *model.Scope, q, p Distribution, name string, m int) (kl *g.Node, exact bool) {
	if v, ok := KL(q, p); ok {
		return v, true
	}
	return KLMonteCarlo(s, q, p, name, m), false
}
