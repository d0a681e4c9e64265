package score

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/elbo-go/elbo/cluster/beam/shard"
	"github.com/elbo-go/elbo/mixture"
	"github.com/elbo-go/elbo/topic"
)

// documents scores documents by document completion.
type documents struct {
	job    Job
	scorer *topic.Scorer
}

// newDocuments reads topics.
func newDocuments(model []byte, j Job) (scorer, error) {
	m := &topic.Model{}
	if err := json.Unmarshal(model, m); err != nil {
		return nil, fmt.Errorf("score: %s: %w", j.Model, err)
	}
	if j.Width > m.Vocabulary {
		return nil, fmt.Errorf("score: %s: got topics over %d words for documents over %d, want no fewer", j.Model, m.Vocabulary, j.Width)
	}
	return &documents{j, m.Scorer(j.Threads)}, nil
}

// score implements scorer.
func (d *documents) score(ctx context.Context, s shard.Shard) (Scores, error) {
	docs, err := shard.Read(ctx, s, d.job.Format, d.job.Width)
	if err != nil {
		return Scores{}, err
	}
	logs, tokens, err := d.scorer.Score(docs, d.job.Threads)
	got := Scores{LogLik: logs}
	for _, n := range tokens {
		got.Tokens = append(got.Tokens, int64(n))
	}
	return got, err
}

// rows scores rows by the predictive density of a mixture.
type rows struct {
	columns int
	model   *mixture.Model
}

// newRows reads a mixture.
func newRows(model []byte, j Job) (scorer, error) {
	m := &mixture.Model{}
	if err := json.Unmarshal(model, m); err != nil {
		return nil, fmt.Errorf("score: %s: %w", j.Model, err)
	}
	if j.Width != m.Columns {
		return nil, fmt.Errorf("score: %s: got a mixture of %d columns for rows of %d, want as many", j.Model, m.Columns, j.Width)
	}
	return &rows{j.Width, m}, nil
}

// score implements scorer.
func (r *rows) score(ctx context.Context, s shard.Shard) (Scores, error) {
	x, err := shard.ReadRows(ctx, s, r.columns)
	if err != nil {
		return Scores{}, err
	}
	got := Scores{Tokens: make([]int64, x.N())}
	for i := range got.Tokens {
		got.Tokens[i] = 1
	}
	if x.N() > 0 {
		got.LogLik, err = r.model.LogProb(x)
	}
	return got, err
}
