package topic

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"

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
	return m.SeedFrom(docs.Stream(), c)
}

// SeedFrom is Seed for documents that need not fit into memory: it reads them once and keeps as
// many as there are topics, those of the smallest random numbers.
func (m *Model) SeedFrom(r corpus.Reader, c Config) error {
	if c.Seeds == 0 {
		return nil
	}
	seeds, err := lottery(r, m.Topics, rng.New(c.Seed).Named("seeds").Rand())
	if err != nil || len(seeds) == 0 {
		return err
	}
	for k := range m.Topics {
		x := seeds[k%len(seeds)]
		scale := c.Seeds * float64(m.Vocabulary) / float64(x.Tokens())
		for i, v := range x.Terms {
			if int(v) >= m.Vocabulary {
				return fmt.Errorf("topic: seed: got word %d, want an id below the vocabulary's %d", v, m.Vocabulary)
			}
			m.Lambda[int(v)*m.Topics+k] += scale * float64(x.Counts[i])
		}
	}
	return nil
}

// ticket is a document and the number it has drawn.
type ticket struct {
	number float64
	corpus.Document
}

// lottery draws a number for each document that has words and keeps the n smallest, in order.
func lottery(r corpus.Reader, n int, draw *rand.Rand) ([]ticket, error) {
	var won []ticket
	for d := (corpus.Document{}); ; {
		switch err := r.Next(&d); {
		case errors.Is(err, io.EOF):
			return won, nil
		case err != nil:
			return nil, err
		case len(d.Terms) == 0:
			continue
		}
		x := ticket{number: draw.Float64()}
		at, _ := slices.BinarySearchFunc(won, x, func(a, b ticket) int { return cmp.Compare(a.number, b.number) })
		if at == n {
			continue
		}
		x.Document = corpus.Document{Terms: slices.Clone(d.Terms), Counts: slices.Clone(d.Counts)}
		won = slices.Insert(won, at, x)
		won = won[:min(n, len(won))]
	}
}
