package train

import (
	"testing"

	"github.com/elbo-go/elbo/vi"
)

// The deterministic autoencoder reconstructs better than the VAE of equal size, whose code
// is noisy and costs nats; it reports a log-likelihood and no bound, and cannot sample.
func TestAutoencoderReconstructsBetter(t *testing.T) {
	var rec [2]float64
	for i, name := range []string{"vae", "ae"} {
		c, s := tinyFor(name)
		c.Likelihood, c.Hidden, c.Epochs = "gaussian", []int{32}, 40
		c.Sigma = 1
		run, _ := start(t, c, s, Observer{})
		rec[i] = run.Outcome.Test.Reconstruction
		if name == "ae" {
			if r := run.Outcome.Test; r.Kind != vi.KindLogProb || r.KL != 0 || r.Bound != r.Reconstruction {
				t.Errorf("record of the autoencoder: %+v", r)
			}
			if can := run.Net.Can(); can["sample"] || can["bound"] || !can["encode"] || !can["decode"] {
				t.Errorf("abilities of the autoencoder: %v", can)
			}
			if len(run.Outcome.Warnings) > 0 {
				t.Errorf("collapse warnings for a model without a prior: %v", run.Outcome.Warnings)
			}
		}
	}
	if rec[1] <= rec[0] {
		t.Errorf("reconstruction: autoencoder %.3f, VAE %.3f, want the autoencoder's larger", rec[1], rec[0])
	}
}
