package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vi"
)

// outcome is what a command line did.
type outcome struct {
	code     int
	out, err string
}

// call runs a command line in this process.
func call(ctx context.Context, args ...string) outcome {
	var out, errs bytes.Buffer
	code := run(ctx, args, streams{strings.NewReader(""), &out, &errs})
	return outcome{code, out.String(), errs.String()}
}

// must runs a command line that has to succeed without a word on the error stream.
func must(t *testing.T, args ...string) outcome {
	t.Helper()
	o := call(t.Context(), args...)
	if o.code != exitOK || o.err != "" {
		t.Fatalf("elbo %s: exit %d: %s", strings.Join(args, " "), o.code, o.err)
	}
	return o
}

// small are the settings of a run of half a second.
func small(args ...string) []string {
	return append([]string{"train", "vae", "--max-rows", "300", "--hidden", "16", "--latent", "2", "--epochs", "1"}, args...)
}

// tree reads every file below a directory but the lock.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(strings.ToLower(d.Name()), "lock") {
			return err
		}
		b, err := os.ReadFile(path)
		files[path] = string(b)
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return files
}

// arraysOf returns the values of a run's checkpoint, array by array.
func arraysOf(t *testing.T, dir, which string) string {
	t.Helper()
	r, err := train.Load(dir, which, "")
	if err != nil {
		t.Fatal(err)
	}
	arrays, err := r.Net.Params.Export()
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(arrays)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTrainLeavesACompleteRunInTheNextFreeDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	o := must(t, small()...)
	for _, name := range []string{"config.json", "run.json", "metrics.jsonl", "eval.json", "report.html", "checkpoints", "plots"} {
		if _, err := os.Stat(filepath.Join("runs/vae-digits-001", name)); err != nil {
			t.Errorf("%s is missing: %v", name, err)
		}
	}
	for _, want := range []string{
		"300 training", "of 28×28", "binarised afresh every step", "parameters", "backend    elbo",
		"sum over dimensions, mean over data; larger is better", "β          1 throughout",
		"highest validation ELBO at β = 1", "epoch 1/1  valid ELBO -", "units active",
		"report     runs/vae-digits-001/report.html", "next       elbo eval runs/vae-digits-001",
	} {
		if !strings.Contains(o.out, want) {
			t.Errorf("output lacks %q:\n%s", want, o.out)
		}
	}
	if strings.ContainsAny(o.out, "\r\x1b") {
		t.Error("output that is not a terminal has control characters")
	}
	// 784·16+16 + 2(16·2+2) + 2·16+16 + 16·784+784 parameters.
	if !strings.Contains(o.out, " 26,004 parameters") {
		t.Errorf("output lacks the number of parameters:\n%s", o.out)
	}
	if o := must(t, small("--quiet", "--no-report")...); o.out != "runs/vae-digits-002\n" {
		t.Errorf("second run printed %q", o.out)
	}
	if _, err := os.Stat("runs/vae-digits-002/report.html"); err == nil {
		t.Error("--no-report wrote a report")
	}
	_, info, err := train.ReadConfig("runs/vae-digits-002")
	if want := "elbo train vae --max-rows 300 --hidden 16 --latent 2 --epochs 1 --quiet --no-report"; err != nil || info.Command != want {
		t.Errorf("recorded %q (%v), want %q", info.Command, err, want)
	}
}

func TestTrainLeavesARunAlone(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, small("--out", "r", "--no-report")...)
	before := tree(t, "r")
	o := call(t.Context(), small("--out", "r", "--seed", "2")...)
	if o.code != exitFailed || !strings.Contains(o.err, "r holds a run already; add --resume") {
		t.Errorf("got exit %d, %q", o.code, o.err)
	}
	if after := tree(t, "r"); !equalTrees(before, after) {
		t.Error("the run has changed")
	}
}

// equalTrees compares what tree returned.
func equalTrees(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

func TestZeroesOnTheCommandLineAreHonoured(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, small("--out", "r", "--no-report", "--quiet", "--beta", "0", "--seed", "0", "--beta-warmup", "0", "--hidden", "none")...)
	c, _, err := train.ReadConfig("r")
	if err != nil || c.Beta != 0 || c.Seed != 0 || c.BetaWarmup != 0 || len(c.Hidden) != 0 {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestJSONOutputIsAnObjectALine(t *testing.T) {
	t.Chdir(t.TempDir())
	o := call(t.Context(), small("--json", "--epochs", "2", "--out", "r", "--no-report")...)
	if o.code != exitOK || !strings.Contains(o.err, "epoch 2/2") {
		t.Fatalf("exit %d: %s", o.code, o.err)
	}
	lines := strings.Split(strings.TrimSpace(o.out), "\n")
	if len(lines) != 3 {
		t.Fatalf("got %d lines, want 2 epochs and a result:\n%s", len(lines), o.out)
	}
	history, err := train.ReadHistory("r")
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range history {
		var e struct {
			Type string
			Best bool
			vi.Epoch
		}
		if err := json.Unmarshal([]byte(lines[i]), &e); err != nil {
			t.Fatal(err)
		}
		if e.Type != "epoch" || e.Epoch.Epoch != i+1 || e.Valid.Bound != h.Valid.Bound {
			t.Errorf("line %d: got %s, want the epoch %+v", i, lines[i], h)
		}
	}
	var last struct {
		Type, Run string
		Epochs    int
		Config    train.Config
		train.Outcome
	}
	if err := json.Unmarshal([]byte(lines[2]), &last); err != nil {
		t.Fatal(err)
	}
	want, _, err := train.ReadOutcome("r")
	if err != nil || last.Type != "result" || last.Run != "r" || last.Epochs != 2 || last.Config.Latent != 2 ||
		last.Test.Bound != want.Test.Bound || last.Best.Epoch != want.Best.Epoch {
		t.Errorf("got %s", lines[2])
	}
}

func TestTablesAreDescribedBeforeTraining(t *testing.T) {
	t.Chdir(t.TempDir())
	table := writeTable(t, "t.csv", "a,b,kind\n", 60, func(i int) string { return "x" })
	o := must(t, "train", "linear-vae", "--data", table, "--label", "kind", "--allow-nan", "--epochs", "1", "--latent", "1", "--hidden", "none", "--out", "r", "--no-report")
	for _, want := range []string{"columns standardised by the training rows", "likelihood gaussian-learned", "a       numeric      1", "kind    categorical"} {
		if !strings.Contains(o.out, want) {
			t.Errorf("output lacks %q:\n%s", want, o.out)
		}
	}
}

func TestARestrictedModelGetsALikelihoodItHas(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, "train", "linear-vae", "--max-rows", "100", "--epochs", "1", "--latent", "2", "--out", "r", "--no-report", "-q")
	if c, _, err := train.ReadConfig("r"); err != nil || c.Likelihood != "gaussian-learned" || c.Binarize != "none" {
		t.Errorf("got %q, %q, %v", c.Likelihood, c.Binarize, err)
	}
}

func TestGreyTargetsUnderBernoulliAreCalledCrossEntropy(t *testing.T) {
	t.Chdir(t.TempDir())
	const note = "cross-entropies, not log-likelihoods"
	if o := must(t, small("--binarize", "none", "--no-report", "--out", "a")...); !strings.Contains(o.out, note) {
		t.Errorf("output lacks %q", note)
	}
	for _, how := range [][]string{{"--binarize", "threshold"}, {"--data", "sprites"}} {
		if o := must(t, small(append(how, "--no-report", "--out", how[1])...)...); strings.Contains(o.out, note) {
			t.Errorf("%s: output has %q", how, note)
		}
	}
}
