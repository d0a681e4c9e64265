package topic

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/topic/corpus"
)

// bars is the data of Griffiths & Steyvers 2004: 25 words on a grid of 5×5, ten topics that are
// its rows and columns, θ even on the simplex.
func bars(seed uint64, docs, words int) *corpus.Corpus {
	r, c := rng.New(seed).Named("bars").Rand(), &corpus.Corpus{Vocabulary: 25}
	for range docs {
		theta, total := [10]float64{}, 0.0
		for k := range theta {
			theta[k] = r.ExpFloat64() // Dir(1): exponentials over their sum
			total += theta[k]
		}
		var counts [25]int32
		for range words {
			u, k := r.Float64()*total, 0
			for k < 9 && theta[k] < u {
				u -= theta[k]
				k++
			}
			if at := r.IntN(5); k < 5 {
				counts[5*k+at]++
			} else {
				counts[5*at+k-5]++
			}
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

// alike is the mean cosine of the true bars with the topics, matched one to one so that it is
// largest (by the subsets of topics that the first bars have taken).
func alike(m *Model) float64 {
	words := m.Words()
	var cosine [10][10]float64
	for b := range 10 {
		for k := range 10 {
			p, hit, all := words[k*25:(k+1)*25], 0.0, 0.0
			for v := range p {
				all += p[v] * p[v]
				if b < 5 && v/5 == b || b >= 5 && v%5 == b-5 {
					hit += p[v]
				}
			}
			cosine[b][k] = hit / math.Sqrt(5*all)
		}
	}
	best := make([]float64, 1<<10)
	for set := 1; set < 1<<10; set++ {
		b := -1
		for k := range 10 {
			b += set >> k & 1
		}
		for k := range 10 {
			if set>>k&1 == 1 {
				best[set] = max(best[set], best[set&^(1<<k)]+cosine[b][k])
			}
		}
	}
	return best[1<<10-1] / 10
}

func TestBarsAreRecovered(t *testing.T) {
	docs := bars(1, 2000, 100)
	for name, fit := range map[string]func(c Config) (*Model, error){
		"batch": func(c Config) (*Model, error) { return Fit(t.Context(), docs, c) },
		"stochastic": func(c Config) (*Model, error) {
			c.Sweeps, c.Batch, c.Inner = 20, 64, 20
			s, err := NewLearner(25, c)
			if err != nil {
				return nil, err
			}
			return s.Model, s.Fit(t.Context(), docs)
		},
		"collapsed": func(c Config) (*Model, error) { return Collapsed(t.Context(), docs, c) },
		"gibbs": func(c Config) (*Model, error) {
			s, err := NewSampler(docs, c)
			if err != nil {
				return nil, err
			}
			return s.Run(t.Context(), 60, 20)
		},
	} {
		best := 0.0
		for seed := range uint64(3) {
			c := Default(10)
			c.Alpha, c.Eta, c.Sweeps, c.Tolerance, c.Seed = 1, 0.1, 100, 1e-4, seed
			m, err := fit(c)
			if err != nil {
				t.Fatal(err)
			}
			got := alike(m)
			t.Logf("%s, seed %d: mean cosine %.4f", name, seed, got)
			if best = max(best, got); best >= 0.95 {
				break
			}
		}
		if best < 0.95 {
			t.Errorf("%s: got a mean cosine of %.4f, want 0.95 in the best of three", name, best)
		}
	}
}
