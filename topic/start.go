package topic

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/topic/corpus"
)

// NewModel begins with topics of noise over a vocabulary.
func NewModel(vocabulary int, c Config) (*Model, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if vocabulary < 1 || vocabulary > math.MaxInt32 {
		return nil, fmt.Errorf("topic: vocabulary: got %d words, want at least 1 and fewer than 2^31", vocabulary)
	}
	return newModel(c, vocabulary), nil
}

// newModel starts λ at log-normal draws of mean 1 and standard deviation 0.1, which break the
// symmetry between topics.
func newModel(c Config, vocabulary int) *Model {
	m := &Model{Topics: c.Topics, Vocabulary: vocabulary, Alpha: c.Alpha, Eta: c.Eta, Lambda: make([]float64, vocabulary*c.Topics)}
	rng.New(c.Seed).Named("lambda").NormalFloat64(m.Lambda)
	for i, z := range m.Lambda {
		m.Lambda[i] = math.Exp(0.1*z - 0.005)
	}
	return m
}

// Seed adds to the λ of each topic the words of one document, drawn without replacement as long
// as there are any, so that topics start apart. They weigh c.Seeds times as much as the noise.
func (m *Model) Seed(docs *corpus.Corpus, c Config) error {
	if err := m.knows(docs); err != nil {
		return err
	}
	var worded []int
	for d := range docs.Len() {
		if docs.Starts[d] < docs.Starts[d+1] {
			worded = append(worded, d)
		}
	}
	if c.Seeds == 0 || len(worded) == 0 {
		return nil
	}
	c.Topics = m.Topics
	for k, d := range SeedOrder(len(worded), c) {
		m.SeedWith(k, docs.Doc(worded[d]), c)
	}
	return nil
}

// SeedOrder tells, by topic, which of the documents that have words it begins with: for a corpus
// of n of them that is not in memory.
func SeedOrder(n int, c Config) []int {
	order, of := rng.New(c.Seed).Named("seeds").Perm(n), make([]int, c.Topics)
	for k := range of {
		of[k] = order[k%n]
	}
	return of
}

// SeedWith adds the words of a document to the λ of topic k.
func (m *Model) SeedWith(k int, x corpus.Document, c Config) {
	scale := c.Seeds * float64(m.Vocabulary) / float64(x.Tokens())
	for i, v := range x.Terms {
		m.Lambda[int(v)*m.Topics+k] += scale * float64(x.Counts[i])
	}
}
