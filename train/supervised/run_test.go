package supervised

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/train/rundir"
)

func TestARunPredictsWhatItWasFittedTo(t *testing.T) {
	c := tiny(numberColumns(t, 300), "y")
	c.Epochs, c.Hidden, c.Draws = 1500, []int{}, 50 // a linear model of a linear target
	r := start(t, c)
	n := r.Outcome.Numbers
	// The noise has deviation .1; of 30 test rows the RMSE scatters by .1/√60.
	near(t, "RMSE", n.RMSE, .1, 4*.1/math.Sqrt(60))
	if n.MeanRMSE < 1.5 || n.CRPS > n.MAE || len(n.Coverage) != len(Levels) {
		t.Errorf("got %+v", n)
	}
	if got := r.Info; got.Train != 243 || got.Valid != 27 || got.Test != 30 || got.Target != "y" || got.Params != 3 || len(got.Columns) != 2 {
		t.Errorf("got %+v", got)
	}
	for _, name := range []string{"config.json", "run.json", "metrics.jsonl", "eval.json", "net.json", "calibration.json", "checkpoints"} {
		if _, err := os.Stat(filepath.Join(r.Dir, name)); err != nil {
			t.Error(err)
		}
	}
	if len(r.History) != 1500 || r.History[1499].Epoch != 1500 {
		t.Errorf("got %d epochs", len(r.History))
	}
	again, err := Load(r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	rows := [][]float32{{0, 0}, {1, -1}}
	a, err := r.Predict(context.Background(), rows)
	if err != nil {
		t.Fatal(err)
	}
	b, err := again.Predict(context.Background(), rows)
	if err != nil || a[1].Mean != b[1].Mean || a[1].SD != b[1].SD {
		t.Errorf("a loaded run predicts %v ± %v, want %v ± %v (%v)", b[1].Mean, b[1].SD, a[1].Mean, a[1].SD, err)
	}
	near(t, "mean at (1, -1)", a[1].Mean, 3, .1)
	if err := again.WithData(context.Background()); err != nil {
		t.Fatal(err)
	}
	o, _, err := again.Evaluate(context.Background())
	if err != nil || *o.Numbers.Coverage[1].Conformal != *n.Coverage[1].Conformal || o.Numbers.RMSE != n.RMSE {
		t.Errorf("got %+v, want %+v (%v)", o.Numbers, n, err)
	}
}

func TestARunOfClassesIsCalibrated(t *testing.T) {
	path := tableFile(t, 300)
	text := file(t, filepath.Dir(path), "table.csv")
	var lines []string // without y
	for _, l := range strings.Fields(text) {
		f := strings.Split(l, ",")
		lines = append(lines, f[0]+","+f[1]+","+f[3])
	}
	c := tiny(textFile(t, strings.Join(lines, "\n")), "kind")
	c.Epochs = 400
	r := start(t, c)
	k := r.Outcome.Classes
	if k == nil || k.Error > .2 || k.MeanError < .3 || !(k.Temperature > 0) || k.Information > k.Entropy {
		t.Fatalf("got %+v", k)
	}
	if got := strings.Join(r.Info.Classes, " "); got != "above below" {
		t.Errorf("got classes %q", got)
	}
	ps, err := r.Predict(context.Background(), [][]float32{{2, -2}, {-2, 2}})
	if err != nil || ps[0].Mean != 0 || ps[1].Mean != 1 {
		t.Errorf("got %v and %v, want above and below (%v)", ps[0].Mean, ps[1].Mean, err)
	}
	if _, err := Load(r.Dir); err != nil {
		t.Error(err)
	}
}

// stops is a context that ends when so many epochs are done.
func stops(after int) (context.Context, Observer) {
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	return ctx, Observer{Epoch: func(bnn.Progress) {
		if n++; n == after {
			cancel()
		}
	}}
}

func TestEveryMethodGoesOnToTheSameBytes(t *testing.T) {
	path := numberColumns(t, 60)
	for _, method := range bnn.Methods {
		t.Run(method, func(t *testing.T) {
			c := tiny(path, "y")
			c.Method, c.Batch = method, 20
			if method == "last-layer" {
				c.Head = "homoscedastic"
			}
			whole := start(t, c)
			for _, after := range []int{1, 7, len(whole.History) - 1} {
				dir := filepath.Join(t.TempDir(), "run")
				ctx, obs := stops(after)
				if _, err := Start(ctx, c, open(t, c), dir, "test", obs); !errors.Is(err, rundir.ErrInterrupted) {
					t.Fatalf("after %d epochs: got %v, want that it was interrupted", after, err)
				}
				if lines := strings.Count(file(t, dir, "metrics.jsonl"), "\n"); lines != after {
					t.Errorf("got %d lines of history, want %d", lines, after)
				}
				if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "the fit was not finished; go on with it: elbo train bnn --out") {
					t.Errorf("got %v", err)
				}
				seen := 0
				if _, err := Resume(context.Background(), dir, open(t, c), nil, Observer{Epoch: func(bnn.Progress) { seen++ }}); err != nil {
					t.Fatal(err)
				}
				if want := len(whole.History) - after; seen != want {
					t.Errorf("made %d epochs after %d, want %d", seen, after, want)
				}
				for _, name := range []string{"net.json", "metrics.jsonl", "eval.json", "calibration.json", "config.json", "run.json"} {
					if file(t, dir, name) != file(t, whole.Dir, name) {
						t.Errorf("after %d epochs: %s differs", after, name)
					}
				}
			}
		})
	}
}

func TestAFinishedRunIsResumedWithoutAStep(t *testing.T) {
	c := tiny(numberColumns(t, 60), "y")
	r := start(t, c)
	if err := os.Remove(filepath.Join(r.Dir, "eval.json")); err != nil {
		t.Fatal(err)
	}
	_, err := Load(r.Dir)
	says(t, err, "eval.json", "--resume")
	obs := Observer{Epoch: func(bnn.Progress) { t.Error("made a step") }}
	again, err := Resume(context.Background(), r.Dir, open(t, c), nil, obs)
	if err != nil || again.Outcome.Numbers.RMSE != r.Outcome.Numbers.RMSE {
		t.Errorf("got %+v, %v", again, err)
	}
}

func TestRunsThatCannotGoOnSayWhy(t *testing.T) {
	ctx := context.Background()
	path := numberColumns(t, 60)
	c := tiny(path, "y")
	r := start(t, c)
	_, err := Start(ctx, c, open(t, c), r.Dir, "test", Observer{})
	says(t, err, "holds a run already", "--resume")
	other := tiny(numberColumns(t, 50), "y")
	_, err = Resume(ctx, r.Dir, open(t, other), nil, Observer{})
	says(t, err, "the training rows have changed")
	_, err = Resume(ctx, r.Dir, open(t, c), func(c *Config) { c.LR = -1 }, Observer{})
	says(t, err, "supervised: lr: got -1")
	_, err = Load(t.TempDir())
	says(t, err, "is no run directory")

	vae := t.TempDir()
	if err := os.WriteFile(filepath.Join(vae, "config.json"), []byte(`{"model": "vae"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Load(vae)
	says(t, err, "got a run of vae, want one of bnn")

	if err := os.WriteFile(filepath.Join(r.Dir, "net.json"), []byte(`{"format": 1`), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Load(r.Dir)
	says(t, err, "net.json", "bnn: load")
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	says(t, r.WithData(ctx), "have moved", "--data")
}

func TestACheckpointThatIsDamagedIsSkipped(t *testing.T) {
	c := tiny(numberColumns(t, 60), "y")
	c.SaveEvery = 0 // every epoch
	whole := start(t, c)
	dir := filepath.Join(t.TempDir(), "run")
	ctx, obs := stops(5)
	if _, err := Start(ctx, c, open(t, c), dir, "test", obs); !errors.Is(err, rundir.ErrInterrupted) {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "checkpoints", "step-000000000005", "state.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	var warned []string
	_, err := Resume(context.Background(), dir, open(t, c), nil, Observer{Warn: func(name, _ string) { warned = append(warned, name) }})
	if err != nil || len(warned) != 1 || warned[0] != "checkpoint skipped" {
		t.Fatalf("got warnings %q, %v", warned, err)
	}
	for _, name := range []string{"net.json", "metrics.jsonl"} {
		if file(t, dir, name) != file(t, whole.Dir, name) {
			t.Errorf("%s differs", name)
		}
	}
}
