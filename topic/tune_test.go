package topic

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/elbo-go/elbo/topic/corpus"
)

// part holds every tenth document out, from the one at first.
func part(all *corpus.Corpus, first int) (train, held *corpus.Corpus) {
	var in, out []int
	for d := range all.Len() {
		if d%10 == first {
			out = append(out, d)
		} else {
			in = append(in, d)
		}
	}
	return all.Subset(in), all.Subset(out)
}

// TestTheStartOfBatchInferenceIsChosenOnTrainingDocuments prints the table from which Fresh,
// Inner (at Seeds 0) and Seeds of Default were chosen: completion perplexity of a tenth of the training documents
// of the press, of news and of a generated corpus.
func TestTheStartOfBatchInferenceIsChosenOnTrainingDocuments(t *testing.T) {
	if os.Getenv("ELBO_PAPER") == "" {
		t.Skip("takes minutes: set ELBO_PAPER=1")
	}
	whole, _ := press(t)
	posts, _ := news(t)
	some := make([]int, 3000)
	for i := range some {
		some[i] = 3 * i
	}
	for name, docs := range map[string]*corpus.Corpus{"press": whole, "news": posts.Subset(some), "generated": generated(1, 2000, 2000, slices.Repeat([]float64{0.05}, 30), 0.05)} {
		train, held := part(docs, 4)
		for _, k := range []int{20, 50} {
			for _, inner := range []int{5, 10, 20, 50} {
				for _, fresh := range []int{0, 5, 10, 20, 30} {
					c := Default(k)
					c.Seeds, c.Fresh, c.Inner = 0, fresh, inner
					tried(t, name, train, held, c)
				}
			}
			for _, seeds := range []float64{0, 0.02, 0.1, 0.5} {
				c := Default(k)
				c.Seeds = seeds
				tried(t, name, train, held, c)
			}
		}
	}
}

// tried prints how well a configuration does.
func tried(t *testing.T, name string, train, held *corpus.Corpus, c Config) {
	t.Helper()
	c.Sweeps, c.BoundEvery, c.Tolerance, c.Seed = 60, 20, 0, 5
	var last Record
	begin := time.Now()
	c.Progress = func(r Record) { last = r }
	m, err := Fit(t.Context(), train, c)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(begin).Seconds()
	got, err := m.Complete(held, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s K=%d inner %d fresh %d seeds %g: perplexity %.1f, bound %.7g, updates %d, %.1f s",
		name, c.Topics, c.Inner, c.Fresh, c.Seeds, got.Perplexity, last.Bound, last.Updates, took)
}
