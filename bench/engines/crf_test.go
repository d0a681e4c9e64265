package main

import (
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/crf"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// small is a text of two sentences.
const small = "the DT B-NP\ndog NN I-NP\nbarks VB B-VP\n\nit PR B-NP\nsleeps VB B-VP\n"

// smallTask writes a task of two sentences for training and for testing.
func smallTask(t *testing.T) (dir string, data []crf.Sequence) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{"train.txt.gz", "test.txt.gz"} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		w := gzip.NewWriter(f)
		if _, err := w.Write([]byte(small)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	data, err := sentences(filepath.Join(dir, "test.txt.gz"))
	if err != nil {
		t.Fatal(err)
	}
	return dir, data
}

func TestElbosFieldIsTrainedByEachNumberOfThreads(t *testing.T) {
	dir, _ := smallTask(t)
	root := t.TempDir()
	if err := os.Rename(dir, filepath.Join(root, "conll2000")); err != nil {
		t.Fatal(err)
	}
	for threads, want := range map[int][]string{1: {"elbo, threads 1"}, 2: {"elbo, threads 2", "elbo, threads 1"}} {
		c, err := startChunking(settings{data: root, threads: threads}, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		laps, err := c.own(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range laps {
			got = append(got, l.Line)
			tk.Close(t, "F1 of what was trained on", l.Figure, 100, 1e-12)
			if !strings.HasPrefix(l.Note, "loss ") || !(l.Seconds > 0) {
				t.Errorf("got %+v", l)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if !slices.Contains(c.args, fieldLine(threads)) {
			t.Errorf("got arguments %v, want the line that the peer is compared with", c.args)
		}
	}
	if _, err := startChunking(settings{data: t.TempDir()}, ""); err == nil {
		t.Error("got no error of a folder without the task")
	}
}

func TestLabelsOfAPeerAreScored(t *testing.T) {
	_, data := smallTask(t)
	file := filepath.Join(t.TempDir(), "labels.txt")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("B-NP\nI-NP\nB-VP\nB-NP\nB-NP\n")
	l := lap{File: file}
	if err := chunkScore(&l, data); err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "F1 of three chunks of four", l.Figure, 75, 1e-12)
	write("B-NP\n")
	if err := chunkScore(&l, data); err == nil || !strings.Contains(err.Error(), "too few") {
		t.Errorf("got %v", err)
	}
	if err := chunkScore(&lap{File: file + "x"}, data); err == nil {
		t.Error("got no error of a file that is not there")
	}
}
