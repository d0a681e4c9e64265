package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSharesAreWholeBatches, one at least, so that every step of every contestant has the same rows.
func TestSharesAreWholeBatches(t *testing.T) {
	for _, c := range []struct {
		rows, batch int
		share       float64
		want        int
	}{{25_600, 128, 1, 25_600}, {25_600, 128, .1, 2_560}, {2_000, 100, .01, 100}, {6_400, 128, .03, 256}} {
		if got := sized(c.rows, c.batch, c.share); got != c.want {
			t.Errorf("%v of %d rows: got %d, want %d", c.share, c.rows, got, c.want)
		}
	}
	for _, m := range matches {
		if m.rows%m.batch != 0 || m.bar < 1 || m.pythae == "" && m.torch == "" {
			t.Errorf("%s: got %d rows in batches of %d, a bar of %v and the peers %q and %q", m.name, m.rows, m.batch, m.bar, m.pythae, m.torch)
		}
	}
}

// fake is a directory with a program that says what it was called with and has a run of two epochs of 100
// rows a second to show, and with scripts that do the same and take two seconds.
func fake(t *testing.T) (r runner, log func() string) {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	write := func(path, text string) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write("elbo", `#!/bin/sh
echo elbo "$@" >>log
mkdir -p run
echo '{"examples_per_second":1}{"examples_per_second":100}' >run/metrics.jsonl
`)
	for _, name := range []string{"pythae_models.py", "speed_torch.py", "torch_conv_vae.py", "vqvae_torch.py"} {
		write(filepath.Join("bench", "peers", name), `echo "$0" "$@" >>log; echo '{"seconds": [2]}'`)
	}
	r = runner{settings{python: "sh", epochs: 1, threads: 2, rounds: 1, share: .1}, filepath.Join(dir, "elbo"), dir}
	return r, func() string {
		text, err := os.ReadFile("log")
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

// TestMatchesAskAllForTheSameWork: rows, batch and threads go to elbo and its peers alike, and times of a
// step become those of an epoch.
func TestMatchesAskAllForTheSameWork(t *testing.T) {
	r, log := fake(t)
	want := map[string][]float64{"elbo": {12.8}, "pythae": {2}, "torch eager": {20}}
	for _, m := range matches {
		if m.name != "conv" {
			continue
		}
		m.rows = sized(m.rows, m.batch, r.share)
		for _, c := range r.contestants(m) {
			if got, err := c.run(t.Context()); err != nil || !slices.Equal(got, want[c.name]) {
				t.Errorf("%s: got %v, %v, want %v", c.name, got, err, want[c.name])
			}
		}
	}
	for _, want := range []string{
		"elbo train conv-vae --data mnist --binarize threshold", "--backend elbo:threads=2", "--batch 128 --max-rows 1280",
		"pythae_models.py --threads 2 --speed --data mnist --row conv --batch 128 --rows 1280 --epochs 2",
		"torch_conv_vae.py --threads 2 --rows 1280 --epochs 2 --speed --pixels threshold",
	} {
		if !strings.Contains(log(), want) {
			t.Errorf("got\n%swant %q", log(), want)
		}
	}
}

// TestTheZooIsHeldToItsBars: every suite of the zoo has a table with all of its peers and a verdict.
func TestTheZooIsHeldToItsBars(t *testing.T) {
	r, _ := fake(t)
	for _, x := range r.zoo() {
		var b strings.Builder
		if err := x.compare(t.Context(), r.settings, &b); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); strings.Contains(got, "left out") || !strings.Contains(got, "\nat least ") || !strings.Contains(got, "rows, batch") {
			t.Errorf("%s: got\n%s", x.name, got)
		}
	}
}

func TestSecondsOfStepsBecomeThoseOfEpochs(t *testing.T) {
	c := contestant{"torch", func(context.Context) ([]float64, error) { return []float64{.5, .25}, nil }}
	if got, err := c.times(8).run(t.Context()); err != nil || !slices.Equal(got, []float64{4, 2}) {
		t.Errorf("got %v, %v, want 4 and 2", got, err)
	}
}
