package paper

import (
	"context"
	"math"
	"testing"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
)

// What a hundred labels of MNIST are worth by themselves: a net of 500 hidden units that sees no other row is
// right for about 75 % of the test digits (Kingma et al. 2014, table 1: 74.2). The models that look
// at all rows are to be read against that. The prior of the weights is as good as flat; one of the usual
// width holds a hundred rows at 45 %. The rows of a seed are those of M1's test.
func TestPaperLabelsSupervised(t *testing.T) {
	long(t)
	s := open(t, "mnist")
	test, truth := labeled(s.Test)
	var accuracy []float64
	for seed := range seeds(t) {
		rows := balanced(s.Train, hundred, rng.New(uint64(seed+1)).Named("labels"))
		x, y := labeled(s.Train.Select(rows))
		n, err := bnn.Fit(context.Background(), x, y, bnn.Config{
			Method: "ensemble", Members: 1, Prior: bnn.Prior{Kind: "gaussian", SD: 100}, Head: "classes", Hidden: []int{500}, Raw: true, Epochs: 300, LR: 1e-3, Draws: 1, Seed: uint64(seed + 1),
		})
		if err != nil {
			t.Fatal(err)
		}
		right := 0.
		for i, p := range predicted(t, n, test) {
			if p.Mean == truth[i] {
				right++
			}
		}
		accuracy = append(accuracy, right/float64(len(truth)))
		t.Logf("supervised, seed %d: test accuracy %.2f %%", seed+1, 100*accuracy[seed])
	}
	mean, se := eval.MeanStdErr(accuracy)
	t.Logf("supervised: test accuracy %.2f %% ± %.2f (sd over %d seeds), want about 75", 100*mean, 100*se*math.Sqrt(float64(len(accuracy))), len(accuracy))
	if math.Abs(mean-.75) > .05 {
		t.Errorf("supervised: test accuracy %.2f %%, want 75 ± 5", 100*mean)
	}
}
