package shard

import (
	"bytes"
	"context"
	"fmt"

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
	// Worded is the number of documents of each shard that have a word.
	Worded []int
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
	all := &Corpus{Format: format, Vocabulary: vocabulary, Shards: shards, Documents: make([]int, len(shards)), Worded: make([]int, len(shards))}
	for i, s := range shards {
		c, err := Read(ctx, s, format, vocabulary)
		if err != nil {
			return nil, err
		}
		all.Documents[i] = c.Len()
		for d := range c.Len() {
			if len(c.Doc(d).Terms) > 0 {
				all.Worded[i]++
			}
		}
		all.Tokens += int64(c.Tokens())
		all.Vocabulary = max(all.Vocabulary, c.Vocabulary)
	}
	if all.Tokens == 0 {
		return nil, fmt.Errorf("shard: %s: got no words in %d shards, want at least one", path, len(shards))
	}
	return all, nil
}

// WordedDoc reads document number n of those that have a word.
func (c *Corpus) WordedDoc(ctx context.Context, n int) (corpus.Document, error) {
	for i, s := range c.Shards {
		if n >= c.Worded[i] {
			n -= c.Worded[i]
			continue
		}
		docs, err := Read(ctx, s, c.Format, c.Vocabulary)
		if err != nil {
			return corpus.Document{}, err
		}
		for d := range docs.Len() {
			if x := docs.Doc(d); len(x.Terms) > 0 {
				if n == 0 {
					return x, nil
				}
				n--
			}
		}
	}
	return corpus.Document{}, fmt.Errorf("shard: documents with words: got %d too few", n+1)
}
