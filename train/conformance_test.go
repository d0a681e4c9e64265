package train

import (
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// TestEveryModelKeepsTheContract trains every registered model on tiny data, twice with the same bits,
// opens the run and holds what it gives to its abilities. Gradients are checked in vae, resuming in
// TestResumeIsExact.
func TestEveryModelKeepsTheContract(t *testing.T) {
	for _, spec := range vae.Specs() {
		t.Run(spec.Name, func(t *testing.T) {
			c, s := tinyFor(spec.Name)
			run, dir := start(t, c, s, Observer{})
			again, _ := start(t, c, s, Observer{})
			if a, b := digest(t, dir), digest(t, again.Dir); a != b {
				t.Errorf("parameters of two runs with one seed: got %s and %s", a, b)
			}
			sameHistory(t, dir, again.Dir)
			finiteHistory(t, run.History, c.Epochs)
			loaded, err := Load(dir, "best", "")
			if err != nil {
				t.Fatal(err)
			}
			sameOutputs(t, run, loaded)
		})
	}
}

// finiteHistory wants as many epochs with finite bounds.
func finiteHistory(t *testing.T, epochs []vi.Epoch, want int) {
	t.Helper()
	if len(epochs) != want {
		t.Errorf("history: got %d epochs, want %d", len(epochs), want)
	}
	for _, e := range epochs {
		if !finiteNumber(e.Train.Bound) || !finiteNumber(e.Valid.Bound) {
			t.Errorf("epoch %d: got bounds %v and %v, want finite ones", e.Epoch, e.Train.Bound, e.Valid.Bound)
		}
	}
}

// finiteNumber tells whether a number is neither infinite nor NaN.
func finiteNumber(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// sameOutputs compares what a trained and an opened run give, ability by ability.
func sameOutputs(t *testing.T, trained, opened *Run) {
	t.Helper()
	rows := trained.Rows.TestX[:7*trained.Net.Width()]
	a, b := outputs(t, trained.Net, rows), outputs(t, opened.Net, rows)
	for name, got := range b {
		if !slices.Equal(got, a[name]) {
			t.Errorf("%s of an opened run: got other values than after training", name)
		}
		for _, v := range got {
			if !finiteNumber(float64(v)) {
				t.Errorf("%s: got %v, want finite values", name, v)
				break
			}
		}
	}
}

// outputs are those of seven rows and as many samples, of the sizes that the contract says. What a
// model cannot do has to be an error.
func outputs(t *testing.T, n *vae.Network, rows []float32) map[string][]float32 {
	t.Helper()
	ctx, can, out := t.Context(), n.Can(), map[string][]float32{}
	keep := func(ability, name string, size int, got []float32, err error) {
		t.Helper()
		if (err == nil) != can[ability] {
			t.Errorf("%s: got error %v of a model that can %v", name, err, can)
		}
		if err == nil && len(got) != 7*size {
			t.Errorf("%s: got %d values, want 7 rows of %d", name, len(got), size)
		}
		if err == nil {
			out[name] = got
		}
	}
	mean, variance, err := n.Encode(ctx, rows)
	keep("encode", "means of codes", n.CodeWidth(), mean, err)
	keep("encode", "variances of codes", n.CodeWidth(), variance, err)
	for _, v := range variance {
		if v < 0 {
			t.Errorf("variance of a code: got %v, want none below 0", v)
			break
		}
	}
	if can["encode"] {
		x, err := n.Decode(ctx, mean)
		keep("decode", "decoded codes", n.Config.Dim, x, err)
	}
	x, err := n.Sample(ctx, 7, rng.New(3))
	keep("sample", "samples", n.Config.Dim, x, err)
	sums, err := n.LogEvidence(ctx, rows, 5, rng.New(4))
	var evidence []float32
	for _, v := range sums {
		evidence = append(evidence, float32(v.LogEvidence()))
	}
	can["evidence"] = n.HasEvidence() // with a bound, or where codes are indices that a guide draws
	keep("evidence", "importance-sampled likelihoods", 1, evidence, err)
	rec, kl, err := n.Evaluator(vi.Estimator{Samples: 2}).PerDatum(ctx, rows, rng.New(5))
	if err != nil {
		t.Errorf("bound by row: %v", err)
	}
	for i := range rec {
		out["bounds"] = append(out["bounds"], float32(rec[i]), float32(kl[i]))
	}
	return out
}
