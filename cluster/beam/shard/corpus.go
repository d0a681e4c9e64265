package shard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/elbo-go/elbo/topic/corpus"
)

// Corpus is a collection of documents in shards.
type Corpus struct {
	// Format is lda-c or feat.
	Format string
	// Vocabulary is the number of terms.
	Vocabulary int
	// Shards are the pieces.
	Shards []Shard
	// Documents is the number of documents of each shard.
	Documents []int
	// Tokens is the number of words in all.
	Tokens int64
}

// Read reads the documents of a shard.
func Read(ctx context.Context, s Shard, format string, vocabulary int) (*corpus.Corpus, error) {
	b, err := s.Bytes(ctx)
	if err != nil {
		return nil, err
	}
	var r corpus.Reader
	switch format {
	case "lda-c":
		r = corpus.NewLDAC(bytes.NewReader(b), corpus.Limits{})
	case "feat":
		r = corpus.NewFeat(bytes.NewReader(b), corpus.Limits{})
	default:
		return nil, fmt.Errorf("shard: format: got %q, want lda-c or feat", format)
	}
	c, err := corpus.ReadAll(r, vocabulary, corpus.Limits{})
	if err != nil {
		return nil, fmt.Errorf("shard: %s: shard %d at byte %d: %w", s.Path, s.ID, s.From, err)
	}
	return c, nil
}

// CutCorpus cuts a file of documents, one a line, into shards of so many lines, and reads each
// once. The vocabulary is the larger of the one given and one more than the largest id.
func CutCorpus(ctx context.Context, path, format string, lines, vocabulary int) (*Corpus, error) {
	shards, err := Cut(ctx, path, lines, 0)
	if err != nil {
		return nil, err
	}
	all := &Corpus{Format: format, Vocabulary: vocabulary, Shards: shards, Documents: make([]int, len(shards))}
	for i, s := range shards {
		c, err := Read(ctx, s, format, vocabulary)
		if err != nil {
			return nil, err
		}
		all.Documents[i] = c.Len()
		all.Tokens += int64(c.Tokens())
		all.Vocabulary = max(all.Vocabulary, c.Vocabulary)
	}
	if all.Tokens == 0 {
		return nil, fmt.Errorf("shard: %s: got no words in %d shards, want at least one", path, len(shards))
	}
	return all, nil
}

// Stream reads all documents in their order, a shard at a time.
func (c *Corpus) Stream(ctx context.Context) corpus.Reader { return &stream{ctx: ctx, all: c} }

// stream is where a Stream stands.
type stream struct {
	ctx   context.Context
	all   *Corpus
	shard int
	now   corpus.Reader
}

// Next implements corpus.Reader.
func (r *stream) Next(d *corpus.Document) error {
	for {
		if r.now != nil {
			if err := r.now.Next(d); !errors.Is(err, io.EOF) {
				return err
			}
		}
		if r.shard == len(r.all.Shards) {
			return io.EOF
		}
		docs, err := Read(r.ctx, r.all.Shards[r.shard], r.all.Format, r.all.Vocabulary)
		if err != nil {
			return err
		}
		r.now = docs.Stream()
		r.shard++
	}
}
