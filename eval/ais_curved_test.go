package eval_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/vae"
)

// Chains move through flat space: codes on a sphere are refused. Those of a ball stay inside, where
// their density is; the annealed ln p(x) is that of importance weights, within four standard
// errors of both and .02 for the steps that adapt.
func TestAnnealingOnCurvedCodes(t *testing.T) {
	x := []float32{1, 0, 1, 1, 0}
	for name, want := range map[string]string{"s-vae": "codes on a sphere", "poincare-vae": ""} {
		c := vae.Config{Dim: 5, Hidden: []int{6}, Latent: 2, Likelihood: "bernoulli", Sigma: 1}
		n, err := vae.NewNetwork(name, c, tk.Params(t, dtypes.Float64))
		if err != nil {
			t.Fatal(err)
		}
		a := eval.DefaultAIS()
		a.Steps = 400
		got, err := a.LogEvidence(t.Context(), eval.Evidence{Params: n.Params, Latent: n.Latent}, x, 5, rng.New(1))
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got error %v, want one with %q", name, err, want)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		sums, err := n.LogEvidence(t.Context(), x, 20_000, rng.New(2))
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, name+": ln p(x)", got.Sums[0].LogEvidence(), sums[0].LogEvidence(), 4*math.Hypot(got.Sums[0].StdErr(), sums[0].StdErr())+.02)
	}
}
