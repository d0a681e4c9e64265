package paper

import (
	"context"
	"testing"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
)

// A VAE that saw one digit alone tells it from the others by the reconstruction score: mean
// AUROC over the ten digits at least .90, and at least .99 for the ones. The KL divergence
// alone is shown beside it, since it is no usable score.
func TestPaperOneClass(t *testing.T) {
	long(t)
	all := open(t, "mnist")
	ctx := context.Background()
	rows := make([][]float32, all.Test.Len())
	for i := range rows {
		rows[i] = all.Test.Row(i)
	}
	var mean [3]float64
	for digit := range int32(10) {
		s := &data.Splits{Train: only(all.Train, digit), Valid: only(all.Valid, digit), Test: only(all.Test, digit)}
		m, err := elbo.Train(ctx, elbo.Config{Data: "mnist", Binarize: "none", Epochs: 40, Seed: 1}, s)
		if err != nil {
			t.Fatal(err)
		}
		other := make([]bool, len(rows))
		for i, l := range all.Test.Labels {
			other[i] = l != digit
		}
		bound, err := m.Score(ctx, rows, elbo.ScoreELBO)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := m.Score(ctx, rows, elbo.ScoreReconstruction)
		if err != nil {
			t.Fatal(err)
		}
		kl := make([]float64, len(rec))
		for i := range kl {
			kl[i] = bound[i] - rec[i]
		}
		var auroc [3]float64
		for k, score := range [][]float64{rec, bound, kl} {
			if auroc[k], err = eval.AUROC(score, other); err != nil {
				t.Fatal(err)
			}
			mean[k] += auroc[k] / 10
		}
		t.Logf("digit %d: reconstruction %.3f, −ELBO %.3f, KL %.3f (%d training images)", digit, auroc[0], auroc[1], auroc[2], s.Train.Len())
		if digit == 1 && auroc[0] < .99 {
			t.Errorf("digit 1: %.3f, want at least .99", auroc[0])
		}
	}
	t.Logf("mean: reconstruction %.3f, −ELBO %.3f, KL %.3f", mean[0], mean[1], mean[2])
	if mean[0] < .9 {
		t.Errorf("mean AUROC of the reconstruction score %.3f, want at least .90", mean[0])
	}
}

// only keeps the rows of one label.
func only(s *data.Set, label int32) *data.Set {
	var keep []int
	for i, l := range s.Labels {
		if l == label {
			keep = append(keep, i)
		}
	}
	return s.Select(keep)
}
