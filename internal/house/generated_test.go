package house

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const modelsTable = "docs/models.md"

// firstDifference names the first line at which two texts differ, or is empty.
func firstDifference(name string, got, want []byte) string {
	g, w := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range max(len(g), len(w)) {
		var a, b []byte
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if !bytes.Equal(a, b) || i >= len(g) || i >= len(w) {
			return fmt.Sprintf("%s:%d: got %q, want %q (make docs writes it)", name, i+1, a, b)
		}
	}
	return ""
}

// exists reports whether there is a file or folder at the path below the root.
func exists(t *testing.T, rel string) bool {
	t.Helper()
	_, err := os.Stat(filepath.Join(theRoot(t), rel))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}

func TestTheTableOfModelsIsCurrent(t *testing.T) {
	if !exists(t, program) && !exists(t, modelsTable) {
		t.Skip("this tree has neither the program nor its table of models, so there is nothing to compare")
	}
	cmd := exec.Command("go", "run", "./"+program, "models", "--markdown")
	cmd.Dir = theRoot(t)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	want, err := cmd.Output()
	if err != nil {
		t.Fatalf("elbo models --markdown: %v\n%s", err, &stderr)
	}
	if len(bytes.TrimSpace(want)) == 0 {
		t.Fatal("elbo models --markdown: got nothing, want a table")
	}
	got, err := os.ReadFile(filepath.Join(theRoot(t), modelsTable))
	if err != nil {
		t.Fatalf("%v (make docs writes it)", err)
	}
	if diff := firstDifference(modelsTable, got, want); diff != "" {
		t.Fatal(diff)
	}
	t.Logf("%s: lines %d, current", modelsTable, bytes.Count(got, []byte("\n")))
}

func TestStaleGeneratedFilesAreNoticed(t *testing.T) {
	for _, c := range []struct{ got, want, diff string }{
		{"a\nb\n", "a\nb\n", ""},
		{"a\nb\n", "a\nc\n", `f:2: got "b", want "c"`},
		{"a\n", "a\nb\n", `f:2: got "", want "b"`},
		{"a\nb\n", "a\n", `f:2: got "b", want ""`},
		{"", "a\n", `f:1: got "", want "a"`},
		{"a", "a\n", `f:2: got "", want ""`},
	} {
		var bad []string
		if d := firstDifference("f", []byte(c.got), []byte(c.want)); d != "" {
			bad = []string{d}
		}
		wantReport(t, bad, c.diff)
	}
}
