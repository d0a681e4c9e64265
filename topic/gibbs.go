package topic

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/topic/corpus"
)

// Sampler is the collapsed Gibbs sampler (Griffiths & Steyvers 2004, eq. 5): θ and β are summed
// out, and each token's topic is drawn given those of all others,
//
//	p(z_i = k | z_−i, w) ∝ (n_dk + α) (n_kw + η) / (n_k + Vη).
//
// It is exact in the limit and slow: a reference for the variational engines.
type Sampler struct {
	config Config
	docs   *corpus.Corpus
	words  []int32 // by token
	doc    []int32
	z      []int32
	inDoc  []float64 // D×K: n_dk
	ofWord []float64 // V×K: n_kw
	total  []float64 // K
	weight []float64
	sweep  int
}

// NewSampler begins with topics drawn evenly.
func NewSampler(docs *corpus.Corpus, c Config) (*Sampler, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := usable(docs); err != nil {
		return nil, err
	}
	k := c.Topics
	s := &Sampler{config: c, docs: docs, inDoc: make([]float64, docs.Len()*k), ofWord: make([]float64, docs.Vocabulary*k),
		total: make([]float64, k), weight: make([]float64, k)}
	r := rng.New(c.Seed).Named("gibbs").Rand()
	for d := range docs.Len() {
		x := docs.Doc(d)
		for i, v := range x.Terms {
			for range x.Counts[i] {
				s.words, s.doc, s.z = append(s.words, v), append(s.doc, int32(d)), append(s.z, int32(r.IntN(k)))
				s.count(len(s.z)-1, 1)
			}
		}
	}
	return s, nil
}

// count adds n to the counts of a token.
func (s *Sampler) count(i int, n float64) {
	k, z := s.config.Topics, int(s.z[i])
	s.inDoc[int(s.doc[i])*k+z] += n
	s.ofWord[int(s.words[i])*k+z] += n
	s.total[z] += n
}

// Sweep draws the topic of every token once.
func (s *Sampler) Sweep() {
	s.sweep++
	r := rng.New(s.config.Seed).Named("gibbs sweep").At(uint64(s.sweep)).Rand()
	k, beta := s.config.Topics, float64(s.docs.Vocabulary)*s.config.Eta
	for i := range s.z {
		s.count(i, -1)
		doc, word := s.inDoc[int(s.doc[i])*k:][:k], s.ofWord[int(s.words[i])*k:][:k]
		sum := 0.0
		for j := range s.weight {
			sum += (doc[j] + s.config.Alpha) * (word[j] + s.config.Eta) / (s.total[j] + beta)
			s.weight[j] = sum
		}
		u, z := r.Float64()*sum, 0
		for z < k-1 && s.weight[z] <= u {
			z++
		}
		s.z[i] = int32(z)
		s.count(i, 1)
	}
}

// Topics is the topic of every token, in the order of documents and their entries: a view.
func (s *Sampler) Topics() []int32 { return s.z }

// Run sweeps burn times, then averages the counts of further sweeps: λ_vk = η + E n_kv.
func (s *Sampler) Run(ctx context.Context, burn, sweeps int) (*Model, error) {
	if burn < 0 || sweeps < 1 {
		return nil, fmt.Errorf("topic: gibbs: got %d sweeps after %d, want at least 1 after at least 0", sweeps, burn)
	}
	m := &Model{Topics: s.config.Topics, Vocabulary: s.docs.Vocabulary, Alpha: s.config.Alpha, Eta: s.config.Eta, Lambda: make([]float64, len(s.ofWord))}
	for i := range burn + sweeps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.Sweep()
		if i >= burn {
			for j, n := range s.ofWord {
				m.Lambda[j] += n
			}
		}
	}
	for j, n := range m.Lambda {
		m.Lambda[j] = m.Eta + n/float64(sweeps)
	}
	return m, nil
}

// Collect adds the counts n_kw of the present topics to a V×K array.
func (s *Sampler) Collect(into []float64) {
	for j, n := range s.ofWord {
		into[j] += n
	}
}

// Resume puts the sampler where another one was after so many sweeps, by the topics of its tokens.
func (s *Sampler) Resume(topics []int32, sweeps int) error {
	if len(topics) != len(s.z) || sweeps < 0 {
		return fmt.Errorf("topic: gibbs: got %d topics after %d sweeps, want one for each of %d tokens", len(topics), sweeps, len(s.z))
	}
	for i, k := range topics {
		if k < 0 || int(k) >= s.config.Topics {
			return fmt.Errorf("topic: gibbs: token %d: got topic %d, want 0 to %d", i, k, s.config.Topics-1)
		}
	}
	for i, k := range topics {
		s.count(i, -1)
		s.z[i] = k
		s.count(i, 1)
	}
	s.sweep = sweeps
	return nil
}
