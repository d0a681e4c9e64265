package train

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/ckpt"
	"github.com/elbo-go/elbo/vi"
)

// damaged is a finished run whose best epoch is not its last, because the rate explodes, and
// whose folder the caller damages.
func damaged(t *testing.T, damage func(checkpoints string)) (dir string, warnings []string) {
	t.Helper()
	c, s := tiny()
	c.Epochs, c.BetaSchedule, c.LR = 3, "constant", .5
	run, dir := start(t, c, s, Observer{})
	if run.Outcome.Best == nil || run.Outcome.Best.Epoch == 3 {
		t.Fatalf("best epoch %+v, want one before the last", run.Outcome.Best)
	}
	damage(filepath.Join(dir, checkpoints))
	_, err := Resume(context.Background(), dir, s, nil, Observer{Warn: func(name, detail string) { warnings = append(warnings, name) }})
	if err != nil {
		t.Fatal(err)
	}
	return dir, warnings
}

func TestALostMarkOfTheBestIsSetAgain(t *testing.T) {
	for name, damage := range map[string]func(string) error{
		"gone": os.Remove,
		"torn": func(p string) error { return os.Truncate(p, 20) },
	} {
		var want *Best
		dir, warnings := damaged(t, func(cp string) {
			o, _, err := ReadOutcome(filepath.Dir(cp))
			if err != nil {
				t.Fatal(err)
			}
			want = o.Best
			if err := damage(filepath.Join(cp, "best")); err != nil {
				t.Fatal(err)
			}
		})
		run, err := Load(dir, "best", "")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if run.State.Step != want.Step || *run.Outcome.Best != *want {
			t.Errorf("%s: got step %d and best %+v, want %+v", name, run.State.Step, run.Outcome.Best, want)
		}
		if last, err := Load(dir, "last", ""); err != nil || last.State.Epoch != 3 {
			t.Errorf("%s: last: epoch %d, %v; want 3", name, last.State.Epoch, err)
		}
		if strings.Join(warnings, ",") != "best checkpoint marked again" {
			t.Errorf("%s: got warnings %q", name, warnings)
		}
	}
}

func TestTheLastCheckpointStandsInForALostBest(t *testing.T) {
	dir, warnings := damaged(t, func(cp string) {
		s, err := ckpt.OpenReadOnly(cp)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		best, err := s.Load("best")
		if err != nil {
			t.Fatal(err)
		}
		folders, err := filepath.Glob(filepath.Join(cp, "step-*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range folders {
			if c, err := s.Load(filepath.Base(f)); err == nil && c.Step == best.Step {
				if err := os.Truncate(filepath.Join(f, "model.safetensors"), 10); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
	run, err := Load(dir, "best", "")
	if err != nil {
		t.Fatal(err)
	}
	if run.State.Epoch != 3 || run.Outcome.Best.Epoch != 3 {
		t.Errorf("got a best of epoch %d, recorded as %+v, want epoch 3", run.State.Epoch, run.Outcome.Best)
	}
	if strings.Join(warnings, ",") != "best checkpoint lost" {
		t.Errorf("got warnings %q", warnings)
	}
}

func TestAFinishedRunResumesWithoutItsHistory(t *testing.T) {
	c, s := tiny()
	c.Epochs = 2
	_, dir := start(t, c, s, Observer{})
	if err := os.Remove(filepath.Join(dir, historyFile)); err != nil {
		t.Fatal(err)
	}
	run, err := Resume(context.Background(), dir, s, func(c *Config) { c.Epochs = 3 }, Observer{})
	if err != nil {
		t.Fatal(err)
	}
	if len(run.History) != 1 || run.History[0].Epoch != 3 {
		t.Errorf("got history %+v, want epoch 3 alone", run.History)
	}
}

// What a full disk or a power cut leaves of a line neither hides the epochs before it nor
// spoils the one after it.
func TestATornLineOfTheHistoryIsDropped(t *testing.T) {
	h := &history{filepath.Join(t.TempDir(), historyFile)}
	var whole int64
	for i := range 3 {
		n, err := h.append(vi.Epoch{Epoch: i + 1})
		if err != nil {
			t.Fatal(err)
		}
		whole = n
	}
	full, err := os.ReadFile(h.path)
	if err != nil {
		t.Fatal(err)
	}
	line := full[:len(full)/3]
	for _, cut := range []int{1, len(line) / 2, len(line) - 1} {
		if err := os.WriteFile(h.path, append(full[:whole:whole], line[:cut]...), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := h.read(); err != nil || len(got) != 3 {
			t.Errorf("%d bytes of a line: read: got %d epochs, %v; want 3", cut, len(got), err)
		}
		if _, err := h.append(vi.Epoch{Epoch: 4}); err != nil {
			t.Fatal(err)
		}
		if got, err := h.read(); err != nil || len(got) != 4 || got[3].Epoch != 4 {
			t.Errorf("%d bytes of a line: after one more: got %d epochs, %v; want 4", cut, len(got), err)
		}
	}
	if err := os.WriteFile(h.path, line[:9], 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := h.read(); err != nil || len(got) != 0 {
		t.Errorf("a torn line alone: got %d epochs, %v; want none", len(got), err)
	}
}
