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
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// dipPenalty returns the penalty of a batch and the moments of its guide, B×L each.
func dipPenalty(t *testing.T, moments string, batch [][]float64) (penalty float64, mean, variance []float64) {
	t.Helper()
	c := vae.Config{Dim: 5, Hidden: []int{6}, Latent: 3, Likelihood: "bernoulli", Sigma: 1,
		Options: map[string]string{"moments": moments, "off-diagonal": "3", "diagonal": "7"}}
	m := zoo.New(t, "dip-vae", c)
	p := tk.Params(t, dtypes.Float64)
	tk.Import(t, p, model.Array{Name: "encoder/mean/weight", Trainable: true, Dims: []int{6, 3}, Data: []float64{1, 2, -3, 4, -5, 6, 7, -8, 9, 1, 2, 3, -4, 5, 6, 7, 8, -9}})
	out := tk.Values(t, model.NewProgram(p, "penalty", func(s *model.Scope, in []*g.Node) []*g.Node {
		mean, variance := m.(vae.Encoder).Encode(s, vae.Batch{X: in[0]})
		return []*g.Node{m.Terms(s, vae.Batch{X: in[0]}, vi.Estimator{Samples: 2}).Penalty, mean, variance}
	}), rng.New(3), zoo.Rows(batch))
	return out[0][0], out[1], out[2]
}

// The penalty against the covariance by loops, of the means and of the codes.
func TestDIPVAEPaysForTheCovariancesOfItsCodes(t *testing.T) {
	const b, l = 7, 3
	for _, moments := range []string{"means", "codes"} {
		penalty, mean, variance := dipPenalty(t, moments, scalarref.GrayBatch(b, 5))
		center := make([]float64, l)
		for i, v := range mean {
			center[i%l] += v / b
		}
		want := 0.
		for i := range l {
			for j := range l {
				cov := 0.
				for n := range b {
					cov += (mean[n*l+i] - center[i]) * (mean[n*l+j] - center[j]) / b
					if i == j && moments == "codes" {
						cov += variance[n*l+i] / b
					}
				}
				if i == j {
					want += 7 * (cov - 1) * (cov - 1)
				} else {
					want += 3 * cov * cov
				}
			}
		}
		tk.Close(t, moments, penalty/want, 1, 1e-12)
		if want < 1 {
			t.Errorf("%s: got a penalty of %v, want one that can be told from 0", moments, want)
		}
	}
}

func TestARowAloneHasNoCovariance(t *testing.T) {
	m := zoo.New(t, "dip-vae", vae.Config{Dim: 5, Hidden: []int{6}, Latent: 3, Likelihood: "bernoulli", Sigma: 1})
	tk.Values(t, model.NewProgram(tk.Params(t, dtypes.Float64), "terms", func(s *model.Scope, in []*g.Node) []*g.Node {
		terms := m.Terms(s, vae.Batch{X: in[0]}, vi.Estimator{})
		if terms.Penalty != nil || len(terms.Figures) > 0 {
			t.Error("got a penalty for one row")
		}
		return []*g.Node{terms.LogLik}
	}), rng.New(1), zoo.Rows(scalarref.GrayBatch(1, 5)))
}
