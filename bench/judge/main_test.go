package main

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/judge"
)

func TestTheCommandWritesAJudgeOfItsData(t *testing.T) {
	out := filepath.Join(t.TempDir(), "few.f16")
	if err := run(t.Context(), settings{data: judge.Digits, out: out, epochs: 3, rows: 1500, seed: 1}); err != nil {
		t.Fatal(err)
	}
	j, err := judge.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(j.Name(), "few-") {
		t.Errorf("name: got %s, want that of the file", j.Name())
	}
	set := data.Digits(500, rng.New(9))
	if a, err := j.Accuracy(t.Context(), set.X, set.Labels); err != nil || a < .8 {
		t.Errorf("accuracy on other digits: %v, %v", a, err)
	}
	if err := run(t.Context(), settings{data: judge.Digits, epochs: 1, rows: 200, seed: 1}); err != nil {
		t.Errorf("without a file: %v", err)
	}
}

func TestWhatTheCommandCannotDoIsAnError(t *testing.T) {
	dir := t.TempDir()
	for want, s := range map[string]settings{
		"nothing":            {data: "nothing"},
		"values of":          {data: "sprites", rows: 100},
		"at least 128":       {data: judge.Digits, rows: 20},
		"no such file or di": {data: judge.Digits, rows: 200, epochs: 1, out: filepath.Join(dir, "none", "x.f16")},
	} {
		err := run(t.Context(), s)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want %q", s, err, want)
		}
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := run(stopped, settings{data: judge.Digits, rows: 200, epochs: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
	if _, err := judge.Load(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want the missing file", err)
	}
}
