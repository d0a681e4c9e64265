package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/train"
)

func TestResumeWithMoreEpochsEqualsOneRun(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, small("--out", "whole", "--epochs", "3", "--no-report", "-q")...)
	must(t, small("--out", "parts", "--epochs", "1", "--no-report", "-q")...)
	o := must(t, "train", "vae", "--resume", "--out", "parts", "--epochs", "3", "--no-report")
	if !strings.Contains(o.out, "1 of 3 epochs are done") || strings.Contains(o.out, "epoch 1/3") || !strings.Contains(o.out, "epoch 3/3") {
		t.Errorf("got %s", o.out)
	}
	for _, which := range []string{"last", "best"} {
		if arraysOf(t, "whole", which) != arraysOf(t, "parts", which) {
			t.Errorf("%s: parameters differ", which)
		}
	}
	a, _, _ := train.ReadOutcome("whole")
	b, _, err := train.ReadOutcome("parts")
	if err != nil || a.Test.Bound != b.Test.Bound {
		t.Errorf("test bounds %v and %v differ (%v)", a.Test.Bound, b.Test.Bound, err)
	}
}

func TestAnInterruptedRunGoesOnBitForBit(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, small("--out", "whole", "--epochs", "2", "--batch", "16", "--no-report", "-q")...)
	for _, steps := range []int{1, 25} { // of 38
		dir := t.TempDir()
		o := call(stopAfter(t, dir, steps), small("--out", dir, "--epochs", "2", "--batch", "16", "--no-report")...)
		hint := "elbo train vae --out " + dir + " --resume"
		if o.code != exitInterrupted || o.err != "elbo: interrupted; saved; resume with: "+hint+"\n" {
			t.Fatalf("after %d steps: exit %d: %q", steps, o.code, o.err)
		}
		if r, err := train.Load(dir, "last", ""); err != nil || r.State.Step < 1 || r.State.Step > int64(steps) || r.State.Position == 0 {
			t.Fatalf("after %d steps: %v; saved within an epoch at step %d, position %d", steps, err, r.State.Step, r.State.Position)
		}
		must(t, append(strings.Fields(strings.TrimPrefix(hint, "elbo ")), "--no-report")...)
		if arraysOf(t, "whole", "last") != arraysOf(t, dir, "last") {
			t.Errorf("parameters of the run that stopped after %d steps differ", steps)
		}
	}
}

// countdown is a context that ends when it was asked n times after the training loop of a run
// was entered. The loop asks once before every step, validation now and then.
type countdown struct {
	context.Context
	cancel func()
	dir    string
	left   atomic.Int64
}

// stopAfter returns a countdown for a run in dir.
func stopAfter(t *testing.T, dir string, steps int) *countdown {
	ctx, cancel := context.WithCancel(t.Context())
	c := &countdown{Context: ctx, cancel: cancel, dir: dir}
	c.left.Store(int64(steps))
	return c
}

// Err implements context.Context.
func (c *countdown) Err() error {
	if _, err := os.Stat(filepath.Join(c.dir, "checkpoints")); err == nil && c.left.Add(-1) < 0 {
		c.cancel()
	}
	return c.Context.Err()
}

func TestInterruptionIsToldInJSON(t *testing.T) {
	t.Chdir(t.TempDir())
	o := call(stopAfter(t, "r", 2), small("--out", "r", "--json", "--quiet", "--batch", "50")...)
	var got map[string]string
	if err := json.Unmarshal([]byte(o.out), &got); o.code != exitInterrupted || err != nil || got["type"] != "interrupted" || got["run"] != "r" || got["resume"] == "" {
		t.Errorf("got exit %d, %q, %v", o.code, o.out, err)
	}
}

func TestARunWithMoreEpochsKeepsThemWhenInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, small("--out", "whole", "--epochs", "2", "--batch", "50", "--no-report", "-q")...)
	must(t, small("--out", "r", "--batch", "50", "--no-report", "-q")...)
	o := call(stopAfter(t, "r", 2), "train", "vae", "--resume", "--out", "r", "--epochs", "2", "-q", "--no-report")
	hint, ok := strings.CutPrefix(strings.TrimSpace(o.err), "elbo: interrupted; saved; resume with: elbo ")
	if o.code != exitInterrupted || !ok {
		t.Fatalf("exit %d: %q", o.code, o.err)
	}
	must(t, append(strings.Fields(hint), "--no-report", "-q")...)
	if arraysOf(t, "whole", "last") != arraysOf(t, "r", "last") {
		t.Error("parameters differ")
	}
}

func TestARunInUseIsLeftAlone(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, small("--out", "r", "--no-report", "-q")...)
	store, err := ckpt.Open("r/checkpoints")
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	wrong{"train vae --resume --out r --epochs 2", exitFailed, []string{"in use by pid"}}.check(t, "r")
}

func TestResumingAFinishedRunRewritesItsReport(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, small("--no-report", "-q")...)
	before := arraysOf(t, "runs/vae-digits-001", "last")
	o := must(t, "train", "vae", "--resume")
	if !strings.Contains(o.out, "the run was finished already") {
		t.Errorf("got %s", o.out)
	}
	if _, err := os.Stat("runs/vae-digits-001/report.html"); err != nil {
		t.Error(err)
	}
	if arraysOf(t, "runs/vae-digits-001", "last") != before {
		t.Error("the parameters have changed")
	}
}

func TestResumeTakesTheNewestRunOfTheModel(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, small("--no-report", "-q")...)
	must(t, small("--no-report", "-q")...)
	must(t, "train", "ae", "--max-rows", "100", "--epochs", "1", "--hidden", "8", "--latent", "2", "--no-report", "-q")
	past := time.Now().Add(-time.Hour)
	for _, f := range []string{"config.json", "metrics.jsonl"} {
		if err := os.Chtimes(filepath.Join("runs/vae-digits-002", f), past, past); err != nil {
			t.Fatal(err)
		}
	}
	if o := must(t, "train", "vae", "--resume", "-q", "--no-report"); o.out != "runs/vae-digits-001\n" {
		t.Errorf("resumed %q", o.out)
	}
}

func TestResumeChangesOnlyWhatDecidesNoFinishedStep(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, small("--out", "r", "--no-report", "-q", "--epochs", "2")...)
	must(t, small("--out", "linear", "--no-report", "-q", "--beta-schedule", "linear")...)
	must(t, small("--out", "warm", "--no-report", "-q", "--lr-warmup", ".1")...)
	empty := t.TempDir()
	for _, c := range []struct{ out, flag, value, say string }{
		{"r", "patience", "3", ""},
		{"r", "save-every", "2", ""},
		{"r", "skip-nonfinite", "1", ""},
		{"r", "data-dir", empty, ""},
		{"r", "latent", "2", ""}, // as in the run
		{"r", "hidden", "16", ""},
		{"r", "hidden", "16,16", "--hidden: got 16,16, want 16 as in the run"},
		{"r", "latent", "3", "--latent: got 3, want 2 as in the run"},
		{"r", "seed", "2", "--seed: got 2, want 1 as in the run"},
		{"r", "lr", ".1", "--lr: got 0.1, want 0.001 as in the run"},
		{"r", "backend", "xla", "--backend: got xla, want elbo as in the run"},
		{"r", "epochs", "1", "want at least 2"},
		{"r", "epochs", "2000000", "want 1 to 1000000"},
		{"r", "patience", "-1", "patience: got -1"},
		{"linear", "epochs", "3", "its linear β schedule stretches over all epochs"},
		{"warm", "epochs", "3", "its learning-rate schedule (constant, warm-up 0.1) stretches"},
	} {
		before := tree(t, c.out)
		o := call(t.Context(), "train", "vae", "--resume", "--out", c.out, "--no-report", "-q", "--"+c.flag, c.value)
		if c.say == "" {
			if o.code != exitOK {
				t.Errorf("--%s %s: exit %d: %s", c.flag, c.value, o.code, o.err)
			}
			continue
		}
		if o.code != exitUsage || !strings.Contains(o.err, c.say) {
			t.Errorf("--%s %s: exit %d: %q, want %q", c.flag, c.value, o.code, o.err, c.say)
		}
		if !equalTrees(before, tree(t, c.out)) {
			t.Errorf("--%s %s: the run has changed", c.flag, c.value)
		}
	}
	if c, _, err := train.ReadConfig("r"); err != nil || c.Patience != 3 || c.SaveEvery != 2 || c.SkipNonfinite != 1 || c.DataDir != empty {
		t.Errorf("got %+v, %v", c, err)
	}
}
