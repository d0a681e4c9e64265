package crf

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/crf"
	"github.com/elbo-go/elbo/train/engine"
)

// settings is a config of the engine.
func settings(path string, options map[string]string) engine.Config {
	spec, _ := engine.Lookup("crf")
	c := spec.Default()
	c.Data, c.SaveEvery = path, 1e6
	for name, v := range options {
		c.Options[name] = v
	}
	return c
}

// file writes a file and returns its path.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// inColumns is the text of sentences, with labels or without.
func inColumns(t *testing.T, data []crf.Sequence, labelled bool) string {
	t.Helper()
	var b strings.Builder
	for _, s := range data {
		if !labelled {
			s.Labels = nil
		}
		if err := crf.WriteColumns(&b, []crf.Sequence{s}, nil); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// run trains a config.
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

// says fails unless err has every part.
func says(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one with %q", parts)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("got %q, want it to say %q", err, p)
		}
	}
}
