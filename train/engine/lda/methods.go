package lda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/topic"
	"github.com/elbo-go/elbo/topic/corpus"
	"github.com/elbo-go/elbo/train/engine"
)

// job is a fit: documents and settings.
type job struct {
	docs   *documents
	config topic.Config
	every  int // sweeps between two scores of the held-out documents
}

// method is a way to fit topics.
type method struct {
	name            string
	sweeps          int // usual number of sweeps or passes
	objective, said string
	fit             func(ctx context.Context, j *job, from *engine.Snapshot, step engine.Step) (*topic.Model, error)
}

// methods lists the ways to fit; the first is the usual one.
var methods = []method{
	{"batch", 100, "ELBO", "in nats over all documents, after the sweeps of the start; larger is better", fitBatch},
	{"svi", 8, "perplexity", "of held-out documents by completion; smaller is better", fitStochastic(shuffled)},
	{"online", 1, "perplexity", "of held-out documents by completion; smaller is better", fitStochastic(inOrder)},
	{"gibbs", 400, "perplexity", "of held-out documents by completion; smaller is better", fitGibbs},
}

// methodNames lists the names of the methods.
func methodNames() (out []string) {
	for _, m := range methods {
		out = append(out, m.name)
	}
	return out
}

// methodOf is the method of a config.
func methodOf(c engine.Config) method {
	return methods[slices.IndexFunc(methods, func(m method) bool { return m.name == c.Text("method") })]
}

// heldOut adds the perplexity of the held-out documents to a record, if it is time.
func (j *job) heldOut(m *topic.Model, r *engine.Record) {
	if j.every == 0 || r.Sweep%j.every != 0 || j.docs.test.Len() == 0 {
		return
	}
	if done, err := m.Complete(j.docs.test, j.config); err == nil { // else no document has a word to predict
		r.HeldOut = &done.Perplexity
	}
}

// fitBatch makes sweeps of batch inference.
func fitBatch(ctx context.Context, j *job, from *engine.Snapshot, step engine.Step) (*topic.Model, error) {
	f, err := topic.NewFitter(j.docs.train, j.config)
	if from != nil {
		f, err = topic.Restore(j.docs.train, j.config, topic.Snapshot{State: from.State, Arrays: from.Arrays})
	}
	if err != nil {
		return nil, err
	}
	for !f.Done() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := f.Sweep()
		if err != nil {
			return nil, err
		}
		record := engine.Record{Sweep: r.Sweep, Sweeps: j.config.Sweeps, Figures: map[string]float64{"token_updates": float64(r.Updates)}}
		if !math.IsNaN(r.Bound) {
			record.Bound = &r.Bound
		}
		j.heldOut(f.Model(), &record)
		err = step(record, func() (engine.Snapshot, error) {
			at, err := f.Snapshot()
			return engine.Snapshot{State: at.State, Arrays: at.Arrays}, err
		})
		if err != nil {
			return nil, err
		}
	}
	return f.Model(), nil
}

// learnerState is a topic.Learner without what a run knows, and without λ.
type learnerState struct {
	Step, Pass, Position, Seen int
	Updates                    int64
	Alpha, Eta                 float64
	Alphas, LogTheta           []float64
}

// fitStochastic makes steps with batches of documents, as next takes them.
func fitStochastic(next func(*topic.Learner, *corpus.Corpus) error) func(context.Context, *job, *engine.Snapshot, engine.Step) (*topic.Model, error) {
	return func(ctx context.Context, j *job, from *engine.Snapshot, step engine.Step) (*topic.Model, error) {
		docs, c := j.docs.train, j.config
		steps := (docs.Len() + c.Batch - 1) / c.Batch * c.Sweeps
		l, err := topic.NewLearner(docs.Vocabulary, c)
		if err == nil && from != nil {
			err = restoreLearner(l, from)
		}
		if err != nil {
			return nil, err
		}
		for l.Pass < c.Sweeps {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if err := next(l, docs); err != nil {
				return nil, err
			}
			record := engine.Record{Sweep: l.Step, Sweeps: steps, Figures: map[string]float64{"token_updates": float64(l.Updates), "documents": float64(l.Seen)}}
			j.heldOut(l.Model, &record)
			if err := step(record, func() (engine.Snapshot, error) { return learnerSnapshot(l) }); err != nil {
				return nil, err
			}
		}
		return l.Model, nil
	}
}

// shuffled takes the next step of a learner, in an order of the documents that is drawn anew for every
// pass: its context ends after it.
func shuffled(l *topic.Learner, docs *corpus.Corpus) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	l.Config.Progress = func(topic.Record) { cancel() }
	if err := l.Fit(ctx, docs); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// inOrder takes the next step of a learner that sees documents in their order, and that does not know
// how many there are: the collection is as large as what was seen of it.
func inOrder(l *topic.Learner, docs *corpus.Corpus) error {
	var at []int
	for i := l.Position; i < min(l.Position+l.Config.Batch, docs.Len()); i++ {
		at = append(at, i)
	}
	batch := docs.Subset(at)
	if l.Step == 0 {
		if err := l.Model.Seed(batch, l.Config); err != nil {
			return err
		}
	}
	if err := l.Learn(batch, float64(min(l.Seen+len(at), docs.Len()))); err != nil {
		return err
	}
	if l.Position += len(at); l.Position == docs.Len() {
		l.Pass, l.Position = l.Pass+1, 0
	}
	return nil
}

// learnerSnapshot is where a learner stands.
func learnerSnapshot(l *topic.Learner) (engine.Snapshot, error) {
	m := l.Model
	state, err := json.Marshal(learnerState{l.Step, l.Pass, l.Position, l.Seen, l.Updates, m.Alpha, m.Eta, m.Alphas, l.LogTheta})
	return engine.Snapshot{State: state, Arrays: map[string][]float64{"lambda": slices.Clone(m.Lambda)}}, err
}

// restoreLearner puts a learner where a snapshot was taken.
func restoreLearner(l *topic.Learner, from *engine.Snapshot) error {
	var s learnerState
	if err := json.Unmarshal(from.State, &s); err != nil {
		return fmt.Errorf("lda: snapshot: %w", err)
	}
	m, lambda := l.Model, from.Arrays["lambda"]
	fits := func(a []float64) bool { return a == nil || len(a) == m.Topics }
	bad := slices.ContainsFunc(slices.Concat(lambda, s.Alphas, []float64{s.Alpha, s.Eta}), func(v float64) bool { return !(v > 0) || math.IsInf(v, 0) })
	if bad || len(lambda) != len(m.Lambda) || s.Step < 0 || s.Pass < 0 || s.Position < 0 || !fits(s.Alphas) || !fits(s.LogTheta) {
		return fmt.Errorf("lda: snapshot: got %d numbers after %d steps, want %d positive ones", len(lambda), s.Step, len(m.Lambda))
	}
	l.Step, l.Pass, l.Position, l.Seen, l.Updates, l.LogTheta = s.Step, s.Pass, s.Position, s.Seen, s.Updates, s.LogTheta
	m.Alpha, m.Alphas, m.Eta = s.Alpha, s.Alphas, s.Eta
	copy(m.Lambda, lambda)
	return nil
}

// fitGibbs draws topics of all words again and again, and averages over the second half of the sweeps.
func fitGibbs(ctx context.Context, j *job, from *engine.Snapshot, step engine.Step) (*topic.Model, error) {
	docs, c := j.docs.train, j.config
	s, err := topic.NewSampler(docs, c)
	if err != nil {
		return nil, err
	}
	sum, sweep, burn := make([]float64, docs.Vocabulary*c.Topics), 0, c.Sweeps/2
	if from != nil {
		if sweep, err = restoreSampler(s, sum, from); err != nil {
			return nil, err
		}
	}
	for sweep < c.Sweeps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.Sweep()
		if sweep++; sweep > burn {
			s.Collect(sum)
		}
		record := engine.Record{Sweep: sweep, Sweeps: c.Sweeps}
		if sweep > burn {
			j.heldOut(averaged(j, sum, sweep-burn), &record)
		}
		if err := step(record, func() (engine.Snapshot, error) { return samplerSnapshot(s, sum, sweep) }); err != nil {
			return nil, err
		}
	}
	return averaged(j, sum, c.Sweeps-burn), nil
}

// averaged is the model of sums of counts over n sweeps, λ = η + sum/n.
func averaged(j *job, sum []float64, n int) *topic.Model {
	c := j.config
	m := &topic.Model{Topics: c.Topics, Vocabulary: j.docs.train.Vocabulary, Alpha: c.Alpha, Eta: c.Eta, Lambda: make([]float64, len(sum))}
	for i, v := range sum {
		m.Lambda[i] = c.Eta + v/float64(n)
	}
	return m
}

// samplerSnapshot is where a sampler stands.
func samplerSnapshot(s *topic.Sampler, sum []float64, sweep int) (engine.Snapshot, error) {
	z := make([]float64, len(s.Topics()))
	for i, k := range s.Topics() {
		z[i] = float64(k)
	}
	state, err := json.Marshal(sweep)
	return engine.Snapshot{State: state, Arrays: map[string][]float64{"topics": z, "counts": slices.Clone(sum)}}, err
}

// restoreSampler puts a sampler where a snapshot was taken, and returns the number of sweeps.
func restoreSampler(s *topic.Sampler, sum []float64, from *engine.Snapshot) (sweep int, err error) {
	if err := json.Unmarshal(from.State, &sweep); err != nil {
		return 0, fmt.Errorf("lda: snapshot: %w", err)
	}
	if len(from.Arrays["counts"]) != len(sum) {
		return 0, fmt.Errorf("lda: snapshot: got %d counts, want %d", len(from.Arrays["counts"]), len(sum))
	}
	copy(sum, from.Arrays["counts"])
	z := make([]int32, len(from.Arrays["topics"]))
	for i, k := range from.Arrays["topics"] {
		z[i] = int32(k)
	}
	return sweep, s.Resume(z, sweep)
}
