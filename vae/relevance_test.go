package vae_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// relevant is a linear VAE of four values and three latent dimensions with the prior of relevance.
func relevant(t *testing.T, on string) *vae.Network {
	t.Helper()
	return zoo.Network(t, "linear-vae", vae.Config{Dim: 4, Latent: 3, Rows: 50, Likelihood: "gaussian", Sigma: .5, Options: map[string]string{"ard": on}}, dtypes.Float64)
}

// penaltyOf is the loss beside the bound, at rows of a batch.
func penaltyOf(t *testing.T, n *vae.Network) (penalty, bound float64) {
	t.Helper()
	out := tk.Values(t, model.NewProgram(n.Params, "terms", func(s *model.Scope, in []*g.Node) []*g.Node {
		terms := n.Model.Terms(s, n.Batch(in[0], nil), vi.Estimator{})
		bound := g.Sub(g.ReduceAllMean(terms.LogLik), g.ReduceAllMean(g.ReduceSum(terms.KL, -1)))
		if terms.Penalty == nil {
			return []*g.Node{g.MulScalar(bound, 0), bound}
		}
		return []*g.Node{terms.Penalty, bound}
	}), rng.New(1), zoo.Rows([][]float64{{1, 2, 3, 4}, {-1, 0, 2, .5}}))
	return out[0][0], out[1][0]
}

// The penalty is (D/2N) Σ_j ln(‖w_j‖²/D + 1e-6) of plain loops; without the option there is none, and the
// bound is the same.
func TestThePriorOfRelevanceIsItsFormula(t *testing.T) {
	n := relevant(t, "true")
	got, bound := penaltyOf(t, n)
	want := 0.
	for _, a := range tk.Export(t, n.Params) {
		if a.Name != "decoder/out/weight" {
			continue
		}
		for j := range 3 {
			sum := 0.
			for _, w := range a.Data[4*j : 4*j+4] {
				sum += w * w / 4
			}
			want += 4. / 100 * math.Log(sum+1e-6)
		}
	}
	tk.Close(t, "penalty", got, want, 1e-14)
	off, same := penaltyOf(t, relevant(t, "false"))
	if off != 0 || same != bound || want == 0 {
		t.Errorf("without: got penalty %v and bound %v, want 0 and %v", off, same, bound)
	}
}

// The derivative by all weights agrees with differences, and a column of zeros stays finite.
func TestTheGradientOfThePriorOfRelevance(t *testing.T) {
	n := relevant(t, "true")
	loss := func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{n.Model.Terms(s, n.Batch(in[0], nil), vi.Estimator{}).Loss(in[1], 0)}
	}
	x := zoo.Rows([][]float64{{1, 2, 3, 4}, {-1, 0, 2, .5}})
	if d := tk.GradientWithin(t, 1e-6, n.Params, loss, x, tk.Matrix([]float64{1})); d.Count != n.Params.Count() {
		t.Errorf("got %d derivatives, want %d", d.Count, n.Params.Count())
	}
	for _, a := range tk.Export(t, n.Params) {
		if a.Name == "decoder/out/weight" {
			clear(a.Data[:4])
			tk.Import(t, n.Params, a)
		}
	}
	if got, _ := penaltyOf(t, n); math.IsInf(got, 0) || math.IsNaN(got) {
		t.Errorf("penalty of a column of zeros: got %v", got)
	}
}
