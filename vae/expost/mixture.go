package expost

import (
	"context"
	"fmt"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
)

// componentsOption is the setting of models whose prior is a mixture that is fitted to their codes.
var componentsOption = vae.Option{Name: "components", Usage: "normal distributions of the mixture that codes are drawn from", Default: "10", Kind: vae.Whole, Min: 1, Max: 1000, Small: "2"}

// mixtureStages are those of a model that learns its codes, and then what they look like.
func mixtureStages(vae.Config) []vae.Stage {
	return []vae.Stage{{Name: "autoencoder", Share: 1}, {Name: "mixture", Start: startMixture}}
}

// startMixture fits the mixture of the prior to the codes of rows.
func startMixture(ctx context.Context, n *vae.Network, x []float32, key rng.Key) error {
	q, err := n.Posterior(ctx, x)
	if err != nil {
		return err
	}
	k := n.Config.Whole(componentsOption.Name)
	fit, err := fitMixture(ctx, q.Mean, q.L, min(k, q.N), key)
	if err != nil {
		return fmt.Errorf("vae: %s: mixture of codes: %w", n.Name, err)
	}
	return n.Params.Import(fit.padded(k).arrays("prior"))
}

// mixturePrior is Σ_k w_k N(m_k, T_k T_kᵀ) for n codes, of the arrays that the fit sets; before it each
// component is N(0, I).
func mixturePrior(c vae.Config, s *model.Scope, n int) dist.Distribution {
	s = s.In("prior")
	k, l := c.Whole(componentsOption.Name), c.Latent
	identity := func(_ rng.Key, _ []int) []float64 {
		out := make([]float64, k*l*l)
		for i := range k * l {
			out[i*l+i%l] = 1
		}
		return out
	}
	each := func(x *g.Node) *g.Node { return g.ExpandAxes(x, 0) }
	logits := g.BroadcastToDims(each(s.State("weights", model.Constant(0), k)), n, k)
	loc := g.BroadcastToDims(each(s.State("mean", model.Constant(0), k, l)), n, k, l)
	return dist.Mixture{Logits: logits, Components: dist.MultivariateNormal{Loc: loc, Tril: s.State("factor", identity, k, l, l)}}
}

// arrays are the parameters of a mixture below a path.
func (m mixture) arrays(path string) []model.Array {
	k := len(m.logWeight)
	return []model.Array{
		{Name: path + "/weights", Dims: []int{k}, Data: m.logWeight},
		{Name: path + "/mean", Dims: []int{k, m.l}, Data: m.mean},
		{Name: path + "/factor", Dims: []int{k, m.l, m.l}, Data: m.factor},
	}
}

// padded returns the mixture with k components, of which those beyond its own have no weight to
// speak of.
func (m mixture) padded(k int) mixture {
	for len(m.logWeight) < k {
		m.logWeight = append(m.logWeight, -100)
		m.mean = append(m.mean, m.mean[:m.l]...)
		m.factor = append(m.factor, m.factor[:m.l*m.l]...)
	}
	return m
}
