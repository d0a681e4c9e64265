package bnn

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
)

// PriorKinds lists the priors of the weights: N(0, s²); a mixture of two normals (Blundell et
// al. 2015); N(0, s²) with one s² a layer, or one an input of a layer, that is learned.
var PriorKinds = []string{"gaussian", "mixture", "hierarchical", "ard"}

// Prior is the distribution of the weights before any data. The standard deviation of a weight
// is the given one divided by the square root of its layer's number of inputs; a bias has it as
// it is. Zero values stand for those named beside the fields.
type Prior struct {
	Kind   string  // one of PriorKinds; gaussian
	SD     float64 // s of gaussian and of methods other than vi, σ₁ of the mixture; 2
	Small  float64 // σ₂ of the mixture, relative to SD; e⁻⁶
	Weight float64 // π of the mixture, share of σ₁; 0.5
}

// withDefaults fills in what is left zero.
func (p Prior) withDefaults() Prior {
	p.Kind = orElse(p.Kind, "gaussian")
	p.SD = orElse(p.SD, 2)
	p.Small = orElse(p.Small, 0.0024787521766663585) // σ₁ = e⁻¹ and σ₂ = e⁻⁷ of the paper
	p.Weight = orElse(p.Weight, .5)
	return p
}

// prior gives KL(q ‖ p) of one array of weights, in nats, whose prior standard deviation is the
// configured one times scale.
type prior interface {
	kl(s *model.Scope, q normal, scale float64) *g.Node
}

// of returns the prior that the configuration names.
func (p Prior) of() prior {
	switch p.Kind {
	case "mixture":
		return mixturePrior{p.Weight, p.SD, p.SD * p.Small}
	case "hierarchical":
		return hierarchicalPrior{}
	case "ard":
		return hierarchicalPrior{byInput: true}
	}
	return gaussianPrior{p.SD}
}
