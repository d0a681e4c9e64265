package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"time"

	"github.com/elbo-go/elbo/cluster/beam/score"
	"github.com/elbo-go/elbo/cluster/beam/shard"
	"github.com/elbo-go/elbo/cluster/beam/store"
)

// scoreOf scores documents or rows, of the kind.
func scoreOf(kind string) func(ctx context.Context, args []string, out io.Writer) error {
	return func(ctx context.Context, args []string, out io.Writer) error {
		f := flags("score " + kind)
		data := f.String("data", "", "documents or rows, one a line")
		format := f.String("format", "lda-c", "format of documents: lda-c or feat")
		model := f.String("model", "", "stored model, JSON")
		dir := f.String("out", "", "folder of the scores, which workers share")
		lines := f.Int("shard", 500, "lines a shard")
		threads := f.Int("threads", runtime.NumCPU(), "documents at a time of a worker's shard")
		on := engine(f)
		if err := parse(f, args, "data", "model", "out"); err != nil {
			return err
		}
		j := score.Job{Kind: kind, Model: *model, Format: *format, Dir: *dir, Threads: *threads}
		if kind == "lda" {
			docs, err := documents(ctx, *data, *format, "", *dir, *lines)
			if err != nil {
				return err
			}
			j.Shards, j.Width = docs.Shards, docs.Vocabulary
		} else {
			rows, err := shard.CutRows(ctx, *data, *lines)
			if err != nil {
				return err
			}
			j.Shards, j.Width = rows.Shards, rows.Columns
		}
		begin := time.Now()
		total, err := j.Run(ctx, on().Run)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%d scored: ln p %.9f of %d in all, perplexity %.6f, %s\n", total.Count, total.LogLik, total.Tokens,
			math.Exp(-total.LogLik/float64(max(total.Tokens, 1))), rate(total.Tokens, begin))
		return table(ctx, j, *dir+"/scores.csv")
	}
}

// table writes the scores of all shards to one file, in order.
func table(ctx context.Context, j score.Job, path string) error {
	return store.Write(ctx, path, func(to io.Writer) error {
		w, n := bufio.NewWriter(to), 0
		fmt.Fprintln(w, "number,log_likelihood,tokens")
		for _, s := range j.Shards {
			got, err := j.Read(ctx, s.ID)
			if err != nil {
				return err
			}
			for i, l := range got.LogLik {
				fmt.Fprintf(w, "%d,%.17g,%d\n", n, l, got.Tokens[i])
				n++
			}
		}
		return w.Flush()
	})
}
