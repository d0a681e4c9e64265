package topic

import (
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/internal/polygamma"
	"github.com/elbo-go/elbo/topic/corpus"
)

// Expectation is all that documents need to know of the topics. A sweep of batch inference is
//
//	e := m.Expect(threads)
//	s, err := e.Infer(shard, gamma, c)   // for each shard of the corpus, anywhere
//	total.Add(s)                         // in any order
//	bound := m.Bound(total, threads)           // of the topics that the documents saw
//	err = m.Update(total, 1, 1)
//
// and a step of stochastic inference the same with one batch of documents, rate ρ and scale D/S.
type Expectation struct {
	// Topics is K.
	Topics int
	// Vocabulary is V.
	Vocabulary int
	// Alpha are the concentrations of the proportions, K of them.
	Alpha []float64
	// Beta is exp(E ln β), V×K row-major.
	Beta []float64
}

// Expect is the expectation under the model's λ.
func (m *Model) Expect(threads int) *Expectation {
	e := &Expectation{Topics: m.Topics, Vocabulary: m.Vocabulary, Alpha: m.alphas(), Beta: make([]float64, len(m.Lambda))}
	m.expectations(e.Beta, nil, threads)
	return e
}

// Statistics are what documents tell the topics: the expected counts of the terms that occur.
// They are sums over documents and may be added up shard by shard.
type Statistics struct {
	// Terms are the ids of the terms that occur, in rising order.
	Terms []int32
	// Counts are Σ_d n_dv φ_dvk, len(Terms)×K row-major.
	Counts []float64
	// Documents is the number of documents.
	Documents int
	// Tokens is the number of words.
	Tokens int64
	// Updates is the number of token updates: tokens times updates of their document's γ.
	Updates int64
	// LogTheta is Σ_d E ln θ_d, K of it: what the concentrations α need to know.
	LogTheta []float64
	// Bound is the documents' part of the evidence lower bound, in nats.
	Bound float64
}

// Infer updates γ of each document by c.Inner steps at most and returns the statistics.
// gamma is D×K; it is filled in, and is where γ starts unless it is all 0 for a document or
// nil: then that document starts from even proportions.
func (e *Expectation) Infer(docs *corpus.Corpus, gamma []float64, c Config) (Statistics, error) {
	k := e.Topics
	if err := docs.Check(); err != nil {
		return Statistics{}, err
	}
	switch {
	case c.Inner < 1 || !(c.InnerTolerance >= 0):
		return Statistics{}, fmt.Errorf("topic: infer: got inner %d and tolerance %g, want at least 1 and 0", c.Inner, c.InnerTolerance)
	case len(e.Alpha) != k || k == 0 || !(slices.Min(e.Alpha) >= leastAlpha):
		return Statistics{}, fmt.Errorf("topic: infer: got alpha %v, want %d of at least %g", e.Alpha, k, leastAlpha)
	case len(e.Beta) != k*e.Vocabulary || docs.Vocabulary > e.Vocabulary:
		return Statistics{}, fmt.Errorf("topic: infer: got %d words of a model with %d, want no more", docs.Vocabulary, e.Vocabulary)
	case gamma != nil && len(gamma) != k*docs.Len():
		return Statistics{}, fmt.Errorf("topic: infer: got γ of %d numbers, want %d documents × %d topics", len(gamma), docs.Len(), k)
	}
	l := newLocal(docs, e.Alpha)
	for d := range docs.Len() {
		if gamma != nil && slices.Max(gamma[d*k:(d+1)*k]) > 0 {
			copy(l.gamma[d*k:(d+1)*k], gamma[d*k:(d+1)*k])
		}
	}
	l.infer(e.Beta, c)
	copy(gamma, l.gamma)
	return l.statistics(e.Beta, c.Threads), nil
}

// statistics sums up the documents in their order.
func (l *local) statistics(beta []float64, threads int) Statistics {
	s := Statistics{Documents: l.docs.Len(), Tokens: int64(l.docs.Tokens()), Updates: sum(l.updates), Bound: sum(l.bound), LogTheta: l.logTheta()}
	for v := range l.docs.Vocabulary {
		if l.byTerm.starts[v] < l.byTerm.starts[v+1] {
			s.Terms = append(s.Terms, int32(v))
		}
	}
	s.Counts = make([]float64, len(s.Terms)*l.k)
	parallel(len(s.Terms), threads, 64, func(from, to int) {
		for i := from; i < to; i++ {
			l.count(int(s.Terms[i]), beta, s.Counts[i*l.k:(i+1)*l.k])
		}
	})
	return s
}

// logTheta is Σ_d E ln θ_d, in the order of documents.
func (l *local) logTheta() []float64 {
	s := make([]float64, l.k)
	for d := range l.docs.Len() {
		gamma := l.gamma[d*l.k : (d+1)*l.k]
		psi := polygamma.Digamma(sum(gamma))
		for k, g := range gamma {
			s[k] += polygamma.Digamma(g) - psi
		}
	}
	return s
}

// count puts Σ_d n_dv φ_dvk of term v into sum, document by document.
func (l *local) count(v int, beta, sum []float64) {
	clear(sum)
	from, to := l.byTerm.starts[v], l.byTerm.starts[v+1]
	if from == to {
		return // beta may be stale
	}
	for i := from; i < to; i++ {
		d := int(l.byTerm.doc[i]) * l.k
		axpy(l.ratio[l.byTerm.entry[i]], l.theta[d:d+l.k], sum)
	}
	for k, b := range beta[v*l.k : (v+1)*l.k] {
		sum[k] *= b
	}
}

// Add adds the statistics of other documents.
func (s *Statistics) Add(o Statistics) {
	merged := Statistics{LogTheta: slices.Clone(s.LogTheta), Documents: s.Documents + o.Documents, Tokens: s.Tokens + o.Tokens, Updates: s.Updates + o.Updates, Bound: s.Bound + o.Bound}
	if len(s.LogTheta) == 0 {
		merged.LogTheta = slices.Clone(o.LogTheta)
	} else if len(o.LogTheta) > 0 {
		axpy(1, o.LogTheta, merged.LogTheta)
	}
	k := 0
	if n := len(s.Terms) + len(o.Terms); n > 0 {
		k = (len(s.Counts) + len(o.Counts)) / n
	}
	i, j := 0, 0
	for i < len(s.Terms) || j < len(o.Terms) {
		left := j == len(o.Terms) || i < len(s.Terms) && s.Terms[i] <= o.Terms[j]
		both := left && j < len(o.Terms) && s.Terms[i] == o.Terms[j]
		if left {
			merged.Terms = append(merged.Terms, s.Terms[i])
			merged.Counts = append(merged.Counts, s.Counts[i*k:(i+1)*k]...)
			i++
		} else {
			merged.Terms = append(merged.Terms, o.Terms[j])
			merged.Counts = append(merged.Counts, o.Counts[j*k:(j+1)*k]...)
			j++
		}
		if both {
			axpy(1, o.Counts[j*k:(j+1)*k], merged.Counts[len(merged.Counts)-k:])
			j++
		}
	}
	*s = merged
}

// check refuses statistics that do not fit a model of v words and k topics.
func (s *Statistics) check(v, k int) error {
	if len(s.Counts) != len(s.Terms)*k {
		return fmt.Errorf("topic: statistics: got %d counts of %d terms, want %d topics each", len(s.Counts), len(s.Terms), k)
	}
	last := int32(-1)
	for _, t := range s.Terms {
		if t <= last || int(t) >= v {
			return fmt.Errorf("topic: statistics: got term %d after %d, want ids below %d in rising order", t, last, v)
		}
		last = t
	}
	for _, n := range s.Counts {
		if !(n >= 0) {
			return fmt.Errorf("topic: statistics: got a count of %g, want none below 0", n)
		}
	}
	return nil
}

// Update is the step λ ← (1−ρ) λ + ρ (η + scale Σ_d n_dv φ_dvk): with ρ = 1 and scale 1 that of
// batch variational Bayes, with rate ρ_t and scale D/S that of stochastic inference.
func (m *Model) Update(s Statistics, rho, scale float64) error {
	if err := s.check(m.Vocabulary, m.Topics); err != nil {
		return err
	}
	if !(rho > 0 && rho <= 1) || !(scale > 0) {
		return fmt.Errorf("topic: update: got rate %g and scale %g, want a rate in (0, 1] and a scale above 0", rho, scale)
	}
	zero, i := make([]float64, m.Topics), 0
	for v := range m.Vocabulary {
		counts := zero
		if i < len(s.Terms) && int(s.Terms[i]) == v {
			counts = s.Counts[i*m.Topics : (i+1)*m.Topics]
			i++
		}
		m.blend(v, counts, rho, scale)
	}
	return nil
}

// blend is the step of one term.
func (m *Model) blend(v int, counts []float64, rho, scale float64) {
	for k, l := range m.row(v) {
		m.Lambda[v*m.Topics+k] = (1-rho)*l + rho*(m.Eta+scale*counts[k])
	}
}

// Bound is the evidence lower bound of the corpus whose statistics were inferred under the
// model as it stands.
func (m *Model) Bound(s Statistics, threads int) float64 {
	return s.Bound + m.topicBound(m.Expect(threads).Beta, threads)
}
