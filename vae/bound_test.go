package vae_test

import (
	"testing"

	"github.com/gomlx/compute/dtypes"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/internal/testkit/zoo"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// TestEvaluatorReportsTheBoundOfAnObjective: it equals the importance sums of as many weights
// within the Monte-Carlo error of both, and the ELBO's terms stand beside it.
func TestEvaluatorReportsTheBoundOfAnObjective(t *testing.T) {
	n := zoo.Network(t, "vae", vae.Config{Dim: 6, Hidden: []int{5}, Latent: 2, Likelihood: "bernoulli", Sigma: 1}, dtypes.Float64)
	x := make([]float32, 300*6) // not a power of two of rows
	rng.New(1).Uniform(x)
	ctx := t.Context()
	r, err := n.Evaluator(vi.Estimator{Shuffle: true, Objective: vi.IWAE{K: 8}}).Record(ctx, x, rng.New(2), 1)
	if err != nil {
		t.Fatal(err)
	}
	sums, err := n.LogEvidence(ctx, x, 8, rng.New(3))
	if err != nil {
		t.Fatal(err)
	}
	want := 0.
	for i := range sums {
		want += sums[i].LogEvidence() / 300
	}
	// At the start q is near the posterior: weights hardly vary.
	tk.Close(t, "IWAE-8", r.ObjectiveBound, want, .02)
	if r.Samples != 8 || r.N != 300 || r.Objective != "IWAE-8" || !(r.Bound < r.ObjectiveBound) || r.ShuffledGap == 0 {
		t.Errorf("got %+v", r)
	}
	if _, err := zoo.Network(t, "ae", vae.Config{Dim: 6, Hidden: []int{5}, Latent: 2, Likelihood: "bernoulli", Sigma: 1}, dtypes.Float64).
		Evaluator(vi.Estimator{Objective: vi.IWAE{K: 8}}).Record(ctx, x, rng.New(2), 1); err != nil {
		t.Errorf("a model without noise has no other bound: %v", err)
	}
}
