package engine

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/train/rundir"
)

// replaced writes another text into a file, and puts the old one back at the end.
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

// Each file of a run cut short anywhere is an error that names it. Only the history, of which a torn
// last line is lost, may be short.
func TestEveryCutOfEveryFileOfARunIsAnError(t *testing.T) {
	r := start(t, rootConfig(number(t, 5)))
	for _, name := range []string{rundir.ConfigFile, rundir.InfoFile, modelFile, rundir.ResultFile} {
		path := filepath.Join(r.Dir, name)
		b := []byte(file(t, r.Dir, name))
		end := len(bytes.TrimRight(b, "\n"))
		for n := 0; n < end; n += 1 + end/80 {
			restore := replaced(t, path, b[:n])
			if _, err := Load(r.Dir); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s cut at %d: got %v, want an error that names it", name, n, err)
			}
			restore()
		}
	}
	restore := replaced(t, filepath.Join(r.Dir, rundir.HistoryFile), []byte("{\"sweep\":1}\n{\"swe"))
	if again, err := Load(r.Dir); err != nil || len(again.History) != 1 {
		t.Errorf("a torn history: got %v", err)
	}
	restore()
	restore = replaced(t, filepath.Join(r.Dir, rundir.HistoryFile), []byte("?\n"))
	_, err := Load(r.Dir)
	says(t, err, "metrics.jsonl: line 1")
	restore()
}

func TestNoFlippedBitPanics(t *testing.T) {
	r := start(t, rootConfig(number(t, 5)))
	for _, name := range []string{rundir.ConfigFile, rundir.InfoFile, modelFile, rundir.ResultFile, rundir.HistoryFile} {
		path := filepath.Join(r.Dir, name)
		b := []byte(file(t, r.Dir, name))
		for i := 0; i < len(b); i += 1 + len(b)/80 {
			flipped := bytes.Clone(b)
			flipped[i] ^= 1 << (i % 7)
			restore := replaced(t, path, flipped)
			if again, err := Load(r.Dir); err == nil {
				if _, err := again.Config.Resolved(), again.Config.Validate(); err != nil {
					t.Errorf("%s, bit of byte %d: loaded with %v", name, i, err)
				}
			}
			restore()
		}
	}
}

func TestAnEmptyModelIsNamed(t *testing.T) {
	r := start(t, rootConfig(number(t, 5)))
	if err := os.Truncate(filepath.Join(r.Dir, modelFile), 0); err != nil {
		t.Fatal(err)
	}
	_, err := Load(r.Dir)
	says(t, err, modelFile)
}

func TestOnlyRunsOfEnginesAreRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, rundir.ConfigFile), []byte(`{"model": "vae"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Load(dir)
	says(t, err, "got a run of vae, which is no engine")
	_, err = Load(t.TempDir())
	says(t, err, "is no run directory")
}
