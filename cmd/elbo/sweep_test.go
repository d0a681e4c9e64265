package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/elbo-go/elbo/train"
)

func TestValuesOfAnAxisAreSpread(t *testing.T) {
	for _, c := range []struct {
		text, kind string
		want       []string
	}{
		{"1,3", kindWhole, []string{"1", "3"}},
		{"1-3,7", kindWhole, []string{"1", "2", "3", "7"}},
		{" 4 , 5-5", kindWhole, []string{"4", "5"}},
		{"1e-3,1-3", kindOther, []string{"1e-3", "1-3"}}, // no range of numbers that are not whole
		{"512,256", kindList, []string{"512,256"}},
		{"none", kindList, []string{"none"}},
	} {
		if got, err := spread(c.text, c.kind); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q as %s: got %v, %v, want %v", c.text, c.kind, got, err, c.want)
		}
	}
	for _, text := range []string{"3-1", "1-5000", "", "1,,2", "99999999999999999999-99999999999999999999"} {
		if got, err := spread(text, kindWhole); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}

// names are those of the runs of a grid.
func names(t *testing.T, axes ...axis) []string {
	t.Helper()
	cells, err := grid("vae", axes)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range cells {
		out = append(out, c.name)
	}
	return out
}

func TestTheGridHasEveryCombinationOnce(t *testing.T) {
	got := names(t, axis{"epochs", []string{"4"}}, axis{"beta", []string{"0.5", "1"}}, axis{"seed", []string{"1", "2"}})
	want := []string{"beta=0.5_seed=1", "beta=0.5_seed=2", "beta=1_seed=1", "beta=1_seed=2"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := names(t); !slices.Equal(got, []string{"run"}) {
		t.Errorf("no axis: got %v, want one run", got)
	}
	if got := names(t, axis{"data", []string{"a/b.csv", "a:b.csv"}}); !slices.Equal(got, []string{"data=a-b.csv", "data=a-b.csv~2"}) {
		t.Errorf("names that come out equal: got %v", got)
	}
	cells, err := grid("vae", []axis{{"beta", []string{"0.5", "2"}}, {"hidden", []string{"7,5", "none"}}, {"seed", []string{"3"}}})
	if err != nil {
		t.Fatal(err)
	}
	c := cells[2].run.cfg
	if c.Beta != 2 || !slices.Equal(c.Hidden, []int{7, 5}) || c.Seed != 3 || c.Model != "vae" || c.Epochs != train.Default().Epochs {
		t.Errorf("got config %+v, want that of --beta 2 --hidden 7,5 --seed 3", c)
	}
	if cells[2].group != "beta 2, hidden 7,5" || cells[2].run.line("vae") != "elbo train vae --beta 2 --hidden 7,5 --seed 3" {
		t.Errorf("got group %q and line %q", cells[2].group, cells[2].run.line("vae"))
	}
	many := axis{"seed", nil}
	for i := range maxSwept + 1 {
		many.Values = append(many.Values, fmt.Sprint(i))
	}
	if _, err := grid("vae", []axis{many}); err == nil {
		t.Error("a grid of too many runs is taken")
	}
}

// Settings of a model's own are axes too, and the values that models usually have stay theirs.
func TestAxesOfModelsOfTheirOwn(t *testing.T) {
	for name, kind := range map[string]string{"critic": kindList, "gamma": kindOther} {
		if got := kindOf("value", "factor-vae", name); got != kind {
			t.Errorf("--%s: got %s, want %s", name, got, kind)
		}
	}
	cells, err := grid("factor-vae", []axis{{"critic", []string{"4,4", "8"}}, {"gamma", []string{"2"}}})
	if err != nil {
		t.Fatal(err)
	}
	if o := cells[1].run.cfg.Options; o["critic"] != "8" || o["gamma"] != "2" || cells[0].run.cfg.Options["critic"] != "4,4" {
		t.Errorf("got %v and %v", cells[0].run.cfg.Options, o)
	}
	cells, err = grid("beta-vae", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := cells[0].run.cfg.Beta, train.DefaultFor("beta-vae").Beta; got != want {
		t.Errorf("β of a β-VAE: got %v, want %v", got, want)
	}
}

// The help of a sweep says what settings are where none is asked for.
func TestTheHelpOfSweepsHasDefaults(t *testing.T) {
	o := must(t, "sweep", "--help")
	for _, s := range []string{"(default 20)", "(default 400)", "dimensions of the latent code; 5 of poincare-vae (default 20)", "--jobs runs", "--metrics names"} {
		if !strings.Contains(o.out, s) {
			t.Errorf("the help lacks %q", s)
		}
	}
	if strings.Contains(o.out, "a latent dimension, or group of them, may carry without cost (default 0) (default") {
		t.Error("the help names a default twice")
	}
}

// sweepLine is a sweep of four runs of a fraction of a second.
func sweepLine(args ...string) []string {
	return append([]string{"sweep", "vae", "--max-rows", "300", "--hidden", "8", "--latent", "2", "--epochs", "1"}, args...)
}

// tableOf reads sweep.csv.
func tableOf(t *testing.T, dir string) (header []string, rows [][]string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, tableFile))
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all[0], all[1:]
}

func TestASweepTrainsComparesAndGoesOn(t *testing.T) {
	t.Chdir(t.TempDir())
	o := must(t, sweepLine("--beta", ".5,2", "--seed", "1-2", "--out", "s", "--metrics", "knn", "--jobs", "2")...)
	for _, s := range []string{"4 runs: beta 0.5, 2 × seed 1, 2", "finished   beta=0.5_seed=1  −ELBO", "beta 0.5  2 ", " ± ", "kNN accuracy", "s/report.html"} {
		if !strings.Contains(o.out, filepath.FromSlash(s)) {
			t.Errorf("got %q, want %q in it", o.out, s)
		}
	}
	if strings.Contains(o.out, "\x1b") {
		t.Error("escape codes where there is no terminal")
	}
	header, rows := tableOf(t, "s")
	if len(rows) != 4 || rows[3][0] != "beta=2_seed=2" || rows[3][1] != sweptFinished || header[2] != "beta" || rows[0][2] != "0.5" {
		t.Errorf("got table %v %v", header, rows)
	}
	for _, file := range []string{"report.html", "plots/curves.png", "plots/rate-distortion.png", "runs/beta=2_seed=1/report.html"} {
		if _, err := os.Stat(filepath.Join("s", filepath.FromSlash(file))); err != nil {
			t.Error(err)
		}
	}
	// A run of a sweep is the run of its own command line.
	must(t, small("--hidden", "8", "--beta", "2", "--seed", "2", "--no-report", "--out", "alone", "-q")...)
	if arraysOf(t, "alone", "last") != arraysOf(t, filepath.Join("s", "runs", "beta=2_seed=2"), "last") {
		t.Error("the run of the sweep is not that of its command line")
	}
	// More values are added; what is finished stays as it was.
	before := tree(t, filepath.Join("s", "runs", "beta=2_seed=2"))
	must(t, "sweep", "vae", "--out", "s", "--resume", "--seed", "3", "--no-report", "-q")
	if _, rows = tableOf(t, "s"); len(rows) != 6 {
		t.Errorf("got %d runs, want 6", len(rows))
	}
	after := tree(t, filepath.Join("s", "runs", "beta=2_seed=2"))
	if len(before) != len(after) {
		t.Errorf("got %d files of a finished run, want %d", len(after), len(before))
	}
	for name, text := range before {
		if after[name] != text {
			t.Errorf("%s has changed", name)
		}
	}
}

// A run that fails does not stop the others; it is tried again on resume.
func TestASweepGoesOnPastARunThatFails(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll(filepath.Join("s", "runs"), 0o755); err != nil {
		t.Fatal(err)
	}
	stone := filepath.Join("s", "runs", "beta=1")
	writeText(t, stone, "in the way")
	o := call(t.Context(), sweepLine("--beta", "0.5,1,2", "--out", "s", "--json", "--no-report")...)
	if o.code != exitFailed || !strings.Contains(o.err, "1 of 3 runs failed, the first beta=1:") || !strings.Contains(o.err, "elbo sweep vae --out s --resume") {
		t.Fatalf("got exit %d, %q", o.code, o.err)
	}
	var states []string
	for line := range strings.Lines(o.out) {
		var got struct{ Type, State string }
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		states = append(states, got.Type+" "+got.State)
	}
	if !slices.Equal(states, []string{"run finished", "run failed", "run finished", "result "}) {
		t.Errorf("got %q", states)
	}
	if _, rows := tableOf(t, "s"); rows[1][1] != sweptFailed || rows[1][len(rows[1])-1] == "" || rows[2][1] != sweptFinished {
		t.Errorf("got %v", rows)
	}
	if err := os.Remove(stone); err != nil {
		t.Fatal(err)
	}
	must(t, "sweep", "vae", "--out", "s", "--resume", "--no-report", "-q")
	if _, rows := tableOf(t, "s"); rows[1][1] != sweptFinished {
		t.Errorf("got %v, want the failed run finished", rows[1])
	}
}

// interrupting is a stream that ends a context when a text is written to it.
type interrupting struct {
	bytes.Buffer
	at   string
	stop context.CancelFunc
}

// Write implements io.Writer.
func (w *interrupting) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.at) {
		w.stop()
	}
	return w.Buffer.Write(p)
}

func TestAnInterruptedSweepIsSavedAndGoesOn(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, stop := context.WithCancel(t.Context())
	out := &interrupting{at: "finished", stop: stop}
	var errs bytes.Buffer
	code := run(ctx, sweepLine("--beta", "0.5,1,2", "--out", "s", "--no-report"), streams{strings.NewReader(""), out, &errs})
	if code != exitInterrupted || !strings.Contains(errs.String(), "with 1 of 3 runs finished; go on with: elbo sweep vae --out s --resume") {
		t.Fatalf("got exit %d, %q", code, errs.String())
	}
	_, rows := tableOf(t, "s")
	if rows[0][1] != sweptFinished || rows[1][1] == sweptFinished || rows[2][1] == sweptFinished {
		t.Errorf("got %v, want the first run finished alone", rows)
	}
	must(t, "sweep", "vae", "--out", "s", "--resume", "--no-report", "-q")
	if _, rows = tableOf(t, "s"); rows[1][1] != sweptFinished || rows[2][1] != sweptFinished {
		t.Errorf("got %v, want all runs finished", rows)
	}
}

func TestAFullDiskEndsASweepWithWhatToDo(t *testing.T) {
	cells, err := grid("vae", []axis{{"seed", []string{"1", "2"}}})
	if err != nil {
		t.Fatal(err)
	}
	s := &sweepCommand{training: training{out: t.TempDir(), hint: "elbo sweep again", screen: newScreen(io.Discard)}, cells: cells}
	w := &sweeper{sweepCommand: s, rows: []sweptRun{{Name: "seed=1"}, {Name: "seed=2"}}}
	stopped := 0
	w.settled(0, nil, nil, fmt.Errorf("train: write: %w", syscall.ENOSPC), func() { stopped++ })
	if stopped != 1 || w.halt == nil || !strings.Contains(w.halt.Error(), "free some space, then go on with: elbo sweep again") {
		t.Errorf("stopped %d times, %v", stopped, w.halt)
	}
	if err := w.verdict(t.Context(), nil, w.halt); err != w.halt {
		t.Errorf("got %v, want that the disk is full", err)
	}
}

func TestMistakesWithSweepsAreNamed(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, sweepLine("--beta", "1,2", "--out", "s", "--no-report", "-q")...)
	for _, w := range []wrong{
		{"sweep", 2, []string{"got 0 arguments"}},
		{"sweep bnn", 2, []string{"learns to predict a column"}},
		{"sweep vea", 2, []string{"did you mean vae?"}},
		{"sweep vae --beta x", 2, []string{`--beta: got "x", want a number`}},
		{"sweep vae --beta 1,1.0", 2, []string{"--beta: got 1 twice"}},
		{"sweep vae --latent 3-1", 2, []string{"the range 3-1"}},
		{"sweep vae --latent 2,0", 2, []string{"latent=0", "latent size"}},
		{"sweep vae --hidden 3,a", 2, []string{`got width "a"`}},
		{"sweep vae --gammma 3", 2, []string{"unknown flag: --gammma"}},
		{"sweep vae --data nope", 2, []string{`got "nope"`}},
		{"sweep vae --data nope.csv", 1, []string{"nope.csv"}},
		{"sweep vae --jobs 0", 2, []string{"--jobs: got 0, want 1 to 64"}},
		{"sweep vae --metrics beauty", 2, []string{`--metrics: got "beauty"`}},
		{"sweep vae --resume", 2, []string{"--resume without --out"}},
		{"sweep vae --resume --out nowhere", 1, []string{"nowhere holds no sweep"}},
		{"sweep vae --out s", 1, []string{"holds a sweep already; add --resume"}},
		{"sweep ae --out s --resume", 2, []string{"s holds a sweep of vae, got ae"}},
		{"sweep vae --out s --resume --lr .1", 2, []string{"--lr: got 0.1", "started without"}},
		{"sweep vae --out s --resume --epochs 2", 2, []string{"--epochs: got 2, want 1 as in s"}},
		{"sweep vae --seed 1-900 --beta 1,2", 2, []string{"more than 1000 combinations"}},
		{"sweep vae --hidden 1000000000", 2, []string{"width of hidden layer"}},
	} {
		w.check(t, ".")
	}
}
