package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// compared is a run of twelve epochs.
func compared(name string) CompareInput { return CompareInput{Name: name, History: epochs(12, 2)} }

// Names are those of folders, which may hold any character.
func TestCompareDrawsRunsOfAnyName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "compare.png")
	if err := Compare(path, []CompareInput{compared("vae"), compared("\x1b[2Ja\tb\nc\u202e\xff")}); err != nil {
		t.Fatal(err)
	}
	decoded(t, path)
}

func TestCompareReportsWhatItCannotDraw(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.png")
	if err := Compare(path, nil); err == nil || !strings.Contains(err.Error(), "got none") {
		t.Errorf("no runs: got %v", err)
	}
	if err := Compare(path, []CompareInput{{Name: "bare"}}); err == nil || !strings.Contains(err.Error(), "history: got no finite value") {
		t.Errorf("without a history: got %v, want an error that says so", err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("without a history: got %v, want no picture", err)
	}
	if err := Compare(filepath.Join(t.TempDir(), "gone", "c.png"), []CompareInput{compared("a")}); err == nil {
		t.Error("below a folder that is not there: got no error, want one")
	}
}
