package lda

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/elbo-go/elbo/cluster/beam/launch"
	"github.com/elbo-go/elbo/cluster/beam/score"
	"github.com/elbo-go/elbo/cluster/beam/shard"
	"github.com/elbo-go/elbo/topic"
	"github.com/elbo-go/elbo/topic/corpus"
)

// press is the AP corpus of Blei's lda-c, unpacked, from the folder of data sets: ELBO_DATA, or
// shared/data beside the repository.
func press(t *testing.T, lines int) (*shard.Corpus, *corpus.Corpus) {
	t.Helper()
	dir := os.Getenv("ELBO_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(dir, "ap-lda", "ap.dat.gz"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ap.dat")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	shards, err := shard.CutCorpus(t.Context(), path, "lda-c", lines, 0)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := shard.CutCorpus(t.Context(), path, "lda-c", 1<<30, 0)
	if err != nil {
		t.Fatal(err)
	}
	docs, err := shard.Read(t.Context(), whole.Shards[0], "lda-c", whole.Vocabulary)
	if err != nil {
		t.Fatal(err)
	}
	return shards, docs
}

// ways are the engines and kinds of workers at hand.
func ways(t *testing.T) map[string]launch.Options {
	address, _ := pool(t, "")
	all := map[string]launch.Options{
		"direct":                           {Runner: "direct"},
		"prism, workers in this process":   {Runner: "prism"},
		"prism, pool in another process":   {Runner: "prism", Environment: "external", EnvironmentConfig: address},
		"prism, process that it starts":    {Runner: "prism", Environment: "process", EnvironmentConfig: process(t)},
		"python engine, pool of processes": {Runner: "universal", Environment: "external", EnvironmentConfig: address},
	}
	if os.Getenv(pythonName) == "" {
		delete(all, "python engine, pool of processes")
		return all
	}
	on := all["python engine, pool of processes"]
	on.Endpoint = python(t)
	all["python engine, pool of processes"] = on
	return all
}

// The press with 50 topics: every engine against one process, in λ, in bounds and in the scores of
// the documents, with the words a second of the best of some runs, taken in turn.
func TestThePressOnEveryEngineIsThatOfOneProcess(t *testing.T) {
	rounds, c := 1, topic.Default(20)
	c.Sweeps, c.Fresh, c.Tolerance, c.BoundEvery = 4, 2, 0, 1
	if os.Getenv("ELBO_PAPER") != "" {
		rounds, c.Topics, c.Alpha, c.Sweeps, c.Fresh = 2, 50, 1./50, 12, 6
	} else if testing.Short() {
		t.Skip("a few seconds")
	}
	docs, whole := press(t, 250)
	best, work := map[string]float64{}, float64(docs.Tokens)*float64(c.Sweeps)
	engines := ways(t)
	names := slices.Sorted(maps.Keys(engines))
	var local *topic.Model
	for range rounds {
		begin := time.Now()
		m, err := topic.Fit(t.Context(), whole, c)
		if err != nil {
			t.Fatal(err)
		}
		local, best["one process"] = m, max(best["one process"], work/time.Since(begin).Seconds())
		for _, name := range names {
			begin := time.Now()
			m, err := Train(t.Context(), docs, Config{Topic: c, Dir: t.TempDir(), Run: engines[name].Run})
			if err != nil {
				t.Fatal(err)
			}
			best[name] = max(best[name], work/time.Since(begin).Seconds())
			if d := far(m.Lambda, local.Lambda); d > 1e-9 {
				t.Errorf("%s: got λ off by %.2g, want 1e-9", name, d)
			} else {
				t.Logf("%s: λ off by %.2g", name, d)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(best)) {
		rate := best[name]
		t.Logf("%-34s %.3g words a second, %.0f %% of one process", name, rate, 100*rate/best["one process"])
	}
	scored(t, local, docs, whole, engines)
}

// scored scores the press under the topics on every engine.
func scored(t *testing.T, m *topic.Model, docs *shard.Corpus, whole *corpus.Corpus, engines map[string]launch.Options) {
	t.Helper()
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.json")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	want, err := m.Complete(whole, topic.Default(m.Topics))
	if err != nil {
		t.Fatal(err)
	}
	rate := float64(want.Tokens) / time.Since(begin).Seconds()
	t.Logf("%-34s %.3g words scored a second, perplexity %.6f", "one process", rate, want.Perplexity)
	each, _, err := m.Scorer(0).Score(whole, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(engines)) {
		on := engines[name]
		j := score.Job{Kind: "lda", Model: path, Shards: docs.Shards, Format: "lda-c", Width: docs.Vocabulary, Dir: t.TempDir()}
		begin := time.Now()
		got, err := j.Run(t.Context(), on.Run)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%-34s %.3g words scored a second, %.0f %% of one process", name, float64(got.Tokens)/time.Since(begin).Seconds(),
			100*float64(got.Tokens)/time.Since(begin).Seconds()/rate)
		if got.Tokens != int64(want.Tokens) || math.Abs(got.LogLik-want.LogLik) > 1e-9*math.Abs(want.LogLik) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
		var all []float64
		for _, s := range j.Shards {
			one, err := j.Read(t.Context(), s.ID)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, one.LogLik...)
		}
		if !slices.Equal(all, each) {
			t.Errorf("%s: got other scores of documents than one process, want the same bits", name)
		}
	}
}
