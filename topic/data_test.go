package topic

import (
	"io"
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
