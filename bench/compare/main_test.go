package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		x    []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{4, 1, 2}, 2}, {[]float64{4, 1, 2, 3}, 2.5}} {
		if got := median(c.x); got != c.want {
			t.Errorf("%v: got %v, want %v", c.x, got, c.want)
		}
	}
}

func TestRatesLeaveTheFirstEpochOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "metrics.jsonl")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"epoch":1,"examples_per_second":1000}` + "\n" + `{"epoch":2,"examples_per_second":60000}` + "\n" + `{"epoch":3,"examples_per_second":120000}` + "\n")
	if got, err := rates(path); err != nil || !slices.Equal(got, []float64{1, .5}) {
		t.Errorf("got %v, %v, want 1 and .5 seconds", got, err)
	}
	write("")
	if got, err := rates(path); err != nil || len(got) != 0 {
		t.Errorf("an empty record: got %v, %v", got, err)
	}
	write("no record")
	if _, err := rates(path); err == nil {
		t.Error("a broken record: got no error")
	}
}

// TestPeersSpeakJSON: the last line counts; anything else is the reason why a peer is left out.
func TestPeersSpeakJSON(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "bench", "peers"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	say := func(text string) ([]float64, error) {
		if err := os.WriteFile(filepath.Join("bench", "peers", "p.sh"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return peers(t.Context(), settings{python: "sh", epochs: 1, threads: 1}, "p.sh")
	}
	if got, err := say("echo warming up; echo '{\"seconds\": [1.5, 2]}'"); err != nil || !slices.Equal(got, []float64{1.5, 2}) {
		t.Errorf("got %v, %v, want 1.5 and 2", got, err)
	}
	if _, err := say("echo skipped: no torch"); err == nil || !strings.Contains(err.Error(), "no torch") {
		t.Errorf("got %v, want the peer's reason", err)
	}
	if _, err := say("exit 3"); err == nil {
		t.Error("a peer that fails: got no error")
	}
}

func TestTheTableNamesWhoIsMissing(t *testing.T) {
	run := func(context.Context) ([]float64, error) { return nil, nil }
	list := []contestant{{"elbo", run}, {"other", run}, {"absent", run}}
	times := map[string][]float64{"elbo": {.5, .7, .6}, "other": {3}}
	var b bytes.Buffer
	if err := table(&b, settings{threads: 2}, list, times, map[string]error{"absent": errors.New("left out: not installed")}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"elbo        0.600       0.500  0.700  1.00", "other       3.000       3.000  3.000  5.00", "absent      left out: not installed"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("got\n%swant a line %q", b.String(), want)
		}
	}
}
