package train

import (
	"os"
	"path/filepath"
	"testing"
)

// testdata/run was made by `elbo train vae --data testdata/table.csv --hidden 2 --latent 1 --epochs 2
// --batch 8 --out testdata/run --no-report` before run directories had a package of their own. Runs
// like it open, are judged as they were, and go on.
func TestARunOfAnOlderProgramGoesOn(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "run"))); err != nil {
		t.Fatal(err)
	}
	run, err := Load(dir, "last", "")
	if err != nil {
		t.Fatal(err)
	}
	if run.Config.Hidden[0] != 2 || run.State.Epoch != 2 || len(run.History) != 2 || run.Info.Columns[1].Name != "b" || run.Outcome.Test.N != 2 {
		t.Errorf("got config %+v, epoch %d, %d lines of history, %+v", run.Config, run.State.Epoch, len(run.History), run.Outcome.Test)
	}
	if err := run.WithData(t.Context()); err != nil {
		t.Fatal(err)
	}
	o, err := run.Evaluate(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	// The same float32 parameters and noise; another processor may round the sums of ten terms.
	if got, want := o.Test.Bound, run.Outcome.Test.Bound; !(got-want < 1e-3 && want-got < 1e-3) {
		t.Errorf("got a bound of %v, want %v as was stored", got, want)
	}
	again, err := Resume(t.Context(), dir, run.Rows.Splits, func(c *Config) { c.Epochs = 3 }, Observer{})
	if err != nil || len(again.History) != 3 || again.History[2].Epoch != 3 {
		t.Errorf("got %v", err)
	}
}
