package score

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/elbo-go/elbo/cluster/beam/gather"
	"github.com/elbo-go/elbo/cluster/beam/launch"
	"github.com/elbo-go/elbo/cluster/beam/shard"
	"github.com/elbo-go/elbo/cluster/beam/store"
	"github.com/elbo-go/elbo/mixture"
	"github.com/elbo-go/elbo/topic"
	"github.com/elbo-go/elbo/topic/corpus"
)

func TestMain(m *testing.M) {
	flag.Parse()
	beam.Init()
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	os.Exit(m.Run())
}

// engines are where each test runs.
var engines = map[string]launch.Options{"direct": {Runner: "direct"}, "prism": {Runner: "prism"}}

// write is a file.
func write(t *testing.T, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// stored is a model in a file.
func stored(t *testing.T, model any) string {
	t.Helper()
	b, err := json.Marshal(model)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, b)
}

// texts are random documents in shards and in memory, with topics that were fitted to them.
func texts(t *testing.T) (Job, *topic.Model, *corpus.Corpus) {
	t.Helper()
	r, text := rand.New(rand.NewPCG(1, 1)), ""
	for d := range 40 {
		line, n := "", 0
		for v := range 30 {
			if r.IntN(3) == 0 && d%9 != 8 { // some documents are empty
				line, n = line+fmt.Sprintf(" %d:%d", v, 1+r.IntN(4)), n+1
			}
		}
		text += fmt.Sprint(n) + line + "\n"
	}
	path := write(t, []byte(text))
	shards, err := shard.CutCorpus(t.Context(), path, "lda-c", 6, 30)
	if err != nil {
		t.Fatal(err)
	}
	docs, err := corpus.ReadAll(corpus.NewLDAC(strings.NewReader(text), corpus.Limits{}), 30, corpus.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	c := topic.Default(4)
	c.Sweeps, c.Fresh = 5, 2
	m, err := topic.Fit(t.Context(), docs, c)
	if err != nil {
		t.Fatal(err)
	}
	return Job{Kind: "lda", Model: stored(t, m), Shards: shards.Shards, Format: "lda-c", Width: 30, Dir: t.TempDir(), Threads: 1}, m, docs
}

// table is random rows in shards and in memory, with a mixture that was fitted to them.
func table(t *testing.T) (Job, *mixture.Model, mixture.Data) {
	t.Helper()
	r, x, text := rand.New(rand.NewPCG(2, 1)), mixture.Data{D: 2}, "x,y\n"
	for i := range 90 {
		a, b := r.NormFloat64()+float64(5*(i%2)), r.NormFloat64()
		x.X, text = append(x.X, a, b), text+fmt.Sprintf("%.17g,%.17g\n", a, b)
	}
	rows, err := shard.CutRows(t.Context(), write(t, []byte(text)), 13)
	if err != nil {
		t.Fatal(err)
	}
	c := mixture.Default()
	c.Components = 3
	m, err := mixture.Fit(t.Context(), x, c)
	if err != nil {
		t.Fatal(err)
	}
	return Job{Kind: "gmm", Model: stored(t, m), Shards: rows.Shards, Width: 2, Dir: t.TempDir()}, m, x
}

// gathered are the scores of all shards.
func gathered(t *testing.T, j Job) (logLik []float64) {
	t.Helper()
	for _, s := range j.Shards {
		got, err := j.Read(t.Context(), s.ID)
		if err != nil {
			t.Fatal(err)
		}
		logLik = append(logLik, got.LogLik...)
	}
	return logLik
}

func TestDocumentsScoreAsInOneProcess(t *testing.T) {
	j, m, docs := texts(t)
	want, err := m.Complete(docs, topic.Default(4))
	if err != nil {
		t.Fatal(err)
	}
	each, _, err := m.Scorer(1).Score(docs, 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, on := range engines {
		j.Dir = t.TempDir()
		got, err := j.Run(t.Context(), on.Run)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.LogLik-want.LogLik) > 1e-9*math.Abs(want.LogLik) || got.Tokens != int64(want.Tokens) || got.Count != 40 {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
		if !slices.Equal(gathered(t, j), each) {
			t.Errorf("%s: got other scores than in one process, want the same bits", name)
		}
	}
}

func TestRowsScoreAsInOneProcess(t *testing.T) {
	j, m, x := table(t)
	want, err := m.LogProb(x)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, l := range want {
		sum += l
	}
	for name, on := range engines {
		j.Dir = t.TempDir()
		got, err := j.Run(t.Context(), on.Run)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.LogLik-sum) > 1e-9*math.Abs(sum) || got.Tokens != 90 || got.Count != 90 {
			t.Errorf("%s: got %+v, want %g of 90 rows", name, got, sum)
		}
		if !slices.Equal(gathered(t, j), want) {
			t.Errorf("%s: got other densities than in one process, want the same bits", name)
		}
	}
}

func TestScoringAgainWritesTheSameFiles(t *testing.T) {
	j, _, _ := texts(t)
	var files [2][]byte
	for i := range files {
		if _, err := j.Run(t.Context(), launch.Options{Runner: "direct"}.Run); err != nil {
			t.Fatal(err)
		}
		for _, s := range j.Shards {
			b, err := os.ReadFile(j.path(s.ID))
			if err != nil {
				t.Fatal(err)
			}
			files[i] = append(files[i], b...)
		}
	}
	if !slices.Equal(files[0], files[1]) {
		t.Error("got other files the second time")
	}
}

func TestAJobThatCannotBeDoneIsRefusedBeforeItIsSent(t *testing.T) {
	docs, _, _ := texts(t)
	rows, _, _ := table(t)
	sent := func(context.Context, func(beam.Scope)) error { t.Error("the job was sent"); return nil }
	for want, change := range map[string]func() Job{
		"lda or gmm":    func() Job { j := docs; j.Kind = "hmm"; return j },
		"no such file":  func() Job { j := docs; j.Model += "x"; return j },
		"version":       func() Job { j := docs; j.Model = rows.Model; return j },
		"over 30 words": func() Job { j := docs; j.Width = 31; return j },
		"format":        func() Job { j := rows; j.Model = docs.Model; return j },
		"rows of 3":     func() Job { j := rows; j.Width = 3; return j },
		"no shards":     func() Job { j := rows; j.Shards = nil; return j },
		"twice":         func() Job { j := rows; j.Shards = []shard.Shard{{}, {}}; return j },
	} {
		if _, err := change().Run(t.Context(), sent); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one that says %q", err, want)
		}
	}
}

func TestScoresOfAnotherJobOrOfTooFewShardsAreRefused(t *testing.T) {
	j, _, _ := table(t)
	if _, err := j.Run(t.Context(), launch.Options{Runner: "direct"}.Run); err != nil {
		t.Fatal(err)
	}
	other := j
	other.Width = 3
	if _, err := other.Read(t.Context(), 0); err == nil {
		t.Error("got no error for the scores of another job")
	}
	if _, err := j.Read(t.Context(), 99); err == nil {
		t.Error("got no error for a shard that is not there")
	}
	tag, err := j.tag()
	if err != nil {
		t.Fatal(err)
	}
	nothing := func(ctx context.Context, _ func(beam.Scope)) error {
		return store.Put(ctx, j.Dir+"/total-table-00000.blob", gather.Head{Run: tag, Shards: []int32{0}, Rows: []int32{0}}, []float64{1, 2, 3})
	}
	if _, err := j.Run(t.Context(), nothing); err == nil || !strings.Contains(err.Error(), "1 shards") {
		t.Errorf("got error %v for the totals of one shard, want a refusal", err)
	}
}

func TestABadRowFailsTheJobWithItsPlace(t *testing.T) {
	j, _, _ := table(t)
	j.Shards = []shard.Shard{{Path: write(t, []byte("1,2\n3,x\n")), To: 8, Sum: store.Checksum([]byte("1,2\n3,x\n"))}}
	for name, on := range engines {
		if _, err := j.Run(t.Context(), on.Run); err == nil || !strings.Contains(err.Error(), "line 2: column 2") {
			t.Errorf("%s: got error %v, want one that says where", name, err)
		}
	}
}
