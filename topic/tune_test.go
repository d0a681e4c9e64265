package topic

import (
	"math"
	"os"
	"testing"
	"time"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/topic/corpus"
)

// generated is a corpus of the model itself: topics ∼ Dir(η) of a vocabulary, θ ∼ Dir(α),
// documents of 50 to 250 words.
func generated(seed uint64, docs, vocabulary, topics int, alpha, eta float64) *corpus.Corpus {
	r, c := rng.New(seed).Named("generated").Rand(), &corpus.Corpus{Vocabulary: vocabulary}
	gamma := func(a float64) float64 { // Marsaglia & Tsang 2000 at a+1, times U^(1/a)
		d := a + 1 - 1./3
		for {
			z := r.NormFloat64()
			v := math.Pow(1+z/math.Sqrt(9*d), 3)
			if v > 0 && math.Log(r.Float64()) < z*z/2+d-d*v+d*math.Log(v) {
				return d * v * math.Pow(r.Float64(), 1/a)
			}
		}
	}
	draw := func(n int, a float64) []float64 { // running sums
		p, total := make([]float64, n), 0.0
		for i := range p {
			total += gamma(a)
			p[i] = total
		}
		return p
	}
	pick := func(p []float64) int {
		u, i := r.Float64()*p[len(p)-1], 0
		for i < len(p)-1 && p[i] <= u {
			i++
		}
		return i
	}
	beta := make([][]float64, topics)
	for k := range beta {
		beta[k] = draw(vocabulary, eta)
	}
	for range docs {
		theta, counts := draw(topics, alpha), make([]int32, vocabulary)
		for range 50 + r.IntN(201) {
			counts[pick(beta[pick(theta)])]++
		}
		var d corpus.Document
		for v, n := range counts {
			if n > 0 {
				d.Terms, d.Counts = append(d.Terms, int32(v)), append(d.Counts, n)
			}
		}
		c.Add(d)
	}
	return c
}

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

// TestTheStartOfBatchInferenceIsChosenOnTrainingDocuments prints the table from which Fresh
// and Inner of Default were chosen: completion perplexity of a tenth of the training documents
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
	for name, docs := range map[string]*corpus.Corpus{"press": whole, "news": posts.Subset(some), "generated": generated(1, 2000, 2000, 30, 0.05, 0.05)} {
		train, held := part(docs, 4)
		for _, k := range []int{20, 50} {
			for _, inner := range []int{5, 10, 20, 50} {
				for _, fresh := range []int{0, 5, 10, 20, 30} {
					c := Default(k)
					c.Sweeps, c.Fresh, c.Inner, c.BoundEvery, c.Tolerance, c.Seed = 60, fresh, inner, 20, 0, 5
					var last Record
					begin := time.Now()
					c.Progress = func(r Record) { last = r }
					m, err := Fit(t.Context(), train, c)
					if err != nil {
						t.Error(err)
						continue
					}
					took := time.Since(begin).Seconds()
					got, err := m.Complete(held, c)
					if err != nil {
						t.Fatal(err)
					}
					t.Logf("%s K=%d inner %d fresh %d: perplexity %.1f, bound %.7g, updates %d, %.1f s", name, k, inner, fresh, got.Perplexity, last.Bound, last.Updates, took)
				}
			}
		}
	}
}
