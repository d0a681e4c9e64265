package topic

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/topic/corpus"
)

// Scorer scores documents by document completion, each by itself: it infers the document's
// proportions from its tokens at even positions and scores those at odd ones under θ̂ = E θ and
// β̂ = E β, so that a score depends on that document and the topics alone.
type Scorer struct {
	model  *Model
	expect *Expectation
	sums   []float64 // Λ_k
}

// Scorer prepares to score documents; it does not follow later changes of the model.
func (m *Model) Scorer(threads int) *Scorer {
	return &Scorer{m, m.Expect(threads), m.sums()}
}

// Score gives Σ ln p(w | θ̂, β̂) over the tokens at odd positions of each document, and their number.
func (s *Scorer) Score(docs *corpus.Corpus, threads int) (logLik []float64, tokens []int, err error) {
	if err := s.model.knows(docs); err != nil {
		return nil, nil, err
	}
	even, odd := Halves(docs)
	return s.halves(even, odd, threads)
}

// halves scores one half of each document given the other. However the topics were fitted, γ
// starts from even proportions and converges.
func (s *Scorer) halves(given, asked *corpus.Corpus, threads int) (logLik []float64, tokens []int, err error) {
	if err := s.model.knows(asked); err != nil {
		return nil, nil, err
	}
	if given.Len() != asked.Len() {
		return nil, nil, fmt.Errorf("topic: completion: got %d and %d halves, want as many", given.Len(), asked.Len())
	}
	k := s.model.Topics
	gamma := make([]float64, k*given.Len())
	if _, err := s.expect.Infer(given, gamma, Config{Inner: completionInner, InnerTolerance: completionTolerance, Threads: threads}); err != nil {
		return nil, nil, err
	}
	logLik, tokens = make([]float64, asked.Len()), make([]int, asked.Len())
	parallel(asked.Len(), threads, 16, func(from, to int) {
		theta := make([]float64, k)
		for d := from; d < to; d++ {
			x, total := asked.Doc(d), sum(gamma[d*k:(d+1)*k])
			for i, g := range gamma[d*k : (d+1)*k] {
				theta[i] = g / (total * s.sums[i])
			}
			for i, v := range x.Terms {
				logLik[d] += float64(x.Counts[i]) * math.Log(dot(theta, s.model.row(int(v))))
			}
			tokens[d] = x.Tokens()
		}
	})
	return logLik, tokens, nil
}
