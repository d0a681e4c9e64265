package lda

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/elbo-go/elbo/cluster/beam/gather"
	"github.com/elbo-go/elbo/cluster/beam/shard"
	"github.com/elbo-go/elbo/cluster/beam/store"
	"github.com/elbo-go/elbo/topic"
)

// Config says how a corpus is fitted on a cluster.
type Config struct {
	// Topic is how it is fitted in one process; Threads are those of a worker's shard.
	Topic topic.Config
	// Dir is the folder of the run, which workers and driver share.
	Dir string
	// Block is the number of terms of a table of counts, 0 for tables of about 2 MiB.
	Block int
	// Run runs a pipeline until it is done.
	Run func(ctx context.Context, build func(beam.Scope)) error
}

// block is the number of terms of a table.
func (c Config) block() int {
	if c.Block > 0 {
		return c.Block
	}
	return max(1, (1<<17)/max(c.Topic.Topics, 1))
}

// tag names the run: data and configuration, less what no number depends on.
func (c Config) tag(docs *shard.Corpus) (string, error) {
	t := c.Topic
	t.Progress, t.Threads = nil, 0
	b, err := json.Marshal(struct {
		Topic topic.Config
		Docs  *shard.Corpus
	}{t, docs})
	if err != nil {
		return "", fmt.Errorf("lda: configuration: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8]), nil
}

// Train is topic.Fit with the documents on a cluster: the same start, sweeps, bounds and end, up
// to the rounding of sums by shard. It goes on where the folder's run was left.
func Train(ctx context.Context, docs *shard.Corpus, c Config) (*topic.Model, error) {
	if err := shard.Distinct(docs.Shards); err != nil {
		return nil, err
	}
	if c.Topic.LearnAlpha != topic.Fixed || c.Topic.LearnEta {
		return nil, fmt.Errorf("lda: learn alpha, eta: got %q, %v, want fixed ones: a cluster does not fit concentrations", c.Topic.LearnAlpha, c.Topic.LearnEta)
	}
	run, err := c.tag(docs)
	if err != nil {
		return nil, err
	}
	at, err := resume(ctx, run, c.Dir)
	if err != nil {
		return nil, err
	}
	if at == nil {
		m, err := first(ctx, docs, c.Topic)
		if err != nil {
			return nil, err
		}
		at = &state{Run: run, model: m}
		if err := at.write(ctx, c.Dir); err != nil {
			return nil, err
		}
	}
	for !at.Done && at.Sweep < c.Topic.Sweeps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := at.step(ctx, docs, c); err != nil {
			return nil, err
		}
	}
	return at.model, nil
}

// first begins with the topics of topic.Fit, reading the shards of the documents that seed them.
func first(ctx context.Context, docs *shard.Corpus, c topic.Config) (*topic.Model, error) {
	m, err := topic.NewModel(docs.Vocabulary, c)
	if err != nil || c.Seeds == 0 {
		return m, err
	}
	n := 0
	for _, worded := range docs.Worded {
		n += worded
	}
	for k, d := range topic.SeedOrder(n, c) {
		x, err := docs.WordedDoc(ctx, d)
		if err != nil {
			return nil, err
		}
		m.SeedWith(k, x, c)
	}
	return m, nil
}

// step runs the next sweep and takes the step of the topics.
func (at *state) step(ctx context.Context, docs *shard.Corpus, c Config) error {
	t := c.Topic
	s := sweep{Run: at.Run, Dir: c.Dir, Number: at.Sweep + 1, Format: docs.Format, Vocabulary: docs.Vocabulary,
		Inner: t.Inner, Tolerance: t.InnerTolerance, Threads: t.Threads, Block: c.block()}
	s.Start, s.Keep = s.Number <= t.Fresh, s.Number >= t.Fresh && s.Number < t.Sweeps
	if err := c.Run(ctx, func(scope beam.Scope) { s.pipeline(scope, docs.Shards) }); err != nil {
		return fmt.Errorf("lda: sweep %d: %w", s.Number, err)
	}
	got, err := s.collect(ctx, docs, at.model.Topics)
	if err != nil {
		return err
	}
	r := topic.Record{Sweep: s.Number, Start: s.Start, Bound: math.NaN()}
	if !s.Start && (s.Number-t.Fresh)%t.BoundEvery == 0 || s.Number == t.Sweeps {
		r.Bound = at.model.Bound(got, t.Threads)
		if err := at.climb(r, t.Tolerance); err != nil {
			return err
		}
	}
	if err := at.model.Update(got, 1, 1); err != nil {
		return err
	}
	at.Sweep, at.Updates = s.Number, at.Updates+got.Updates
	if err := at.write(ctx, c.Dir); err != nil {
		return err
	}
	if r.Updates = at.Updates; t.Progress != nil {
		t.Progress(r)
	}
	return s.clean(ctx)
}

// climb compares a bound with the last: it must not fall, and a small gain ends the run.
func (at *state) climb(r topic.Record, tolerance float64) error {
	last := math.Inf(-1)
	if at.Bound != nil {
		last = *at.Bound
	}
	if math.IsNaN(r.Bound) || last-r.Bound > 1e-9*math.Abs(last) {
		return fmt.Errorf("lda: bound: sweep %d: got %.12g after %.12g, want it never to fall", r.Sweep, r.Bound, last)
	}
	at.Done = r.Bound-last < tolerance*math.Abs(r.Bound)
	at.Bound = &r.Bound
	return nil
}

// collect reads the tables of a sweep. It refuses sums that miss a shard, and counts that do not
// add up to the corpus's words: Σ_k φ_dvk = 1, so that a shard lost or counted twice shows.
func (s sweep) collect(ctx context.Context, docs *shard.Corpus, k int) (topic.Statistics, error) {
	var got topic.Statistics
	head, all, err := gather.Read(ctx, s.tag(), tables(s.Dir, s.Number), 0)
	if err != nil {
		return got, err
	}
	want := 0
	for _, n := range docs.Documents {
		want += n
	}
	if len(all) != totals || len(head.Shards) != len(docs.Shards) || all[documents] != float64(want) || all[tokens] != float64(docs.Tokens) {
		return got, fmt.Errorf("lda: sweep %d: got %d shards with %v documents and words, want %d with %d and %d",
			s.Number, len(head.Shards), all, len(docs.Shards), want, docs.Tokens)
	}
	got.Documents, got.Tokens, got.Updates, got.Bound = want, docs.Tokens, int64(all[updates]), all[bound]
	mass := 0.0
	for from := 0; from < s.Vocabulary; from += s.Block {
		head, counts, err := gather.Read(ctx, s.tag(), tables(s.Dir, s.Number), 1+int64(from/s.Block))
		if errors.Is(err, store.ErrNone) {
			continue // no document has a term of the block; one that was lost shows in the mass
		}
		if err != nil {
			return got, err
		}
		if len(counts) != k*len(head.Rows) {
			return got, fmt.Errorf("lda: sweep %d: got %d counts of %d terms, want %d each", s.Number, len(counts), len(head.Rows), k)
		}
		for _, r := range head.Rows {
			got.Terms = append(got.Terms, r+int32(from))
		}
		got.Counts = append(got.Counts, counts...)
		for _, n := range counts {
			mass += n
		}
	}
	if !(math.Abs(mass-float64(docs.Tokens)) <= 1e-9*float64(docs.Tokens)) {
		return got, fmt.Errorf("lda: sweep %d: got counts of %.12g words, want the %d of the corpus", s.Number, mass, docs.Tokens)
	}
	return got, nil
}

// clean removes what no later sweep reads.
func (s sweep) clean(ctx context.Context) error {
	for _, pattern := range []string{tables(s.Dir, s.Number) + "*", gammaPattern(s.Dir, s.Number-1), topicsPath(s.Dir, s.Number-1)} {
		if err := store.Remove(ctx, pattern); err != nil {
			return err
		}
	}
	return nil
}

// gammaPattern matches γ of all shards after sweep s.
func gammaPattern(dir string, s int) string { return join(dir, fmt.Sprintf("gamma-%05d-*", s)) }
