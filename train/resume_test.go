package train

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vae"
)

// A run that is stopped at each of ten random steps and resumed makes every step with the
// same bits as the uninterrupted run, for every model of the zoo.
func TestResumeIsExact(t *testing.T) {
	for _, spec := range vae.Specs() {
		t.Run(spec.Name, func(t *testing.T) {
			c, s := tinyFor(spec.Name)
			c.Epochs = 20 // 200 steps
			want := trace{}
			_, whole := start(t, c, s, want.observer())
			if len(want) != 200 {
				t.Fatalf("%d steps, want 200", len(want))
			}
			stops := rng.New(5).Named(spec.Name).Perm(199)[:10]
			got := trace{}
			dir := filepath.Join(t.TempDir(), "run")
			for i := 0; ; i++ {
				err := runUntil(c, dir, i == 0, got, stops)
				if err == nil {
					break
				}
				if !errors.Is(err, ErrInterrupted) {
					t.Fatal(err)
				}
			}
			if !reflect.DeepEqual(got, want) {
				for k := range want {
					if got[k] != want[k] {
						t.Fatalf("step %d of %d: bound %x, want %x", k, len(want), got[k], want[k])
					}
				}
			}
			if a, b := digest(t, whole), digest(t, dir); a != b {
				t.Errorf("final parameters differ: %s and %s", a, b)
			}
			sameHistory(t, whole, dir)
		})
	}
}

// runUntil starts or resumes a run and interrupts it after the next of the given steps.
func runUntil(c Config, dir string, first bool, tr trace, stops []int) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	seen := len(tr)
	obs := tr.observer()
	record := obs.Step
	obs.Step = func(p Progress) {
		record(p)
		for _, s := range stops {
			if int64(s) == p.Step && int(p.Step) > seen {
				cancel()
			}
		}
	}
	_, s := tinyFor(c.Model)
	if first {
		_, err := Start(ctx, c, s, dir, "test", obs)
		return err
	}
	_, err := Resume(ctx, dir, s, nil, obs)
	return err
}

// sameHistory compares what two runs logged, apart from the speed.
func sameHistory(t *testing.T, a, b string) {
	t.Helper()
	ha, err := ReadHistory(a)
	if err != nil {
		t.Fatal(err)
	}
	hb, err := ReadHistory(b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range ha {
		ha[i].ExamplesPerSecond = 0
	}
	for i := range hb {
		hb[i].ExamplesPerSecond = 0
	}
	if !reflect.DeepEqual(ha, hb) {
		t.Errorf("histories differ:\n%+v\n%+v", ha, hb)
	}
}

// A resumed run refuses other data, and a directory that holds a run is not started anew.
func TestResumeGuardsTheRun(t *testing.T) {
	c, s := tiny()
	_, dir := start(t, c, s, Observer{})
	before := digest(t, dir)
	other := splitsOf(stripes, 151, 20, 20)
	if _, err := Resume(context.Background(), dir, other, nil, Observer{}); err == nil {
		t.Error("resumed with other data")
	}
	if _, err := Start(context.Background(), c, s, dir, "test", Observer{}); err == nil {
		t.Error("started on top of a run")
	}
	if digest(t, dir) != before {
		t.Error("the run was changed")
	}
	if _, err := Resume(context.Background(), t.TempDir(), s, nil, Observer{}); err == nil {
		t.Error("resumed an empty directory")
	}
}

// More epochs than before go on where the run ended.
func TestResumeWithMoreEpochs(t *testing.T) {
	c, s := tiny()
	c.BetaSchedule = "constant"
	c.Epochs = 5
	_, whole := start(t, c, s, Observer{})
	c.Epochs = 2
	_, dir := start(t, c, s, Observer{})
	run, err := Resume(context.Background(), dir, s, func(c *Config) { c.Epochs = 5 }, Observer{})
	if err != nil {
		t.Fatal(err)
	}
	if len(run.History) != 5 || digest(t, dir) != digest(t, whole) {
		t.Errorf("2 + 3 epochs differ from 5 (history has %d)", len(run.History))
	}
	if again, _, err := ReadConfig(dir); err != nil || again.Epochs != 5 {
		t.Errorf("stored epochs: got %d, %v, want 5", again.Epochs, err)
	}
}

// A newest checkpoint that was damaged is skipped with a warning, and the one before serves.
func TestResumeSkipsDamagedCheckpoint(t *testing.T) {
	c, s := tiny()
	c.BetaSchedule = "constant"
	_, whole := start(t, c, s, Observer{})
	c.Epochs = 3
	_, dir := start(t, c, s, Observer{})
	file := filepath.Join(dir, checkpoints, "step-000000000030", "model.safetensors")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	warned := false
	_, err = Resume(context.Background(), dir, s, func(c *Config) { c.Epochs = 4 }, Observer{Warn: func(name, _ string) { warned = warned || name == "checkpoint skipped" }})
	if err != nil || !warned {
		t.Fatalf("resume: %v, warned %v", err, warned)
	}
	if digest(t, dir) != digest(t, whole) {
		t.Error("parameters differ from the uninterrupted run")
	}
}
