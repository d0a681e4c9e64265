package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train/engine"
	"github.com/elbo-go/elbo/train/rundir"
)

// pairs writes n rows about two places to pairs.csv.
func pairs(t *testing.T, n int) {
	t.Helper()
	r := rng.New(5).Rand()
	text := "a,b,kind\n"
	for i := range n {
		text += fmt.Sprintf("%.3f,%.3f,%s\n", r.NormFloat64()+float64(i%2*6), r.NormFloat64(), []string{"left", "right"}[i%2])
	}
	writeText(t, "pairs.csv", text)
}

// mix are the settings of a small mixture.
func mix(args ...string) []string {
	return append([]string{"train", "gmm", "--data", "pairs.csv", "--label", "kind", "--components", "4", "--restarts", "3"}, args...)
}

func TestARunOfAnEngineSharesTheVerbs(t *testing.T) {
	t.Chdir(t.TempDir())
	pairs(t, 80)
	o := call(t.Context(), mix("--out", "r")...)
	for _, want := range []string{"data       pairs.csv: 80 rows of 2 columns", "start 3/3", "ELBO       ", "components 2; hold more than half a row, of 4",
		"adjusted Rand index", "report     r/report.html", "elbo predict r --in FILE"} {
		if o.code != 0 || !strings.Contains(o.out, want) {
			t.Errorf("exit %d: no %q in:\n%s%s", o.code, want, o.out, o.err)
		}
	}
	for _, name := range []string{"config.json", "run.json", "metrics.jsonl", "model.json", "eval.json", "report.html", "plots/components.png"} {
		if _, err := os.Stat("r/" + name); err != nil {
			t.Error(err)
		}
	}
	for _, c := range []struct {
		args  string
		lines int
		want  string
	}{
		{"predict r --in pairs.csv", 81, "row,component,probability\n0,"},
		{"predict r --in pairs.csv --json", 80, `{"row":0,"component":`},
		{"score r --in pairs.csv", 81, "row,log_density\n0,-"},
		{"sample r --n 7", 8, "a,b,component\n"},
		{"sample r --n 7 --seed 3 --json", 7, `{"a":`},
		{"eval r", 5, "run        r: gmm on pairs.csv\n"},
		{"eval r -q", 1, "-"},
	} {
		o := call(t.Context(), strings.Fields(c.args)...)
		if o.code != 0 || strings.Count(o.out, "\n") != c.lines || !strings.HasPrefix(o.out, c.want) {
			t.Errorf("%s: exit %d, %d lines, want %d after %q:\n%.300s%s", c.args, o.code, strings.Count(o.out, "\n"), c.lines, c.want, o.out, o.err)
		}
	}
	o = call(t.Context(), "score", "r", "--in", "pairs.csv", "--out", "s.jsonl")
	if text, err := os.ReadFile("s.jsonl"); err != nil || strings.Count(string(text), "\n") != 80 || !strings.Contains(o.out, "s.jsonl: 80 rows\nmean ln p(x) -") {
		t.Errorf("got %v and %q", err, o.out)
	}
	var outcome engine.Outcome
	o = call(t.Context(), "eval", "r", "--json")
	if err := json.Unmarshal([]byte(o.out), &outcome); err != nil || len(outcome.Figures) != 4 {
		t.Errorf("got %v in %s", err, o.out)
	}
}

func TestARunOfAnEngineAsJSON(t *testing.T) {
	t.Chdir(t.TempDir())
	pairs(t, 40)
	o := call(t.Context(), mix("--out", "r", "--json")...)
	lines := strings.Split(strings.TrimSpace(o.out), "\n")
	for i, line := range lines {
		var v struct {
			Type    string
			Phase   string
			Sweep   int
			Bound   *float64
			Run     string
			Sweeps  int
			Figures []engine.Figure
		}
		if json.Unmarshal([]byte(line), &v) != nil {
			_ = json.Unmarshal([]byte(line), &v) // figures of a sweep are a map
		}
		if last := i == len(lines)-1; last && (v.Type != "result" || v.Run != "r" || v.Sweeps != len(lines)-1 || len(v.Figures) != 4) ||
			!last && (v.Type != "sweep" || v.Bound == nil || v.Phase == "" || v.Sweep < 1) {
			t.Errorf("line %d: got %s", i, line)
		}
	}
	if o := call(t.Context(), mix("--out", "q", "-q")...); o.out != "q\n" {
		t.Errorf("got %q", o.out)
	}
}

func TestAnInterruptedFitOfAnEngineGoesOn(t *testing.T) {
	t.Chdir(t.TempDir())
	pairs(t, 60)
	must(t, mix("--out", "whole", "--no-report", "-q")...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if o := call(ctx, mix("--out", "early", "--no-report")...); o.code != exitInterrupted {
		t.Errorf("exit %d: %s", o.code, o.err)
	}
	// A run of which sweeps are made: its context ends at the second record.
	spec, _ := engine.Lookup("gmm")
	c := spec.Default()
	c.Data = "pairs.csv"
	for name, v := range map[string]string{"label": "kind", "components": "4", "restarts": "3"} {
		c.Options[name] = v
	}
	task, err := engine.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	made := 0
	if err := os.Mkdir("r", 0o755); err != nil {
		t.Fatal(err)
	}
	_, err = engine.Start(ctx, c, task, "r", "test", engine.Observer{Sweep: func(engine.Record) {
		if made++; made == 2 {
			cancel()
		}
	}})
	if err == nil || rundir.IsRun("r") == false {
		t.Fatalf("got %v", err)
	}
	for _, w := range []wrong{
		{"train gmm --out r --resume --components 5", exitUsage, []string{"--components: got 5, want 4 as in the run"}},
		{"train gmm --out r", exitFailed, []string{"r holds a run already"}},
		{"train gmm --out r --resume --data away.csv", exitFailed, []string{"if the data of r have moved, --data tells where they are"}},
		{"train bnn --out r --resume", exitUsage, []string{"r holds a run of gmm, got bnn"}},
		{"predict r --in pairs.csv", exitFailed, []string{"the fit was not finished", "elbo train gmm --out r --resume"}},
	} {
		w.check(t, ".")
	}
	if err := os.Rename("pairs.csv", "moved.csv"); err != nil {
		t.Fatal(err)
	}
	must(t, "train", "gmm", "--out", "r", "--resume", "--data", "moved.csv", "--threads", "1", "-q")
	a, err := os.ReadFile("r/model.json")
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("whole/model.json")
	if err != nil || string(a) != string(b) {
		t.Errorf("the model differs from that of an uninterrupted run (%v)", err)
	}
	if o := call(t.Context(), "train", "gmm", "--out", "r", "--resume"); !strings.Contains(o.out, "the run was finished already; its sweeps are done") {
		t.Errorf("got %q", o.out)
	}
}

func TestMisuseOfEnginesIsExplained(t *testing.T) {
	t.Chdir(t.TempDir())
	pairs(t, 30)
	must(t, mix("--out", "r", "--no-report", "-q")...)
	writeText(t, "bad.csv", "a,b\n1,x\n")
	writeText(t, "short.csv", "a\n1\n")
	for _, w := range []wrong{
		{"train gm", exitUsage, []string{`got "gm", want one of`, "did you mean gmm?"}},
		{"train gmm pairs.csv", exitUsage, []string{"got 1 arguments, want none"}},
		{"train gmm --componets 3", exitUsage, []string{"did you mean --components?"}},
		{"train gmm --components 0", exitUsage, []string{`components: got "0", want a whole number from 1 to 65536`}},
		{"train gmm --components two", exitUsage, []string{`got "two", want a whole number`}},
		{"train gmm --covariance round", exitUsage, []string{"want one of full, tied, diag, spherical"}},
		{"train gmm --threads -1", exitUsage, []string{"threads: got -1"}},
		{"train gmm --data nowhere", exitUsage, []string{"nowhere"}},
		{"train gmm --data nowhere.csv", exitFailed, []string{"nowhere.csv", "no such file"}},
		{"train gmm --data bad.csv", exitFailed, []string{"bad.csv", `got "x", want a number`}},
		{"train gmm --data pairs.csv", exitFailed, []string{`got "left", want a number; make it the label column, drop it`}},
		{"train gmm --data pairs.csv --label kind --nu .1", exitUsage, []string{"nu: got 0.1, want more than 1"}},
		{"train gmm --resume", exitFailed, []string{"found no run of gmm below runs"}},
		{"predict r", exitUsage, []string{"--in is missing"}},
		{"predict r --in short.csv", exitFailed, []string{"short.csv", `got no column "b"`}},
		{"predict r --in pairs.csv --interval 0.5", exitUsage, []string{"--interval is not for r, which holds a run of gmm", "--in, --out, --json"}},
		{"predict r --in pairs.csv --out p.npy", exitUsage, []string{"got extension \".npy\", want .csv, .jsonl or .txt"}},
		{"score r --in pairs.csv --fpr 0.1", exitUsage, []string{"--fpr is not for r"}},
		{"sample r --label left", exitUsage, []string{"--label is not for r"}},
		{"eval r --metrics all", exitUsage, []string{"--metrics is not for r"}},
		{"topics r", exitFailed, []string{"which has no topics; use elbo predict r --in FILE"}},
		{"topics .", exitFailed, []string{"is no run directory"}},
		{"topics r --words 0", exitUsage, []string{"--words: got 0"}},
		{"encode r --in pairs.csv --out z.csv", exitFailed, []string{"r holds a run of gmm, which has neither codes nor a network: use elbo predict r --in FILE"}},
	} {
		w.check(t, ".")
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == runsFolder {
			t.Error("a refused run has left a folder")
		}
	}
}

func TestTheHelpOfAnEngineListsItsSettings(t *testing.T) {
	for _, spec := range engine.Specs() {
		o := call(t.Context(), "train", spec.Name, "--help")
		for _, opt := range spec.Options {
			if o.code != 0 || !strings.Contains(o.out, "--"+opt.Name) {
				t.Errorf("%s: no --%s in the help", spec.Name, opt.Name)
			}
		}
		if strings.Contains(o.out, "--encoder") || !strings.Contains(o.out, "--resume") {
			t.Errorf("%s: got %s", spec.Name, o.out)
		}
		if o := call(t.Context(), "models", spec.Name); !strings.Contains(o.out, "elbo train "+spec.Name) {
			t.Errorf("%s: got %s", spec.Name, o.out)
		}
	}
}
