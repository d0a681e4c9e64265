package vae_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/internal/catalog"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

func TestEveryGuideAndPriorIsInTheCatalogue(t *testing.T) {
	for group, names := range map[string][]string{catalog.Guides: vae.PosteriorNames(), catalog.Priors: vae.PriorNames()} {
		for _, name := range names {
			if e, ok := catalog.Lookup(group, name); !ok || e.Summary == "" {
				t.Errorf("%s: %s: got %+v, %v", group, name, e, ok)
			}
		}
	}
	if guides, priors := vae.Facts(); guides != len(vae.PosteriorNames()) || priors != len(vae.PriorNames()) {
		t.Errorf("got facts of %d guides and %d priors, want %d and %d", guides, priors, len(vae.PosteriorNames()), len(vae.PriorNames()))
	}
}

// Every guide goes with every prior: one row has bounds that are numbers, draws of the prior are
// decoded, and importance weights give a likelihood that is not below the bound by more than the
// noise of both, four standard errors.
func TestEveryGuideGoesWithEveryPrior(t *testing.T) {
	x := []float32{1, 0, 0, 1, 1}
	narrowPriors(t)
	for _, posterior := range vae.PosteriorNames() {
		for _, prior := range vae.PriorNames() {
			c := priorConfig(prior)
			c.Posterior, c.FlowSteps = posterior, 2
			n := zoo.Network(t, "vae", c, dtypes.Float64)
			if s := n.Config.Stages()[0]; s.Start != nil {
				if err := s.Start(t.Context(), n, x, rng.New(1)); err != nil {
					t.Fatal(err)
				}
			}
			r := zoo.Must[vi.Record](t)(n.Evaluator(vi.Estimator{Samples: 400}).Record(t.Context(), x, rng.New(1), 1))
			sums := zoo.Must[[]vi.ImportanceSum](t)(n.LogEvidence(t.Context(), x, 2000, rng.New(2)))
			if evidence := sums[0].LogEvidence(); math.IsNaN(r.Bound) || !(r.Bound < evidence+4*sums[0].StdErr()+.2) {
				t.Errorf("%s guide, %s prior: got a bound of %v and ln p(x) = %v ± %.2g", posterior, prior, r.Bound, evidence, sums[0].StdErr())
			}
			for _, v := range zoo.Must[[]float32](t)(n.Sample(t.Context(), 3, rng.New(3))) {
				if !(v >= 0 && v <= 1) {
					t.Errorf("%s guide, %s prior: got a sample of %v", posterior, prior, v)
				}
			}
		}
	}
}
