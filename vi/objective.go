package vi

import (
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
)

// Objective is a bound on the evidence made of importance-weighted draws
//
//	w_k = p(x, z_k) / q(z_k|x),  z_k ~ q(z|x),  k = 1 … K,
//
// together with an estimator of its gradient. A model chooses one by value.
type Objective interface {
	// Kind names the bound with its sizes, such as IWAE-5.
	Kind() string
	// Draws is the number of draws of z a datum.
	Draws() int
	// Weigh returns the bound and the weights of its gradient.
	Weigh(d Draws) Weights
}

// Draws are the weights that an objective sees. They carry no gradient.
type Draws struct {
	Scope *model.Scope // for the parameters of baselines
	X     *g.Node      // data, B×D
	LogW  *g.Node      // ln w_k, K×B
}

// Weights are a bound and an estimator of its gradient, which is
//
//	Σ_k Model_k ∂ln p(x, z_k)/∂θ + Guide_k d ln w_k/dφ + Score_k ∂ln q(z_k|x; φ)/∂φ
//
// with θ the parameters of the model and φ those of the guide. The derivative by φ is total:
// through the draws, if they have a gradient, and through ln q.
type Weights struct {
	Bound *g.Node // value of the bound, B
	Model *g.Node // weights of the model's gradient, K×B
	Guide *g.Node // weights of the guide's gradient, K×B; nil: those of the model
	Path  bool    // drop ∂ln q(z; φ)/∂φ at fixed z from the guide's gradient
	Score *g.Node // weights of the score ∂ln q(z; φ)/∂φ, K×B; nil: none
	Fit   *g.Node // loss of a baseline, B, minimised beside; nil: none
}

// minWeight bounds the model's weights from below where those of the guide differ: the guide's
// gradient passes through the decoder divided by them.
const minWeight = 1e-18

// weighted returns the terms of the ELBO from the draws of the objective, and its bound.
func (e Estimator) weighted(s *model.Scope, x *g.Node, l Latent) Terms {
	m := e.Objective.Draws()
	z, logQ, pathwise := l.draw(s, m)
	scale := (*g.Node)(nil) // of the gradient that reaches the draws through ln p(x, z)
	scaled := g.IdentityWithCustomGradient(z, func(_, v *g.Node) *g.Node {
		if scale == nil {
			return v
		}
		return g.Mul(v, expandTo(scale, v))
	})
	logLik, logP := l.logLik(x, scaled), l.P.LogProb(scaled)
	t := Terms{LogLik: logLik, Z: z, Kind: KindELBO}
	if kl, ok := dist.KL(l.Q, l.P); ok && !e.MonteCarloKL {
		t.KL = byDim(kl)
	} else {
		t.KL = ratio(logQ, logP)
	}
	if e.Shuffle {
		t.Shuffled = l.logLik(x, roll(z))
	}
	built := false
	t.Bound = func(beta *g.Node) *g.Node {
		if built {
			panic(fmt.Errorf("vi: %s: the bound can be built once in a graph", e.Objective.Kind()))
		}
		built = true
		joint := g.Add(logLik, g.Mul(beta, perDatum(logP)))
		guide := g.Mul(beta, perDatum(logQ))
		w := e.Objective.Weigh(Draws{s.In("objective"), x, g.StopGradient(g.Sub(joint, guide))})
		if w.Guide != nil && pathwise {
			w.Model = g.MaxScalar(w.Model, minWeight)
			scale = g.StopGradient(g.Div(w.Guide, w.Model))
		}
		if w.Path {
			guide = l.path(z, pathwise, beta, e.Objective)
		}
		return w.assemble(joint, guide, perDatum(logQ))
	}
	return t
}

// path returns a node whose gradient is that of β ln q(z; φ) through z alone.
func (l Latent) path(z *g.Node, pathwise bool, beta *g.Node, o Objective) *g.Node {
	if !pathwise {
		panic(fmt.Errorf("vi: %s: got a guide %T whose draws have no gradient, want a reparameterized one", o.Kind(), l.Q))
	}
	logQ := perDatum(l.Q.LogProb(z))
	slope := g.StopGradient(g.Gradient(g.ReduceAllSum(logQ), z)[0])
	return g.Mul(beta, perDatum(g.Mul(slope, z)))
}

// assemble returns the bound, B, with the gradient of the weights.
func (w Weights) assemble(joint, guide, logQ *g.Node) *g.Node {
	fixed := g.StopGradient
	forGuide := w.Guide
	if forGuide == nil {
		forGuide = w.Model
	}
	sum := g.ReduceSum(g.Sub(g.Mul(fixed(w.Model), joint), g.Mul(fixed(forGuide), guide)), 0)
	if w.Score != nil {
		sum = g.Add(sum, g.ReduceSum(g.Mul(fixed(w.Score), logQ), 0))
	}
	if w.Fit != nil {
		sum = g.Sub(sum, w.Fit)
	}
	return withValue(fixed(w.Bound), sum)
}

// withValue returns value with the gradient of surrogate. Only the gradient of the difference
// counts, which is exactly 0 for finite surrogates.
func withValue(value, surrogate *g.Node) *g.Node {
	return g.Add(value, g.Sub(surrogate, g.StopGradient(surrogate)))
}

// expandTo gives x the rank of like by trailing axes of size 1.
func expandTo(x, like *g.Node) *g.Node {
	for x.Rank() < like.Rank() {
		x = g.ExpandAxes(x, -1)
	}
	return x
}

// logMeanExp returns ln (1/K) Σ_k e^x_k over the first axis.
func logMeanExp(x *g.Node) *g.Node {
	return g.Sub(special.LogSumExp(x, 0), logOf(x, x.Shape().Dim(0)))
}

// logOf is the constant ln n in the type of x.
func logOf(x *g.Node, n int) *g.Node {
	return g.Log(special.ScalarLike(x, float64(n)))
}

// normalized returns w_k / Σ_j w_j over the first axis for log-weights.
func normalized(logW *g.Node) *g.Node {
	return g.Exp(g.Sub(logW, g.ExpandAxes(special.LogSumExp(logW, 0), 0)))
}

// even returns weights of 1/K in the shape of the log-weights.
func even(logW *g.Node) *g.Node {
	return g.BroadcastToDims(special.ScalarLike(logW, 1/float64(logW.Shape().Dim(0))), logW.Shape().Dimensions...)
}
