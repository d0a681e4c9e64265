package paper

import (
	"context"
	"math"
	"testing"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
)

// An encoder that has seen 2,000 images with fixed bits for 200 epochs knows their guides better than those of
// others: the amortisation gap is larger on test images by more than three standard errors (Cremer et al. 2018; Shu et
// al. 2018). The best epoch is chosen by training images, so that the encoder may overfit, and nothing by test images.
func TestPaperMNISTOverfitEncoder(t *testing.T) {
	long(t)
	s := open(t, "mnist")
	rows, epochs := knob(t, "ELBO_PAPER_ROWS", 2000), knob(t, "ELBO_PAPER_EPOCHS", 200)
	s.Train = s.Train.Select(first(min(rows, s.Train.Len())))
	s.Valid = s.Train.Select(first(min(500, s.Train.Len())))
	c := mnist()
	c.Binarize, c.Epochs = "static", epochs
	run := fit(t, "mnist-overfit", c, s).Run()
	e := eval.Evidence{Params: run.Net.Params, Latent: run.Net.Latent}
	settings := eval.DefaultGaps()
	settings.Steps, settings.Weights = knob(t, "ELBO_PAPER_STEPS", 500), 1000
	gap := func(name string, x []float32) (mean, se float64) {
		r, err := eval.FindGaps(context.Background(), e, x[:100*run.Rows.Dim], run.Rows.Dim, nil, settings, rng.New(1).Named(name))
		if err != nil {
			t.Fatal(err)
		}
		mean, se = r.Amortization()
		approximation, se2 := r.Approximation()
		inference, se3 := r.Inference()
		t.Logf("%s: amortisation %.3f ± %.3f, approximation %.3f ± %.3f, inference %.3f ± %.3f nats", name, mean, se, approximation, se2, inference, se3)
		return mean, se
	}
	seen, se := gap("training images", run.Rows.TrainX)
	fresh, se2 := gap("test images", run.Rows.TestX)
	if err := math.Hypot(se, se2); !(fresh-seen > 3*err) {
		t.Errorf("amortisation gaps: got %.3f on test images and %.3f on those of training, ± %.3f, want more on test images", fresh, seen, err)
	}
}
