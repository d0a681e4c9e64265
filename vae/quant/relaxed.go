package quant

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Relaxed chooses codes by K logits each, and learns by the Gumbel-softmax relaxation (Jang et al.
// 2017; Maddison et al. 2017): a draw is Σ_k y_k e_k with y = softmax((l + G)/τ), hard where y is the
// one-hot vector of its largest element.
type Relaxed struct {
	// Codes is K, Dim is D.
	Codes, Dim int
	// Low is the temperature at the end of training.
	Low float64
}

// Temperature returns τ when a share of training is done, a scalar of 0 to 1: from 1 to Low by half
// a cosine (Ramesh et al. 2021, appendix A.2).
func (r Relaxed) Temperature(progress *g.Node) *g.Node {
	wave := g.AddScalar(g.Cos(g.MulScalar(progress, math.Pi)), 1)
	return g.AddScalar(g.MulScalar(wave, .5*(1-r.Low)), r.Low)
}

// Draw returns M draws of the codes of logits, N×K: M×N×D.
func (r Relaxed) Draw(s *model.Scope, logits, temperature *g.Node, hard bool, m int) *g.Node {
	q := dist.GumbelSoftmax{Logits: logits, Temperature: temperature, Hard: hard}
	y := q.Rsample(s, "code", m)
	return g.EinsumAxes(y, r.table(s), [][2]int{{2, 0}}, nil)
}

// Likeliest returns the numbers of the largest logits, N×K to N×1.
func (r Relaxed) Likeliest(logits *g.Node) *g.Node {
	return g.ExpandAxes(g.ConvertDType(g.ArgMax(g.StopGradient(logits), -1), logits.DType()), -1)
}

// Lookup returns the codes, N×D, of numbers N×1.
func (r Relaxed) Lookup(s *model.Scope, index *g.Node) *g.Node {
	return Rows(r.table(s), g.Squeeze(index, 1))
}

// table is the codes, K×D.
func (r Relaxed) table(s *model.Scope) *g.Node {
	return s.Param("codes", model.Gaussian(1), r.Codes, r.Dim)
}

// KL returns the KL divergence of each feature's codes to the uniform distribution, N:
//
//	Σ_k p_k (ln p_k + ln K),  p = softmax(l).
func (r Relaxed) KL(logits *g.Node) *g.Node {
	logP := g.Sub(logits, g.ExpandAxes(special.LogSumExp(logits, -1), -1))
	return g.AddScalar(g.ReduceSum(g.Mul(g.Exp(logP), logP), -1), math.Log(float64(r.Codes)))
}
