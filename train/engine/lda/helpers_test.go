package lda

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/topic/corpus"
	"github.com/elbo-go/elbo/train/engine"
)

// settings is a config of the engine.
func settings(path string, options map[string]string) engine.Config {
	spec, _ := engine.Lookup("lda")
	c := spec.Default()
	c.Data, c.SaveEvery, c.Options["topics"] = path, 1e6, "10"
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

// ldac is the text of documents in the format LDA-C.
func ldac(c *corpus.Corpus) string {
	var b strings.Builder
	for d := range c.Len() {
		x := c.Doc(d)
		fmt.Fprint(&b, len(x.Terms))
		for i, v := range x.Terms {
			fmt.Fprintf(&b, " %d:%d", v, x.Counts[i])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// spoken is the text of documents with every word by its name.
func spoken(c *corpus.Corpus, words []string, d int) string {
	var out []string
	x := c.Doc(d)
	for i, v := range x.Terms {
		for range x.Counts[i] {
			out = append(out, words[v])
		}
	}
	return strings.Join(out, " ")
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

// letters names words so that text of them is split into words again.
func letters(n int) (out []string) {
	for i := range n {
		out = append(out, "w"+string(rune('a'+i/26))+string(rune('a'+i%26)))
	}
	return out
}
