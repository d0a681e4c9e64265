package hmm

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train/engine"
)

// settings is a config of the engine.
func settings(path string, options map[string]string) engine.Config {
	spec, _ := engine.Lookup("hmm")
	c := spec.Default()
	c.Data, c.SaveEvery = path, 1e6
	for name, v := range options {
		c.Options[name] = v
	}
	return c
}

// csvFile writes a table.
func csvFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.csv")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// run fits a config.
func run(t *testing.T, c engine.Config) *engine.Run {
	t.Helper()
	task, err := engine.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := engine.Start(context.Background(), c, task, filepath.Join(t.TempDir(), "run"), "test", engine.Observer{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// figure is a figure of an outcome by name.
func figure(t *testing.T, o engine.Outcome, name string) float64 {
	t.Helper()
	for _, f := range o.Figures {
		if f.Name == name {
			return f.Value
		}
	}
	t.Fatalf("no figure %q in %+v", name, o.Figures)
	return 0
}

// stored is the JSON of a value.
func storedText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// counts writes a table of counts with two rates that take turns, in two sequences.
func counts(n int) string {
	r := rng.New(31).Rand()
	var b strings.Builder
	b.WriteString("id,day,n\n")
	for i := range n {
		rate := 1 + 6*(i/10%2)
		v := 0
		for range 4 * rate {
			if r.Float64() < .25 {
				v++
			}
		}
		fmt.Fprintf(&b, "%c,%d,%d\n", 'a'+byte(2*i/n), i, v)
	}
	return b.String()
}

// walk writes two columns of numbers with two levels.
func walk(n int) string {
	r := rng.New(32).Rand()
	var b strings.Builder
	b.WriteString("u,v\n")
	for i := range n {
		at := float64(i / 15 % 2)
		fmt.Fprintf(&b, "%.4f,%.4f\n", 100+10*at+r.NormFloat64(), -at+.2*r.NormFloat64())
	}
	return b.String()
}
