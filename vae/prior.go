package vae

import (
	"fmt"
	"slices"
	"strings"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae/internal/sizes"
)

// Prior is a family of p(z): where it is not N(0, I), its parameters are learned with the model,
// and the KL divergence of a guide is estimated from draws.
type Prior struct {
	Name    string // as on the command line
	Summary string // one line
	Paper   string // "Author year"
	// of returns p(z) of n rows, with log-densities n×L or n, from the model's scope: parameters
	// of its own are in the scope "prior", the guide's in "encoder".
	of      func(c Config, s *model.Scope, n int) dist.Distribution
	weights func(c Config) int64 // of its own parameters; nil is none
	Reads   []string             // settings of [Spec.Options] that it has
	closed  bool                 // a normal guide has its KL divergence to it in closed form
}

// priors holds the choices of --prior.
var priors = []Prior{
	{Name: "normal", Summary: "N(0, I)", Paper: "Kingma & Welling 2014", of: NormalPrior, closed: true},
	{Name: "mixture", Summary: "K normal distributions, of which the weights are learned too", Paper: "Tomczak & Welling 2018", of: mixturePrior, weights: mixtureWeights, Reads: []string{"components"}},
	{Name: "vamp", Summary: "the guides at K pseudo-inputs, which are learned", Paper: "Tomczak & Welling 2018", of: vampPrior, weights: vampWeights, Reads: []string{"components", "pseudo"}},
	flowPrior("flow", "splines that couple the halves of the code, between linear maps", "Durkan et al. 2019", bij.SplineLaw{}, false),
	flowPrior("realnvp", "affine couplings of the halves of the code, between linear maps", "Dinh et al. 2017", bij.Scaling{}, false),
	flowPrior("maf", "every element of the code shifted and scaled by those before it", "Chen et al. 2017", bij.Scaling{}, true),
}

// Priors lists the families of p(z).
func Priors() []Prior { return slices.Clone(priors) }

// PriorNames lists the names of the families.
func PriorNames() []string {
	var out []string
	for _, p := range priors {
		out = append(out, p.Name)
	}
	return out
}

// priorFamily returns the family of the configuration, by default N(0, I).
func (c Config) priorFamily() Prior {
	if c.Prior == "" {
		return priors[0]
	}
	for _, p := range priors {
		if p.Name == c.Prior {
			return p
		}
	}
	panic(fmt.Errorf("vae: prior: got %q, want one of %s", c.Prior, strings.Join(PriorNames(), ", ")))
}

// checkPrior tells whether the model can have the family of priors.
func (c Config) checkPrior(s Spec) error {
	switch {
	case c.Prior == "" || c.Prior == priors[0].Name:
		return nil
	case !slices.Contains(PriorNames(), c.Prior):
		return fmt.Errorf("vae: %s: prior: got %q, want one of %s", s.Name, c.Prior, strings.Join(PriorNames(), ", "))
	case !s.Priors:
		return fmt.Errorf("vae: %s: prior: got %q, want %s: its prior is its own", s.Name, c.Prior, priors[0].Name)
	}
	return nil
}

// PlainPrior tells whether p(z) is N(0, I).
func (c Config) PlainPrior() bool { return c.priorFamily().Name == priors[0].Name }

// WithGuide returns the configuration of a model whose guide q(z|x), which some priors are made of, is not
// that of [Config.GaussianGuide].
func (c Config) WithGuide(guide func(s *model.Scope, x *g.Node) dist.Normal) Config {
	c.guide = guide
	return c
}

// CodePrior is p(z) of n codes.
func (c Config) CodePrior(s *model.Scope, n int) dist.Distribution {
	return c.priorFamily().of(c, s, n)
}

// PriorWeights counts the weights of p(z).
func (c Config) PriorWeights() int64 {
	if w := c.priorFamily().weights; w != nil {
		return w(c)
	}
	return 0
}

// NoCodes are n rows of zeros for codes.
func (c Config) NoCodes(s *model.Scope, n int) *g.Node {
	return g.BroadcastToDims(g.Scalar(s.Graph(), s.DType(), 0.), n, c.Latent)
}

// NormalPrior is N(0, I).
func NormalPrior(c Config, s *model.Scope, n int) dist.Distribution {
	return dist.StandardNormal(c.NoCodes(s, n))
}

// flowPrior is p(z) of z = f(ε), ε ~ N(0, I), by the map of a density of tables,
//
//	ln p(z) = ln N(f⁻¹(z); 0, I) + ln|det ∂f⁻¹/∂z|
//
// (Chen et al. 2017, eq. 11–12). It starts as N(0, I).
func flowPrior(name, summary, paper string, law bij.Law, masked bool) Prior {
	return Prior{
		Name: name, Summary: summary, Paper: paper,
		of: func(c Config, s *model.Scope, n int) dist.Distribution {
			zero := c.NoCodes(s, n)
			return bij.Flow{Of: flowChain(s.In("prior"), c.Latent, law, masked, sizes.PriorHidden), Loc: zero, LogScale: zero}
		},
		weights: func(c Config) int64 { return flowWeights(c.Latent, sizes.PriorHidden, law) },
	}
}
