package vae

import (
	"context"
	"slices"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// Where pseudo-inputs begin.
const (
	pseudoRows  = "rows"  // at training rows
	pseudoNoise = "noise" // at noise of the range of the data
)

// vampPrior is the mixture of the guides at K pseudo-inputs u_k, which are learned with the model,
//
//	p(z) = 1/K Σ_k q(z|u_k)
//
// (Tomczak & Welling 2018, eq. 9). With the training rows for pseudo-inputs it is their aggregate
// posterior, the prior with the best bound (eq. 8). Pseudo-inputs may be any numbers, as the encoder
// takes any. Of a guide that is bent by a flow the components are the normal distributions before it.
func vampPrior(c Config, s *model.Scope, n int) dist.Distribution {
	q := c.normalGuide()(s.In("encoder"), c.pseudoInputs(s))
	return blend{logits: g.ReduceSum(g.ZerosLike(q.Loc), -1), of: q, rows: n}
}

// pseudoName is the parameter that holds the pseudo-inputs.
const pseudoName = "prior/pseudo"

// pseudoInputs are u_k, K×D. As noise they begin in the range of the data: in [0, 1) for data that
// lie there, else as N(0, 1).
func (c Config) pseudoInputs(s *model.Scope) *g.Node {
	begin := model.Gaussian(1)
	if l, err := LikelihoodOf(c.Likelihood); err == nil && l.Support != Real {
		begin = func(key rng.Key, dims []int) []float64 {
			u := model.Uniform(.5)(key, dims)
			for i := range u {
				u[i] += .5
			}
			return u
		}
	}
	return s.Param(pseudoName, begin, c.Whole("components"), c.Dim)
}

// normalGuide is the guide q(z|x) of the model, or the normal distribution that its flow bends: by
// default that of the net, see [Config.GaussianGuide].
func (c Config) normalGuide() func(s *model.Scope, x *g.Node) dist.Normal {
	if c.guide != nil {
		return c.guide
	}
	return c.GaussianGuide
}

// vampWeights counts the pseudo-inputs.
func vampWeights(c Config) int64 { return int64(c.Whole("components")) * int64(c.Dim) }

// priorStages is the one stage of training of a model whose prior may be chosen, with the start of
// its prior.
func (c Config) priorStages() []Stage {
	stage := Stage{Share: 1}
	if c.priorFamily().Name == "vamp" && c.Choice("pseudo") == pseudoRows {
		stage.Start = startPseudoInputs
	}
	return []Stage{stage}
}

// repeatNoise is the standard deviation of the noise on a row that serves again where there are fewer
// rows than components: pseudo-inputs that began alike would stay alike.
const repeatNoise = .1

// startPseudoInputs puts the pseudo-inputs on training rows, which come in random order.
func startPseudoInputs(_ context.Context, n *Network, x []float32, key rng.Key) error {
	d, width, k := n.Config.Dim, n.Width(), n.Config.Whole("components")
	rows := len(x) / width
	data := make([]float64, 0, k*d)
	eps := make([]float64, d)
	for i := range k {
		row := x[i%rows*width:][:d]
		for _, v := range row {
			data = append(data, float64(v))
		}
		if i >= rows {
			key.At(uint64(i)).NormalFloat64(eps)
			for j, e := range eps {
				data[i*d+j] += repeatNoise * e
			}
		}
	}
	return n.Params.Import([]model.Array{{Name: pseudoName, Trainable: true, Dims: []int{k, d}, Data: slices.Clip(data)}})
}
