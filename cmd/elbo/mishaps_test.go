package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/elbo-go/elbo/train"
)

func TestARunWhoseDataHaveMovedGoesOn(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a.csv", exampleTable(60), 0o644); err != nil {
		t.Fatal(err)
	}
	must(t, "train", "vae", "--data", "a.csv", "--label", "kind", "--hidden", "8", "--latent", "2", "--epochs", "1", "--no-report", "--out", "r", "-q")
	if err := os.Rename("a.csv", "b.csv"); err != nil {
		t.Fatal(err)
	}
	const say = "if the data of r have moved, --data tells where they are"
	wrong{"eval r", 1, []string{"a.csv", say}}.check(t, ".")
	wrong{"encode r --test", 1, []string{"a.csv", say}}.check(t, ".")
	wrong{"train vae --resume --out r --epochs 2", 1, []string{"a.csv", say}}.check(t, ".")
	if err := os.WriteFile("other.csv", exampleTable(50), 0o644); err != nil {
		t.Fatal(err)
	}
	wrong{"train vae --resume --out r --epochs 2 --data other.csv --no-report", 1, []string{"the training rows have changed"}}.check(t, ".")
	must(t, "eval", "r", "--data", "b.csv", "--k", "2", "-q")
	must(t, "train", "vae", "--resume", "--out", "r", "--epochs", "2", "--data", "b.csv", "--no-report", "-q")
	must(t, "eval", "r", "--k", "2", "-q") // knows the new place
	if c, _, err := train.ReadConfig("r"); err != nil || c.Data != "b.csv" || c.Epochs != 2 {
		t.Errorf("got data %q and %d epochs (%v), want b.csv and 2", c.Data, c.Epochs, err)
	}
}

func TestALostCheckpointComesWithWhatToDo(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, small("--out", "r", "--no-report", "-q")...)
	if err := os.Truncate(filepath.Join("r", "checkpoints", "best"), 9); err != nil {
		t.Fatal(err)
	}
	const goOn = "or go on with the run: elbo train vae --out r --resume"
	wrong{"sample r -n 1 --json", 1, []string{"best: corrupt", "try --checkpoint last", goOn}}.check(t, ".")
	must(t, "sample", "r", "-n", "1", "--json", "--checkpoint", "last")
	if err := os.Remove(filepath.Join("r", "checkpoints", "best")); err != nil {
		t.Fatal(err)
	}
	wrong{"eval r", 1, []string{"no checkpoint", "try --checkpoint last", goOn}}.check(t, ".")
	must(t, "train", "vae", "--resume", "--out", "r", "--no-report", "-q")
	must(t, "eval", "r", "--k", "2", "-q")
}

func TestASignalBeforeTheFirstStepIsSaidInPlainWords(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{small("--out", "r"), {"data", "show", "digits"}} {
		o := call(ctx, args...)
		if o.code != exitInterrupted || strings.Contains(o.err, "context") || !strings.HasPrefix(o.err, "elbo: interrupted before") {
			t.Errorf("%v: exit %d: %q", args, o.code, o.err)
		}
	}
	if _, err := os.Stat("r"); err == nil {
		t.Error("an interrupted start left its folder behind")
	}
	err := fmt.Errorf("report: %w; the run itself is complete", context.Canceled)
	if got := stopped(err); got != "report: interrupted; the run itself is complete" {
		t.Errorf("got %q", got)
	}
}

func TestAFullDiskComesWithWhatToDo(t *testing.T) {
	c := &training{hint: "elbo train vae --out r --resume"}
	err := c.ended("r", fmt.Errorf("train: write: %w", syscall.ENOSPC))
	if want := "train: write: no space left on device; free some space, then go on with: " + c.hint; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestRowsArePrintedWithoutATemporaryFolder(t *testing.T) {
	f := shared(t)
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
	for _, args := range [][]string{{"sample", f.table, "-n", "3"}, {"sample", f.images, "-n", "3", "--json"}, {"encode", f.table, "--in", f.tableCSV}} {
		if o := must(t, args...); strings.Count(o.out, "\n") < 3 {
			t.Errorf("%v: got %q", args, o.out)
		}
	}
}

func TestTablesThatAreNotPartedByCommasAreNamed(t *testing.T) {
	t.Chdir(t.TempDir())
	writeText(t, "semi.csv", "a;b\n1.5;2\n3;4\n5;6\n")
	writeText(t, "german.csv", "a;b\n1,5;2,5\n3,5;4,25\n")
	writeText(t, "tabs.csv", "a\tb\n1\t2\n3\t4\n")
	writeText(t, "one.csv", "a;b\n1\n3\n5\n") // one column of that name
	for name, sep := range map[string]string{"semi": "semicolons", "german": "semicolons", "tabs": "tabs"} {
		wrong{"data show " + name + ".csv", 1, []string{name + ".csv: row 1: got cells parted by " + sep + ", want commas", ".tsv"}}.check(t, ".")
	}
	must(t, "data", "show", "one.csv")
}

func TestStepsBeyondMemoryAreMistakes(t *testing.T) {
	t.Chdir(t.TempDir())
	wrong{"train vae --max-rows 200 --samples 10000", 2, []string{"batch: got 128 rows × 10000 draws", "lower --batch or --samples"}}.check(t, ".")
}
