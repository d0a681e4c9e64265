package vae

import (
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
)

// The settings of the priors that are mixtures. Every model whose prior may be chosen has them.
var priorOptions = []Option{
	{Name: "components", Usage: "components of the priors mixture and vamp", Default: "100", Kind: Whole, Min: 1, Max: 1 << 14, Small: "2"},
	{Name: "pseudo", Usage: "where the pseudo-inputs of the prior vamp begin", Default: pseudoRows, Kind: Choice, Choices: []string{pseudoRows, pseudoNoise}},
}

// withPriors gives a model whose prior may be chosen the settings and the start of the priors,
// as far as it has none of those names itself.
func (s Spec) withPriors() Spec {
	if !s.Priors {
		return s
	}
	for _, o := range priorOptions {
		if _, ok := s.option(o.Name); !ok {
			s.Options = append(s.Options[:len(s.Options):len(s.Options)], o)
		}
	}
	if s.Stages == nil {
		s.Stages = Config.priorStages
	}
	return s
}

// mixtureSpread is the standard deviation of the first means of a mixture. The components have the
// variance that is left, so that codes have variance 1 on average over the means.
const mixtureSpread = .7

// maxLogScale bounds ln σ of a component, as the guide's is bounded (see [Config.Heads]).
const maxLogScale = 10

// mixturePrior is p(z) = Σ_k π_k N(z; μ_k, diag σ_k²) with weights, means and deviations that are
// learned with the model (Dilokthanakul et al. 2016; Tomczak & Welling 2018, section 4.1, have it as
// the mixture of Gaussians that a VampPrior is compared with). Means that began alike would stay
// alike: they begin at random.
func mixturePrior(c Config, s *model.Scope, n int) dist.Distribution {
	s = s.In("prior")
	k, l := c.Whole("components"), c.Latent
	logScale := s.Param("logscale", model.Constant(.5*math.Log(1-mixtureSpread*mixtureSpread)), k, l)
	return blend{
		logits: s.Param("logits", model.Constant(0), k),
		of: dist.Normal{
			Loc:      s.Param("mean", model.Gaussian(mixtureSpread), k, l),
			LogScale: g.ClipScalar(logScale, -maxLogScale, maxLogScale),
		},
		rows: n,
	}
}

// mixtureWeights counts means and deviations.
func mixtureWeights(c Config) int64 { return int64(c.Whole("components")) * (1 + 2*int64(c.Latent)) }
