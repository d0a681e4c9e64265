package vae

import (
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/model"
)

// What the tests outside of the package, which see models of all rooms, see of its inside.
const (
	MixtureSpread = mixtureSpread
	PseudoName    = pseudoName
	PseudoNoise   = pseudoNoise
	RepeatNoise   = repeatNoise
)

var (
	Batches      = batches
	Normed       = normed
	PriorOptions = priorOptions
)

// Facts counts what the catalogue says of guides and of priors.
func Facts() (guides, priors int) { return len(guideFacts), len(priorFacts) }

// FlowGuide is q(z|x) of a model whose guide is a flow.
func FlowGuide(m Model, s *model.Scope, x *g.Node) bij.Flow { return m.(flowed).guide(s, x) }

func (c Config) PseudoInputs(s *model.Scope) *g.Node { return c.pseudoInputs(s) }

func (c Config) SkipWeights() int64 { return c.skipWeights() }

func (s Spec) WithOptions(given map[string]string) map[string]string { return s.withOptions(given) }
