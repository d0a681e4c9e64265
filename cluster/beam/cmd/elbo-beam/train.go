package main

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/elbo-go/elbo/cluster/beam/lda"
	"github.com/elbo-go/elbo/cluster/beam/shard"
	"github.com/elbo-go/elbo/cluster/beam/store"
	"github.com/elbo-go/elbo/topic"
	"github.com/elbo-go/elbo/topic/corpus"
)

// trainLDA fits topics.
func trainLDA(ctx context.Context, args []string, out io.Writer) error {
	f, d := flags("train lda"), topic.Default(50)
	data := f.String("data", "", "documents, one a line; .gz is unpacked into the folder of the run")
	format := f.String("format", "lda-c", "lda-c or feat")
	vocab := f.String("vocab", "", "words by line; the vocabulary is as large at least")
	dir := f.String("out", "", "folder of the run, which workers share")
	lines := f.Int("shard", 500, "documents a shard")
	block := f.Int("block", 0, "terms of a table of counts, 0 for tables of about 2 MiB")
	k := f.Int("topics", d.Topics, "number of topics")
	alpha := f.Float64("alpha", 0, "concentration of the proportions, 0 for that of topic.Default")
	eta := f.Float64("eta", d.Eta, "concentration of the words")
	sweeps := f.Int("sweeps", d.Sweeps, "sweeps at most")
	fresh := f.Int("fresh", d.Fresh, "sweeps of the start, in which documents begin anew")
	inner := f.Int("inner", d.Inner, "updates of a document in a sweep at most")
	tolerance := f.Float64("tolerance", d.Tolerance, "share that the bound has to grow by in a sweep")
	seed := f.Uint64("seed", 0, "seed of the topics")
	threads := f.Int("threads", runtime.NumCPU(), "documents at a time of a worker's shard")
	on := engine(f)
	if err := parse(f, args, "data", "out"); err != nil {
		return err
	}
	c := topic.Default(*k)
	if *alpha != 0 {
		c.Alpha = *alpha
	}
	c.Eta, c.Sweeps, c.Fresh, c.Inner, c.Tolerance, c.Seed, c.Threads = *eta, *sweeps, *fresh, *inner, *tolerance, *seed, *threads
	docs, err := documents(ctx, *data, *format, *vocab, *dir, *lines)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d words of %d in %d shards\n", docs.Tokens, docs.Vocabulary, len(docs.Shards))
	begin := time.Now()
	c.Progress = func(r topic.Record) {
		fmt.Fprintf(out, "sweep %3d  bound %.6f  %s\n", r.Sweep, r.Bound, rate(docs.Tokens, begin))
		begin = time.Now()
	}
	m, err := lda.Train(ctx, docs, lda.Config{Topic: c, Dir: *dir, Block: *block, Run: on().Run})
	if err != nil {
		return err
	}
	path := *dir + "/model.json"
	fmt.Fprintln(out, "topics in", path)
	return store.Write(ctx, path, func(w io.Writer) error { return json.NewEncoder(w).Encode(m) })
}

// documents cuts a file of documents into shards; a packed one is unpacked first.
func documents(ctx context.Context, data, format, vocab, dir string, lines int) (*shard.Corpus, error) {
	words := 0
	if vocab != "" {
		r, err := store.Open(ctx, vocab, 0, -1)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		list, err := corpus.ReadVocabulary(r, corpus.Limits{})
		if err != nil {
			return nil, err
		}
		words = len(list)
	}
	if strings.HasSuffix(data, ".gz") {
		plain := dir + "/documents"
		if err := unpack(ctx, data, plain); err != nil {
			return nil, err
		}
		data = plain
	}
	return shard.CutCorpus(ctx, data, format, lines, words)
}

// unpack writes the contents of a gzip file.
func unpack(ctx context.Context, from, to string) error {
	r, err := store.Open(ctx, from, 0, -1)
	if err != nil {
		return err
	}
	defer r.Close()
	return store.Write(ctx, to, func(w io.Writer) error {
		z, err := gzip.NewReader(r)
		if err != nil {
			return err
		}
		_, err = io.Copy(w, z)
		return err
	})
}
