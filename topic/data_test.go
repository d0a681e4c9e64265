package topic

import (
	"io"
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/topic/corpus"
)

// readAll reads a gzipped file of the real data.
func readAll(t testing.TB, open func(io.Reader, corpus.Limits) *corpus.Sparse, vocabulary int, path ...string) *corpus.Corpus {
	t.Helper()
	c, err := corpus.ReadAll(open(tk.DataFile(t, path...), corpus.Limits{}), vocabulary, corpus.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// press is the AP corpus, every tenth document held out.
func press(t testing.TB) (train, test *corpus.Corpus) {
	all := readAll(t, corpus.NewLDAC, 10473, "ap-lda", "ap.dat.gz")
	var in, out []int
	for d := range all.Len() {
		if d%10 == 9 {
			out = append(out, d)
		} else {
			in = append(in, d)
		}
	}
	return all.Subset(in), all.Subset(out)
}

// small is a random corpus of documents over a vocabulary.
func small(seed uint64, docs, vocabulary, words int) *corpus.Corpus {
	r, c := rng.New(seed).Rand(), &corpus.Corpus{Vocabulary: vocabulary}
	for range docs {
		counts := map[int32]int32{}
		for range words {
			counts[int32(r.IntN(1+r.IntN(vocabulary)))]++
		}
		var d corpus.Document
		for v := range int32(vocabulary) {
			if counts[v] > 0 {
				d.Terms, d.Counts = append(d.Terms, v), append(d.Counts, counts[v])
			}
		}
		c.Add(d)
	}
	return c
}

// generated is a corpus of the model itself: topics ∼ Dir(η) of a vocabulary, θ ∼ Dir(α),
// documents of 50 to 250 words.
func generated(seed uint64, docs, vocabulary int, alpha []float64, eta float64) *corpus.Corpus {
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
	draw := func(a []float64) []float64 { // running sums
		p, total := make([]float64, len(a)), 0.0
		for i, x := range a {
			total += gamma(x)
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
	beta := make([][]float64, len(alpha))
	for k := range beta {
		beta[k] = draw(slices.Repeat([]float64{eta}, vocabulary))
	}
	for range docs {
		theta, counts := draw(alpha), make([]int32, vocabulary)
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
