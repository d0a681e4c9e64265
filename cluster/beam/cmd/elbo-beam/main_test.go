package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/mixture"
)

// elbo runs a command line.
func elbo(t *testing.T, line string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), strings.Fields(line), &out)
	return out.String(), err
}

func TestTopicsAreFittedAndDocumentsScored(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "docs.gz"))
	if err != nil {
		t.Fatal(err)
	}
	z, r := gzip.NewWriter(f), rand.New(rand.NewPCG(1, 1))
	for range 50 {
		fmt.Fprintf(z, "3 %d:2 %d:1 %d:3\n", r.IntN(10), 10+r.IntN(10), 20+r.IntN(10))
	}
	if z.Close() != nil || f.Close() != nil {
		t.Fatal("the documents were not written")
	}
	var models [2][]byte
	for i, runner := range []string{"direct", "prism"} {
		run := filepath.Join(dir, runner)
		out, err := elbo(t, fmt.Sprintf("train lda --data %s --topics 3 --sweeps 4 --fresh 2 --shard 9 --out %s --runner %s", f.Name(), run, runner))
		if err != nil || !strings.Contains(out, "300 words of 30 in 6 shards") || !strings.Contains(out, "sweep   4") {
			t.Fatalf("%s: got %q and error %v", runner, out, err)
		}
		if models[i], err = os.ReadFile(run + "/model.json"); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(models[0], models[1]) {
		t.Error("got other topics on another engine")
	}
	out, err := elbo(t, fmt.Sprintf("score lda --data %s --model %s --shard 20 --out %s", f.Name(), dir+"/prism/model.json", dir+"/scores"))
	if err != nil || !strings.Contains(out, "50 scored") || !strings.Contains(out, "perplexity") {
		t.Fatalf("got %q and error %v", out, err)
	}
	table, err := os.ReadFile(dir + "/scores/scores.csv")
	if err != nil || bytes.Count(table, []byte("\n")) != 51 || !bytes.HasPrefix(table, []byte("number,log_likelihood,tokens\n0,-")) {
		t.Errorf("got table %.80q and error %v, want a head and 50 lines", table, err)
	}
}

func TestRowsAreScored(t *testing.T) {
	dir, x, text := t.TempDir(), mixture.Data{D: 1}, ""
	for i := range 40 {
		x.X, text = append(x.X, float64(i%7)), text+fmt.Sprintln(i%7)
	}
	c := mixture.Default()
	c.Components = 2
	m, err := mixture.Fit(t.Context(), x, c)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"rows.csv": text, "model.json": string(b)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := elbo(t, fmt.Sprintf("score gmm --data %s/rows.csv --model %s/model.json --shard 7 --out %s/scores", dir, dir, dir))
	if err != nil || !strings.Contains(out, "40 scored") {
		t.Errorf("got %q and error %v", out, err)
	}
}

func TestBadCommandLinesAreRefused(t *testing.T) {
	flag.CommandLine.SetOutput(io.Discard)
	for line, want := range map[string]string{
		"":                         "want train lda",
		"train hmm":                "want train lda",
		"train lda":                "no --data",
		"train lda --data x":       "no --out",
		"train lda --data x --o y": "not defined",
		"train lda x":              `argument "x"`,
		"score lda --data x":       "no --model",
		"worker --port y":          "invalid value",
		"worker -- --nonesuch=1":   "not defined",
		"score gmm --data /nonesuch --model m --out o": "no such file",
	} {
		if out, err := elbo(t, line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %q and error %v, want one that says %q", line, out, err, want)
		}
	}
}
