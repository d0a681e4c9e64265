package vae_test

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

// costs are losses of a model at fixed parameters and noise.
func costs(t *testing.T, name string, rates ...func(like *g.Node) vi.Rate) []float64 {
	t.Helper()
	p := tk.Params(t, dtypes.Float64)
	m := zoo.New(t, name, vae.Config{Dim: 5, Hidden: []int{6}, Latent: 3, Likelihood: "bernoulli", Sigma: 1})
	out := tk.Values(t, model.NewProgram(p, "loss", func(s *model.Scope, in []*g.Node) []*g.Node {
		terms := m.Terms(s, vae.Batch{X: in[0]}, vi.Estimator{})
		nodes := []*g.Node{g.Neg(g.ReduceAllMean(terms.LogLik)), g.ReduceAllSum(g.ReduceMean(terms.KL, 0))}
		for _, r := range rates {
			nodes = append(nodes, terms.LossAt(r(in[0])))
		}
		return nodes
	}), rng.New(3), zoo.Rows(scalarref.BinaryBatch(4, 5)))
	var flat []float64
	for _, v := range out {
		flat = append(flat, v[0])
	}
	return flat
}

// The closed form of the KL term against ½ Σ (μ² + σ² − 1 − ln σ²) is that of dist; here the loss is
// held to reconstruction + β KL for the usual β, 4, and for none.
func TestBetaVAEIsTheVAEAtItsUsualBeta(t *testing.T) {
	spec, _ := vae.Lookup("beta-vae")
	if spec.Usual.Beta != 4 {
		t.Errorf("usual β: got %v, want 4", spec.Usual.Beta)
	}
	at := func(beta float64) func(*g.Node) vi.Rate {
		return func(like *g.Node) vi.Rate { return vi.Rate{Beta: special.ScalarLike(like, beta)} }
	}
	v, plain := costs(t, "beta-vae", at(spec.Usual.Beta), at(0)), costs(t, "vae", at(1))
	tk.Close(t, "loss at β = 4", v[2], v[0]+4*v[1], 1e-12)
	tk.Close(t, "loss at β = 0", v[3], v[0], 1e-12)
	tk.Close(t, "the VAE's terms", plain[2], v[0]+v[1], 1e-12)
}

// At its capacity the code costs nothing; a nat from it costs γ.
func TestDisentangledBetaVAEPaysForTheDistanceFromItsCapacity(t *testing.T) {
	spec, _ := vae.Lookup("disentangled-beta-vae")
	const weight = 7
	if spec.Usual.Capacity != 25 {
		t.Errorf("usual capacity: got %v, want 25", spec.Usual.Capacity)
	}
	kl := costs(t, "disentangled-beta-vae")[1]
	at := func(nats float64) func(*g.Node) vi.Rate {
		return func(like *g.Node) vi.Rate {
			return vi.Rate{Beta: special.ScalarLike(like, 1), Capacity: special.ScalarLike(like, nats), Weight: weight}
		}
	}
	v := costs(t, "disentangled-beta-vae", at(kl), at(kl+1), at(kl-1))
	tk.Close(t, "at the capacity", v[2], v[0], 1e-10)
	tk.Close(t, "a nat below", v[3], v[0]+weight, 1e-10)
	tk.Close(t, "a nat above", v[4], v[0]+weight, 1e-10)
}
