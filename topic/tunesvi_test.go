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
	posts, _ := news(t)
	for name, docs := range map[string]*corpus.Corpus{"press": whole, "news": posts} {
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
		c.Progress = nil
		for _, c.Batch = range []int{256, 512, 1024} {
			for _, c.Forgetting = range []float64{0.6, 0.7, 0.9} {
				for _, c.Delay = range []float64{4, 10, 40} {
					line := fmt.Sprintf("%s S %d κ %g τ₀ %g:", name, c.Batch, c.Forgetting, c.Delay)
					s := learner(t, train.Vocabulary, c)
					for _, s.Config.Sweeps = range []int{1, 3, 8} {
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
