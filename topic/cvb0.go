package topic

import (
	"context"
	"fmt"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/topic/corpus"
)

// collapsedLimit is the largest number of φ that Collapsed keeps: 4 GiB.
const collapsedLimit = 1 << 29

// Collapsed is collapsed variational inference with θ and β summed out and the counts of other
// tokens at their means, CVB0 (Teh et al. 2007; Asuncion et al. 2009, eq. 11):
//
//	φ_dvk ∝ (N_dk − φ_dvk + α_k) (N_vk − φ_dvk + η) / (N_k − φ_dvk + V η),
//
// where N are the sums of n_dv φ_dvk. It predicts best of the deterministic engines, but keeps
// K numbers for every entry of the corpus, goes through them in order on one thread, and has no
// bound: a reference like the sampler. It ends after c.Sweeps sweeps, or when the φ of a token
// change by less than c.Tolerance in the mean.
func Collapsed(ctx context.Context, docs *corpus.Corpus, c Config) (*Model, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := usable(docs); err != nil {
		return nil, err
	}
	if len(docs.Terms) > collapsedLimit/c.Topics {
		return nil, fmt.Errorf("topic: collapsed: got %d entries of %d topics, want at most %d numbers: use Fit, or a Learner, which keep none of them",
			len(docs.Terms), c.Topics, collapsedLimit)
	}
	s := newCollapsed(docs, c)
	for sweep := 1; sweep <= c.Sweeps; sweep++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		change := s.sweep()
		if c.Progress != nil {
			c.Progress(Record{Sweep: sweep, Bound: math.NaN(), Updates: int64(sweep * docs.Tokens())})
		}
		if change < c.Tolerance*float64(docs.Tokens()) {
			break
		}
	}
	for i, n := range s.ofWord {
		s.ofWord[i] = c.Eta + max(n, 0) // rounding may leave less than nothing
	}
	return &Model{Topics: c.Topics, Vocabulary: docs.Vocabulary, Alpha: c.Alpha, Eta: c.Eta, Lambda: s.ofWord}, nil
}

// collapsed is the state of Collapsed.
type collapsed struct {
	docs       *corpus.Corpus
	alpha, eta float64
	phi        []float64 // by entry, K each
	inDoc      []float64 // D×K: N_dk
	ofWord     []float64 // V×K: N_vk
	total      []float64 // K: N_k
	next       []float64 // K
}

// newCollapsed begins with φ at normalised log-normal draws.
func newCollapsed(docs *corpus.Corpus, c Config) *collapsed {
	k := c.Topics
	s := &collapsed{docs: docs, alpha: c.Alpha, eta: c.Eta, phi: make([]float64, len(docs.Terms)*k), inDoc: make([]float64, docs.Len()*k),
		ofWord: make([]float64, docs.Vocabulary*k), total: make([]float64, k), next: make([]float64, k)}
	rng.New(c.Seed).Named("collapsed").NormalFloat64(s.phi)
	for d := range docs.Len() {
		for i := docs.Starts[d]; i < docs.Starts[d+1]; i++ {
			phi, all := s.phi[i*k:(i+1)*k], 0.0
			for j, z := range phi {
				phi[j] = math.Exp(z)
				all += phi[j]
			}
			for j := range phi {
				phi[j] /= all
			}
			s.count(d, i, float64(docs.Counts[i]), phi)
		}
	}
	return s
}

// count adds n times x to the counts of an entry.
func (s *collapsed) count(d, i int, n float64, x []float64) {
	k, v := len(x), int(s.docs.Terms[i])
	axpy(n, x, s.inDoc[d*k:(d+1)*k])
	axpy(n, x, s.ofWord[v*k:(v+1)*k])
	axpy(n, x, s.total)
}

// sweep updates every φ once and returns Σ n |Δφ|.
func (s *collapsed) sweep() (change float64) {
	k, words := len(s.total), float64(s.docs.Vocabulary)*s.eta
	for d := range s.docs.Len() {
		doc := s.inDoc[d*k : (d+1)*k]
		for i := s.docs.Starts[d]; i < s.docs.Starts[d+1]; i++ {
			v := int(s.docs.Terms[i])
			word, phi, all := s.ofWord[v*k:(v+1)*k], s.phi[i*k:(i+1)*k], 0.0
			for j, p := range phi {
				// a count less its own part is at least 0, but for rounding
				s.next[j] = (max(doc[j]-p, 0) + s.alpha) * (max(word[j]-p, 0) + s.eta) / (max(s.total[j]-p, 0) + words)
				all += s.next[j]
			}
			n := float64(s.docs.Counts[i])
			for j, p := range phi {
				phi[j] = s.next[j] / all
				s.next[j] = phi[j] - p
				change += n * math.Abs(s.next[j])
			}
			s.count(d, i, n, s.next)
		}
	}
	return change
}
