package supervised

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// replaced writes another text into a file of a run, and puts the old one back at the end.
func replaced(t *testing.T, path string, b []byte) (restore func()) {
	t.Helper()
	was, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.WriteFile(path, was, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Each file of a run cut short anywhere, or gone, is an error that names it; none may panic. Only
// the history, of which a torn last line is lost, may be short.
func TestEveryCutOfEveryFileOfARunIsAnError(t *testing.T) {
	c := tiny(numberColumns(t, 60), "y")
	c.Draws, c.Hidden = 2, []int{2}
	r := start(t, c)
	for _, name := range []string{"config.json", "run.json", "net.json", "calibration.json", "eval.json"} {
		path := filepath.Join(r.Dir, name)
		b := []byte(file(t, r.Dir, name))
		end := len(bytes.TrimRight(b, "\n"))
		for n := 0; n < end; n += 1 + end/60 {
			restore := replaced(t, path, b[:n])
			if _, err := Load(r.Dir); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s cut at %d of %d: got %v, want an error that names it", name, n, end, err)
			}
			restore()
		}
		if err := os.Rename(path, path+".gone"); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(r.Dir); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: got %v", name, err)
		}
		if err := os.Rename(path+".gone", path); err != nil {
			t.Fatal(err)
		}
	}
	restore := replaced(t, filepath.Join(r.Dir, "metrics.jsonl"), []byte("{\"phase\":\"vi\"}\n{\"pha"))
	if again, err := Load(r.Dir); err != nil || len(again.History) != 1 {
		t.Errorf("a torn history: got %v", err)
	}
	restore()
	restore = replaced(t, filepath.Join(r.Dir, "metrics.jsonl"), []byte("?\n"))
	_, err := Load(r.Dir)
	says(t, err, "metrics.jsonl: line 1", "without the file the run can be used")
	restore()
	if _, err := Load(r.Dir); err != nil {
		t.Errorf("restored: %v", err)
	}
}

// Bits that flip in a file leave a run that loads with other numbers or an error, never a panic.
func TestNoFlippedBitPanics(t *testing.T) {
	c := tiny(numberColumns(t, 60), "y")
	c.Draws, c.Hidden = 2, []int{2}
	r := start(t, c)
	for _, name := range []string{"config.json", "run.json", "net.json", "calibration.json", "eval.json", "metrics.jsonl"} {
		path := filepath.Join(r.Dir, name)
		b := []byte(file(t, r.Dir, name))
		for i := 0; i < len(b); i += 1 + len(b)/40 {
			flipped := bytes.Clone(b)
			flipped[i] ^= 1 << (i % 7)
			restore := replaced(t, path, flipped)
			if again, err := Load(r.Dir); err == nil {
				if _, err := again.Predict(context.Background(), [][]float32{{1, 2}}); err != nil && !strings.Contains(err.Error(), ":") {
					t.Errorf("%s, bit of byte %d: got %v", name, i, err)
				}
			}
			restore()
		}
	}
}

// Files that are whole and do not fit each other.
func TestFilesOfDifferentRunsDoNotMix(t *testing.T) {
	a := start(t, tiny(numberColumns(t, 60), "y"))
	b := start(t, tiny(textFile(t, "a,k\n"+strings.Repeat("1,x\n2,y\n3,x\n4,y\n", 12)), "k"))
	restore := replaced(t, filepath.Join(a.Dir, "net.json"), []byte(file(t, b.Dir, "net.json")))
	_, err := Load(a.Dir)
	says(t, err, "net.json: got 1 inputs and 2 classes, want [2] and 0 as in run.json")
	restore()
	restore = replaced(t, filepath.Join(a.Dir, "config.json"), []byte(strings.Replace(file(t, a.Dir, "config.json"), `"draws": 5`, `"draws": 0`, 1)))
	_, err = Load(a.Dir)
	says(t, err, "config.json", "draws: got 0, want 1 to")
	restore()
	restore = replaced(t, filepath.Join(a.Dir, "config.json"), []byte(strings.Replace(file(t, a.Dir, "config.json"), `"draws": 5`, `"colour": 5`, 1)))
	_, err = Load(a.Dir)
	says(t, err, "config.json", "colour")
	restore()
}

// A table that changed since training is noticed, whichever value it is.
func TestChangedDataAreNoticed(t *testing.T) {
	path := numberColumns(t, 60)
	r := start(t, tiny(path, "y"))
	text := file(t, filepath.Dir(path), "table.csv")
	lines := strings.Split(text, "\n")
	changed := 0
	for i := 1; i <= 60; i += 6 {
		other := append([]string(nil), lines...)
		other[i] = "0.5" + other[i][strings.Index(other[i], ","):]
		restore := replaced(t, path, []byte(strings.Join(other, "\n")))
		if err := r.WithData(context.Background()); err != nil {
			says(t, err, "the data have changed since training")
			changed++
		}
		restore()
	}
	// Of sixty rows 49 are of training: of ten changes at least one is, but for one in a million.
	if changed == 0 {
		t.Error("no change was noticed")
	}
	if err := r.WithData(context.Background()); err != nil {
		t.Error(err)
	}
}
