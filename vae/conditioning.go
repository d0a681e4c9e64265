package vae

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/nn"
)

// The ways to condition features.
const (
	Concat = "concat" // the condition beside them
	FiLM   = "film"   // a scale and a shift of each by the condition (Perez et al. 2018)
)

// Conditioning is the option of models that let a net see a condition, such as a class, a prompt or
// the code of another layer.
var Conditioning = Option{
	Name: "conditioning", Usage: "how features see what they are conditioned on: beside them, or as scale and shift (Perez et al. 2018)",
	Default: Concat, Kind: Choice, Choices: []string{Concat, FiLM},
}

// Conditioned returns features h, B×F or B×h×w×C, that see a condition v, B×V, as the option
// [Conditioning] of the model says: by concatenation, to F+V features, or by [nn.FiLM] in the scope
// "film", which keeps their number.
func (c Config) Conditioned(s *model.Scope, h, v *g.Node) *g.Node {
	if c.Choice(Conditioning.Name) == FiLM {
		return nn.FiLM(s.In("film"), h, v)
	}
	return nn.Concat(h, v)
}
