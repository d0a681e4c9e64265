package topic

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/topic/corpus"
)

// Completion is the score of held-out documents by document completion.
type Completion struct {
	// Perplexity is exp(−LogLik/Tokens).
	Perplexity float64
	// LogLik is Σ ln p(w | θ̂, β̂) over the tokens that are scored.
	LogLik float64
	// Tokens is their number.
	Tokens int
}

// A document is scored with its γ converged, whatever the topics were fitted with.
const (
	completionInner     = 200
	completionTolerance = 1e-4
)

// Complete infers each document's proportions from its tokens at even positions and scores
// those at odd ones under θ̂ = E θ and β̂ = E β: a document's score depends on that document and
// the topics alone, whatever else is evaluated. The tokens of a bag stand in the order of its
// entries. It is no bound, and the bound is no perplexity.
func (m *Model) Complete(docs *corpus.Corpus, c Config) (Completion, error) {
	if err := m.knows(docs); err != nil {
		return Completion{}, err // before it is halved
	}
	even, odd := Halves(docs)
	return m.Score(even, odd, c.Threads)
}

// Score infers each document's proportions from its half in given and scores the half in asked.
func (m *Model) Score(given, asked *corpus.Corpus, threads int) (Completion, error) {
	score, tokens, err := m.Scorer(threads).halves(given, asked, threads)
	if err != nil {
		return Completion{}, err
	}
	return completion(sum(score), sum(tokens))
}

// completion turns a sum into a score.
func completion(logLik float64, tokens int) (Completion, error) {
	if tokens == 0 {
		return Completion{}, fmt.Errorf("topic: completion: got no tokens at odd positions, want documents of two words or more")
	}
	return Completion{math.Exp(-logLik / float64(tokens)), logLik, tokens}, nil
}

// knows refuses words that the model has never heard of.
func (m *Model) knows(docs *corpus.Corpus) error {
	if err := docs.Check(); err != nil {
		return err
	}
	if docs.Vocabulary > m.Vocabulary {
		return fmt.Errorf("topic: corpus: got a vocabulary of %d words, want at most the %d of the model", docs.Vocabulary, m.Vocabulary)
	}
	return nil
}

// Halves parts each document into its tokens at even and at odd positions, from 0.
func Halves(docs *corpus.Corpus) (even, odd *corpus.Corpus) {
	half := [2]*corpus.Corpus{{Vocabulary: docs.Vocabulary}, {Vocabulary: docs.Vocabulary}}
	for d := range docs.Len() {
		x, at := docs.Doc(d), int32(0)
		var part [2]corpus.Document
		for i, v := range x.Terms {
			for side := range int32(2) {
				if n := (x.Counts[i] + 1 - (at+side)%2) / 2; n > 0 {
					part[side].Terms, part[side].Counts = append(part[side].Terms, v), append(part[side].Counts, n)
				}
			}
			at = (at + x.Counts[i]) % 2
		}
		half[0].Add(part[0])
		half[1].Add(part[1])
	}
	return half[0], half[1]
}

// Unigram scores the same tokens by the frequencies of the training documents, one added to
// every count: what a model without topics does.
func Unigram(train, docs *corpus.Corpus) (Completion, error) {
	if err := train.Check(); err != nil {
		return Completion{}, err
	}
	if err := docs.Check(); err != nil {
		return Completion{}, err
	}
	n := make([]float64, max(train.Vocabulary, docs.Vocabulary))
	total := float64(len(n) + train.Tokens())
	for i, v := range train.Terms {
		n[v] += float64(train.Counts[i])
	}
	_, odd := Halves(docs)
	score := 0.0
	for i, v := range odd.Terms {
		score += float64(odd.Counts[i]) * math.Log((n[v]+1)/total)
	}
	return completion(score, odd.Tokens())
}
