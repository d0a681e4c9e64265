package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/vi"
)

func TestCompareSetsRunsBetweenRateAndDistortion(t *testing.T) {
	f := shared(t)
	png := filepath.Join(t.TempDir(), "rates.png")
	out, _ := mustRun(t, "compare", f.images, f.table, "--rates", png)
	if !strings.Contains(out, png+": rate and distortion") {
		t.Errorf("got %q", out)
	}
	if info, err := os.Stat(png); err != nil || info.Size() < 1000 {
		t.Errorf("got %v, %v, want a picture", info, err)
	}
	for want, args := range map[string][]string{
		`got extension ".svg", want .png`: {"compare", f.images, f.table, "--rates", "r.svg"},
		"no such file or directory":       {"compare", f.images, f.table, "--rates", filepath.Join(t.TempDir(), "gone", "r.png")},
		"points: got none":                {"compare", f.plain, f.plain, "--rates", png + ".png"},
	} {
		code, _, err := elboCommand(args...)
		if code == exitOK || !strings.Contains(err, want) || strings.Count(err, "\n") != 1 {
			t.Errorf("%v: exit %d, %q, want %q", args, code, err, want)
		}
	}
	if _, err := os.Stat(png + ".png"); !os.IsNotExist(err) {
		t.Errorf("runs without a rate: got %v, want no picture", err)
	}
	// A run without a bound has no place there, the other has.
	r, err := readCompared(f.plain)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := r.rate(); ok {
		t.Error("an autoencoder has a rate")
	}
	if r, err = readCompared(f.images); err != nil {
		t.Fatal(err)
	}
	if p, ok := r.rate(); !ok || p.Rate != r.Test.KL || p.Distortion != -r.Test.Reconstruction || p.Beta != 1 {
		t.Errorf("got %+v, %v", p, ok)
	}
}

// Codes that are indices have no units that could be active, but a rate, what they cost.
func TestRunsOfIndicesAreComparedByRateAlone(t *testing.T) {
	r := compared{Run: "r", Model: "vq-vae", Latent: 4, Beta: 1, Epochs: 2, Finished: true}
	r.Test.Bound, r.Test.KL, r.Test.KLPerDim = -20, 8, []float64{2, 2, 2, 2}
	var b strings.Builder
	if err := printCompared(&b, []compared{r}); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); strings.Contains(got, "0/0") || !strings.Contains(got, "8.00") {
		t.Errorf("got %q, want the rate 8.00 and no active units", got)
	}
	swept := sweptRun{Name: "a", Figures: &r, Metrics: []measured{{Name: "knn", Figures: []figure{{Name: "accuracy", Value: .5}}}}}
	if got := new(sweeper).describe(&swept); strings.Contains(got, "active") || !strings.Contains(got, "kNN accuracy 0.5") {
		t.Errorf("got %q, want no active units and the neighbours named", got)
	}
}

// What a model without a KL term reports is no bound, and is not headed as one.
func TestReconstructionsAreNotHeadedAsBounds(t *testing.T) {
	plain := compared{Run: "a", Finished: true, Beta: 7, figure: "−ln p(x|z)", Test: vi.Record{Kind: vi.KindLogProb}}
	bound := compared{Run: "b", Finished: true, Beta: 7, figure: "−ELBO", Test: vi.Record{Kind: vi.KindELBO}}
	for _, c := range []struct {
		runs []compared
		want string
		beta bool
	}{
		{[]compared{plain, plain}, "test −ln p(x|z)", false},
		{[]compared{bound, bound}, "test −bound", true},
		{[]compared{plain, bound}, "test −ln p(x|z) or −bound", true},
		{[]compared{{Run: "c"}, plain}, "test −ln p(x|z)", false},
	} {
		var b strings.Builder
		if err := printCompared(&b, c.runs); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); !strings.Contains(got, c.want) || strings.Contains(got, " 7  ") != c.beta {
			t.Errorf("got %q, want the head %q, β: %v", got, c.want, c.beta)
		}
	}
}

// What a model that finds classes is swept for is in the table, the averages and the line of a run.
func TestASweepTellsTheClassError(t *testing.T) {
	missed := .25
	with := sweptRun{Name: "a", State: sweptFinished, Figures: &compared{ErrorRate: &missed, Test: vi.Record{Kind: vi.KindELBO}}}
	without := sweptRun{Name: "b", State: sweptFinished, Figures: &compared{Test: vi.Record{Kind: vi.KindELBO}}}
	for _, c := range []struct {
		run  sweptRun
		told bool
	}{{with, true}, {without, false}} {
		w := &sweeper{sweepCommand: &sweepCommand{cells: []*cell{{group: "all"}}}, rows: []sweptRun{c.run}}
		w.out = t.TempDir()
		if err := w.table(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(w.out, tableFile))
		if err != nil {
			t.Fatal(err)
		}
		table := string(b)
		if got := strings.Contains(table, "class_error"); got != c.told || strings.Contains(table, ",0.25,") != c.told {
			t.Errorf("run %s: got %q", c.run.Name, table)
		}
		if got := w.describe(&c.run); strings.Contains(got, "class error 25.00 %") != c.told {
			t.Errorf("run %s: got %q", c.run.Name, got)
		}
		var text strings.Builder
		if err := printGroups(&text, w.groups()); err != nil || strings.Contains(text.String(), "class error") != c.told {
			t.Errorf("run %s: got %q, %v", c.run.Name, text.String(), err)
		}
	}
}

func TestRunsOfEnginesAreComparedByTheirFigures(t *testing.T) {
	t.Chdir(t.TempDir())
	pairs(t, 60)
	must(t, mix("--out", "one", "--no-report", "-q")...)
	must(t, mix("--out", "two", "--no-report", "-q", "--covariance", "diag")...)
	must(t, "train", "linreg", "--out", "line", "--no-report", "-q")
	out, _ := mustRun(t, "compare", "one", "two")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], "adjusted Rand index") || !strings.Contains(lines[2], "two    gmm") {
		t.Errorf("two mixtures: got\n%s", out)
	}
	out, _ = mustRun(t, "compare", "one", "line")
	if !strings.Contains(out, "RMSE") || !strings.Contains(out, "the figures do not compare") {
		t.Errorf("a mixture and a line: got\n%s", out)
	}
	out, _ = mustRun(t, "compare", "one", "two", "--json")
	var runs []fitted
	if err := json.Unmarshal([]byte(out), &runs); err != nil || len(runs) != 2 || runs[1].Sweeps < 2 || len(runs[1].Figures) != 4 || runs[1].Data != "pairs.csv" {
		t.Errorf("got %v, %+v", err, runs)
	}
	for _, w := range []wrong{
		{"compare one two --out c.png", exitUsage, []string{"--out is not for one, which holds a run of gmm"}},
		{"compare one " + shared(t).table, exitFailed, []string{"another kind than one"}},
		{"compare one gone", exitFailed, []string{"gone is no run directory"}},
	} {
		w.check(t, ".")
	}
}
