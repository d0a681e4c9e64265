package regularised

import (
	"math"
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

// tcTerms returns the loss, the plain VAE's loss and the three figures of a batch with fixed noise.
func tcTerms(t *testing.T, weight string, batch [][]float64) []float64 {
	t.Helper()
	p := tk.Params(t, dtypes.Float64)
	c := vae.Config{Dim: 5, Hidden: []int{6}, Latent: 3, Likelihood: "bernoulli", Sigma: 1, Rows: 40, Options: map[string]string{"tc": weight}}
	n, err := vae.NewNetwork("beta-tcvae", c, p)
	if err != nil {
		t.Fatal(err)
	}
	var out []float64
	for _, v := range tk.Values(t, model.NewProgram(p, "loss", func(s *model.Scope, in []*g.Node) []*g.Node {
		terms := n.Model.Terms(s, n.Batch(in[0], nil), vi.Estimator{Samples: 2})
		plain := terms
		plain.Penalty = nil
		nodes := []*g.Node{terms.Loss(in[1], 0), plain.Loss(in[1], 0)}
		for _, f := range terms.Figures {
			nodes = append(nodes, f.Value)
		}
		return nodes
	}), rng.New(3), zoo.Rows(batch), tk.Matrix([]float64{1})) {
		out = append(out, v[0])
	}
	return out
}

// The loss is that of the VAE and β − 1 times the total correlation; with β = 1 it is the VAE's.
func TestBetaTCVAEWeighsTheTotalCorrelationAlone(t *testing.T) {
	batch := scalarref.BinaryBatch(8, 5)
	for weight, beta := range map[string]float64{"1": 1, "6": 6, "0": 0} {
		v := tcTerms(t, weight, batch)
		tk.Close(t, "loss", v[0], v[1]+(beta-1)*v[3], 1e-12)
		if math.Abs(v[3]) < 1e-6 {
			t.Errorf("total correlation %v, want one that can be told from 0", v[3])
		}
	}
	if v := tcTerms(t, "6", batch[:1]); len(v) != 2 || v[0] != v[1] {
		t.Errorf("a row alone: got %v, want the loss of the VAE", v)
	}
}
