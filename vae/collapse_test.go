package vae_test

import (
	"path/filepath"
	"testing"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vi"
)

// chains draws n rows of 32 bits, each of which differs from the one before it with probability .15, the first one from 0.
func chains(n int, key rng.Key) *data.Set {
	const bits = 32
	u := make([]float32, n*bits)
	key.Uniform(u)
	s := &data.Set{Name: "chains", Shape: []int{bits}, X: make([]float32, n*bits)}
	for i := range s.X {
		before := float32(0)
		if i%bits > 0 {
			before = s.X[i-1]
		}
		if s.X[i] = before; u[i] < .15 {
			s.X[i] = 1 - before
		}
	}
	return s
}

// outcome is what came of a run.
type outcome struct {
	kl, bound, nll float64
	active         int
}

// fitted trains the collapse-prone model with an edit of its settings.
func fitted(t *testing.T, s *data.Splits, edit func(c *train.Config)) outcome {
	t.Helper()
	c := train.Default()
	c.Model, c.Likelihood, c.Hidden, c.Latent, c.Epochs, c.Batch, c.LR = "test-collapse", "bernoulli", []int{32}, 2, 30, 32, .01
	edit(&c)
	run, err := train.Start(t.Context(), c, s, filepath.Join(t.TempDir(), "run"), "test", train.Observer{})
	if err != nil {
		t.Fatal(err)
	}
	sums, err := run.Net.LogEvidence(t.Context(), run.Rows.TestX, 200, rng.New(1))
	if err != nil {
		t.Fatal(err)
	}
	o := run.Outcome
	return outcome{o.Test.KL, o.Test.Bound, vi.SummarizeImportance(sums).NLL, o.Telemetry.ActiveUnits}
}

// A decoder that needs no code collapses: the rate falls below .1 nat and no unit is active. The
// remedies are tried in turn; those that hold the rate or the means have to end with a rate above a nat
// and an active unit, and an importance-sampled NLL that is at most 1 % above that of the collapsed model.
// Schedules and an encoder that learns ahead only lead training past a collapse; here nothing is won
// behind it, so that they fall back in the end (see [TestSchedulesLeadPastALocalCollapse]). A minimum rate
// that is higher than needed pays for nats that tell nothing: .7 in each dimension ends 1.3 % above the
// collapsed model, of which .3 are the scatter of weights under narrow guides.
func TestRemediesKeepTheCodeOfADecoderThatNeedsNone(t *testing.T) {
	if testing.Short() {
		t.Skip("trains nine models")
	}
	key := rng.New(5)
	s := &data.Splits{Train: chains(4000, key.Named("train")), Valid: chains(500, key.Named("valid")), Test: chains(1000, key.Named("test"))}
	plain := fitted(t, s, func(*train.Config) {})
	t.Logf("%-22s KL %.3f, %d active, −ELBO %.3f, NLL %.3f", "plain", plain.kl, plain.active, -plain.bound, plain.nll)
	if plain.kl >= .1 || plain.active > 0 {
		t.Errorf("plain: got KL %.3f with %d active units, want a collapse", plain.kl, plain.active)
	}
	for _, r := range []struct {
		name  string
		holds bool
		edit  func(c *train.Config)
	}{
		{"free bits 1", true, func(c *train.Config) { c.FreeBits = 1 }},
		{"free bits 2 of both", true, func(c *train.Config) { c.FreeBits, c.FreeBitsGroup = 2, 2 }},
		{"capacity 2", true, func(c *train.Config) { c.Capacity = 2 }},
		{"minimum rate .55", true, func(c *train.Config) { c.MinRate = .55 }},
		{"scale of means 1.1", true, func(c *train.Config) { c.MeanScale = 1.1 }},
		{"aggressive", false, func(c *train.Config) { c.Aggressive = true }},
		{"cyclical β", false, func(c *train.Config) { c.BetaSchedule = "cyclical" }},
		{"linear β", false, func(c *train.Config) { c.BetaSchedule = "linear" }},
	} {
		o := fitted(t, s, r.edit)
		ok := o.kl > 1 && o.active >= 1 && o.nll <= 1.01*plain.nll
		t.Logf("%-22s KL %.3f, %d active, −ELBO %.3f, NLL %.3f, worked: %v", r.name, o.kl, o.active, -o.bound, o.nll, ok)
		if r.holds && !ok {
			t.Errorf("%s: got KL %.3f with %d active units and NLL %.3f, want more than 1, at least 1 and at most %.3f", r.name, o.kl, o.active, o.nll, 1.01*plain.nll)
		}
	}
}
