package topic

import (
	"fmt"
	"os"
	"testing"

	"github.com/elbo-go/elbo/topic/corpus"
)

// TestTheStepsOfStochasticInferenceAreChosenOnTrainingDocuments prints the table from which the
// schedules of the comparisons with batch inference were chosen, on a tenth of the training
// documents.
func TestTheStepsOfStochasticInferenceAreChosenOnTrainingDocuments(t *testing.T) {
	if os.Getenv("ELBO_PAPER") == "" {
		t.Skip("takes minutes: set ELBO_PAPER=1")
	}
	whole, _ := press(t)
	for name, docs := range map[string]*corpus.Corpus{"press": whole} {
		train, held := part(docs, 4)
		c := Default(50)
		var updates int64
		c.Progress = func(r Record) { updates = r.Updates }
		m, err := Fit(t.Context(), train, c)
		if err != nil {
			t.Fatal(err)
		}
		want, err := m.Complete(held, c)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s batch: perplexity %.1f, updates %d", name, want.Perplexity, updates)
		for _, size := range []int{32, 128} {
			for _, kappa := range []float64{0.7, 0.9} {
				for _, delay := range []float64{10, 64} {
					for _, inner := range []int{20, 50} {
						c.Batch, c.Forgetting, c.Delay, c.Inner, c.Sweeps, c.Progress = size, kappa, delay, inner, 1, nil
						s, err := NewLearner(train.Vocabulary, c)
						if err != nil {
							t.Fatal(err)
						}
						line := fmt.Sprintf("%s S %d κ %g τ₀ %g inner %d:", name, size, kappa, delay, inner)
						for s.Pass < 10 {
							s.Config.Sweeps = s.Pass + 1
							if err := s.Fit(t.Context(), train); err != nil {
								t.Fatal(err)
							}
							got, err := s.Model.Complete(held, c)
							if err != nil {
								t.Fatal(err)
							}
							line += fmt.Sprintf(" %.3f at %.2f", got.Perplexity/want.Perplexity, float64(s.Updates)/float64(updates))
						}
						t.Log(line)
					}
				}
			}
		}
	}
}
