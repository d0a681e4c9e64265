package regularised

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/scalarref"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// The loss is −E ln p(x|z) + (1 − α) KL + (α + λ − 1) MMD²; with α = 0 and λ = 1 it is the VAE's.
func TestInfoVAEWeighsItsTermsAsStated(t *testing.T) {
	for _, c := range []struct {
		alpha, lambda string
		kl, mmd       float64
	}{{"0", "1", 1, 0}, {"0.5", "1000", .5, 999.5}, {"1", "20", 0, 20}, {"-2", "5", 3, 2}} {
		m := zoo.New(t, "info-vae", vae.Config{Dim: 5, Hidden: []int{6}, Latent: 3, Likelihood: "bernoulli", Sigma: 1,
			Options: map[string]string{"information": c.alpha, "lambda": c.lambda, "kernel": "rbf"}})
		out := tk.Values(t, model.NewProgram(tk.Params(t, dtypes.Float64), "loss", func(s *model.Scope, in []*g.Node) []*g.Node {
			terms := m.Terms(s, vae.Batch{X: in[0]}, vi.Estimator{})
			loss := terms.Loss(special.ScalarLike(in[0], 1), 0)
			return []*g.Node{loss, g.ReduceAllMean(terms.LogLik), g.ReduceAllSum(g.ReduceMean(terms.KL, 0)), terms.Figures[0].Value}
		}), rng.New(3), zoo.Rows(scalarref.BinaryBatch(6, 5)))
		tk.Close(t, "loss", out[0][0], -out[1][0]+c.kl*out[2][0]+c.mmd*out[3][0], 1e-10)
	}
}

func TestARowAloneHasNoDiscrepancy(t *testing.T) {
	for _, name := range []string{"info-vae", "wae-mmd"} {
		m := zoo.New(t, name, vae.Config{Dim: 5, Hidden: []int{6}, Latent: 3, Likelihood: "bernoulli", Sigma: 1})
		tk.Values(t, model.NewProgram(tk.Params(t, dtypes.Float64), "terms", func(s *model.Scope, in []*g.Node) []*g.Node {
			terms := m.Terms(s, vae.Batch{X: in[0]}, vi.Estimator{})
			if len(terms.Figures) > 0 {
				t.Errorf("%s: got the figure %s for one row", name, terms.Figures[0].Name)
			}
			return []*g.Node{terms.Loss(special.ScalarLike(in[0], 1), 0)}
		}), rng.New(1), zoo.Rows(scalarref.BinaryBatch(1, 5)))
	}
}
