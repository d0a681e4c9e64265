package paper

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vi"
)

// mnist is the tutorials' model: 784-400-20, batch 128, Adam 1e-3, 20 epochs.
func mnist() elbo.Config {
	return elbo.Config{Data: "mnist", Epochs: 20, Batch: 128, LR: 1e-3, Hidden: []int{400}, Latent: 20, Seed: 1}
}

// within fails the test unless got is within tol of want.
func within(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	t.Logf("%s: %.2f, want %.2f ± %.2f", what, got, want, tol)
	if math.Abs(got-want) > tol {
		t.Errorf("%s: %.2f, want %.2f ± %.2f", what, got, want, tol)
	}
}

// Test figures of the tutorials' VAE on dynamically binarised MNIST: the bound, the
// importance-sampled likelihood of every tenth image with exactly 500 weights, and all
// twenty units active. A linear warm-up over half the run moves the bound by less than 2 nats.
func TestPaperMNIST(t *testing.T) {
	long(t)
	s := open(t, "mnist")
	c := mnist()
	c.Binarize = "dynamic"
	m := fit(t, "mnist", c, s)
	run := m.Run()
	bound := -run.Outcome.Test.Bound
	within(t, "−ELBO", bound, 100.1, 1)
	if au := run.Outcome.Telemetry.ActiveUnits; au != 20 {
		t.Errorf("%d active units, want 20", au)
	}
	var x []float32
	for i := 0; i < len(run.Rows.TestX); i += 10 * run.Rows.Dim {
		x = append(x, run.Rows.TestX[i:i+run.Rows.Dim]...)
	}
	sums, err := run.Net.LogEvidence(context.Background(), x, 500, rng.New(1).Named("nll"))
	if err != nil {
		t.Fatal(err)
	}
	r := vi.SummarizeImportance(sums)
	t.Logf("IS-NLL %+v", r)
	within(t, "IS-NLL", r.NLL, 94.8, 1)
	if gap := bound - r.NLL; gap < 3 || gap > 7 {
		t.Errorf("−ELBO less IS-NLL: %.2f, want 3 to 7", gap)
	}
	c.BetaSchedule = "linear"
	warm := fit(t, "mnist-linear", c, s)
	within(t, "−ELBO with warm-up", -warm.Run().Outcome.Test.Bound, bound, 2)
}

// On grey targets the figure is a cross-entropy, with a floor of 45.53 nats.
func TestPaperMNISTGrey(t *testing.T) {
	long(t)
	c := mnist()
	c.Binarize = "none"
	m := fit(t, "mnist-grey", c, open(t, "mnist"))
	within(t, "−ELBO, grey", -m.Run().Outcome.Test.Bound, 103.65, 1)
}

// Two latent dimensions, for three seeds, each held by itself and in the mean. Seeds differ by
// four nats, here and in PyTorch (bench/peers/torch_vae.py --latent 2); seed 1 misses.
func TestPaperMNISTLatent2(t *testing.T) {
	long(t)
	s := open(t, "mnist")
	mean := 0.
	for seed := range uint64(3) {
		c := mnist()
		c.Binarize, c.Latent, c.Seed = "dynamic", 2, seed+1
		m := fit(t, fmt.Sprintf("mnist-2d-%d", seed+1), c, s)
		within(t, fmt.Sprintf("−ELBO, 2 dimensions, seed %d", seed+1), -m.Run().Outcome.Test.Bound, 151.5, 2)
		mean -= m.Run().Outcome.Test.Bound / 3
	}
	within(t, "−ELBO, 2 dimensions, mean of three seeds", mean, 151.5, 2)
}
