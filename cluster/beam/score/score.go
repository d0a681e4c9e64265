// Package score scores data on a cluster: each shard of documents by document completion under
// topics (package topic), each shard of rows by the density of a mixture (package mixture). A
// shard's scores go to a file of their own, and their totals are summed up.
package score

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/elbo-go/elbo/cluster/beam/gather"
	"github.com/elbo-go/elbo/cluster/beam/shard"
	"github.com/elbo-go/elbo/cluster/beam/store"
)

func init() {
	register.DoFn3x1[context.Context, shard.Shard, func(int64, gather.Part), error](&scoreFn{})
}

// Job is what is to be scored, by what, and where the scores go.
type Job struct {
	// Kind is lda or gmm.
	Kind string
	// Model is the path of the stored model, JSON.
	Model string
	// Shards are the data.
	Shards []shard.Shard
	// Format is that of documents: lda-c or feat.
	Format string
	// Width is the number of terms of the vocabulary, or of columns.
	Width int
	// Dir is the folder of the scores.
	Dir string
	// Threads are those of a worker's shard; scores do not depend on them.
	Threads int
}

// Scores are those of a shard, or all.
type Scores struct {
	// LogLik is ln p of each document, over the tokens that are scored, or of each row.
	LogLik []float64
	// Tokens is the number of tokens of each document that are scored, 1 for each row.
	Tokens []int64
}

// Total is the sum of all scores.
type Total struct {
	// LogLik is Σ ln p.
	LogLik float64
	// Tokens is the number of tokens, or rows.
	Tokens int64
	// Count is the number of documents, or rows.
	Count int
}

// scorer scores the shards of one kind of data.
type scorer interface {
	score(ctx context.Context, s shard.Shard) (Scores, error)
}

// scorers make the scorer of each kind from the stored model.
var scorers = map[string]func(model []byte, j Job) (scorer, error){"lda": newDocuments, "gmm": newRows}

// tag names what the scores are computed from.
func (j Job) tag() (string, error) {
	j.Threads = 0
	b, err := json.Marshal(j)
	if err != nil {
		return "", fmt.Errorf("score: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8]), nil
}

// path is where the scores of a shard are.
func (j Job) path(id int32) string { return fmt.Sprintf("%s/scores-%05d.blob", j.Dir, id) }

// head says what a file of scores is.
type head struct {
	Run    string
	Shard  int32
	Tokens []int64
}

// scoreFn scores a shard.
type scoreFn struct {
	Job Job
	Run string

	scorer scorer
}

// Setup loads the model.
func (f *scoreFn) Setup(ctx context.Context) error {
	load, ok := scorers[f.Job.Kind]
	if !ok {
		return fmt.Errorf("score: kind: got %q, want lda or gmm", f.Job.Kind)
	}
	b, err := store.ReadAll(ctx, f.Job.Model)
	if err != nil {
		return err
	}
	f.scorer, err = load(b, f.Job)
	return err
}

// ProcessElement scores one; done again, it writes the same file again.
func (f *scoreFn) ProcessElement(ctx context.Context, s shard.Shard, emit func(int64, gather.Part)) error {
	got, err := f.scorer.score(ctx, s)
	if err != nil {
		return err
	}
	if err := store.Put(ctx, f.Job.path(s.ID), head{f.Run, s.ID, got.Tokens}, got.LogLik); err != nil {
		return err
	}
	t := got.total()
	emit(0, gather.Part{Shard: s.ID, Rows: []int32{0}, Values: []float64{t.LogLik, float64(t.Tokens), float64(t.Count)}})
	return nil
}

// total sums up the scores in their order.
func (s Scores) total() (t Total) {
	for i, l := range s.LogLik {
		t.LogLik += l
		t.Tokens += s.Tokens[i]
	}
	t.Count = len(s.LogLik)
	return t
}

// Run scores the shards by running a pipeline.
func (j Job) Run(ctx context.Context, run func(context.Context, func(beam.Scope)) error) (Total, error) {
	if err := shard.Distinct(j.Shards); err != nil {
		return Total{}, err
	}
	tag, err := j.tag()
	if err != nil {
		return Total{}, err
	}
	f := &scoreFn{Job: j, Run: tag}
	if err := f.Setup(ctx); err != nil { // a bad model fails here, not on the cluster
		return Total{}, err
	}
	f.scorer, f.Job.Shards = nil, nil
	err = run(ctx, func(s beam.Scope) {
		s = s.Scope("score.Run")
		work := beam.Reshuffle(s, beam.CreateList(s, j.Shards))
		gather.Tables(s, beam.ParDo(s, f, work), tag, j.Dir+"/total-")
	})
	if err != nil {
		return Total{}, fmt.Errorf("score: %w", err)
	}
	h, x, err := gather.Read(ctx, tag, j.Dir+"/total-", 0)
	if err != nil {
		return Total{}, err
	}
	if len(h.Shards) != len(j.Shards) || len(x) != 3 {
		return Total{}, fmt.Errorf("score: got the totals of %d shards in %d numbers, want %d in 3", len(h.Shards), len(x), len(j.Shards))
	}
	return Total{x[0], int64(x[1]), int(x[2])}, nil
}

// Read gives the scores of a shard.
func (j Job) Read(ctx context.Context, id int32) (Scores, error) {
	tag, err := j.tag()
	if err != nil {
		return Scores{}, err
	}
	var h head
	x, err := store.Get(ctx, j.path(id), &h)
	if err != nil {
		return Scores{}, err
	}
	if h.Run != tag || h.Shard != id || len(h.Tokens) != len(x) {
		return Scores{}, fmt.Errorf("score: %s: got shard %d of run %q with %d of %d numbers, want shard %d of %q", j.path(id), h.Shard, h.Run, len(h.Tokens), len(x), id, tag)
	}
	return Scores{x, h.Tokens}, nil
}
