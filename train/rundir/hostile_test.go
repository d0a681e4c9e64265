package rundir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
)

// sparse makes a file of so many bytes that takes no space.
func sparse(t *testing.T, path string, size int64) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
}

func TestFilesBeyondTheLimitAreNotRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, ConfigFile)
	sparse(t, path, maxJSON+1)
	var v any
	says(t, ReadJSON(path, &v), "got 67108865 bytes, want at most 67108864")
	_, err := ModelOf(dir)
	says(t, err, "want at most 67108864")
	l := Log{filepath.Join(dir, HistoryFile)}
	sparse(t, l.Path, maxLine+2)
	f, err := os.OpenFile(l.Path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("\n")
	f.Close()
	says(t, l.Each(func([]byte) error { return nil }), "line 1", "token too long")
}

func TestFoldersInThePlaceOfFilesAreErrors(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{ConfigFile, HistoryFile} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ModelOf(dir); err == nil {
		t.Error("a folder was read as a config")
	}
	l := Log{filepath.Join(dir, HistoryFile)}
	if err := l.Each(func([]byte) error { return nil }); err == nil {
		t.Error("a folder was read as a history")
	}
	if _, err := l.Append([]byte("x\n")); err == nil {
		t.Error("a line was added to a folder")
	}
	if err := WriteJSON(filepath.Join(dir, ConfigFile), 1); err == nil {
		t.Error("a folder was replaced by a config")
	}
}

// The config, which makes a directory a run, is written after all else.
func TestAFailedCreationLeavesNoRun(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, InfoFile), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Create(dir, map[string]string{"model": "bnn"}, Info{}); err == nil {
		t.Error("got no error, want that run.json cannot be written")
	}
	if IsRun(dir) {
		t.Error("a directory without run.json counts as a run")
	}
	if err := Create(filepath.Join(dir, "none"), 1, Info{}); err == nil {
		t.Error("a run was created in a folder that is not there")
	}
	if err := Create(t.TempDir(), func() {}, Info{}); err == nil || !strings.Contains(err.Error(), "config.json") {
		t.Errorf("got %v", err)
	}
}

func TestOnlyAnAbsentConfigIsExplained(t *testing.T) {
	other := errors.New("torn")
	if got := Absent("dir", other); got != other {
		t.Errorf("got %v, want it as it is", got)
	}
	says(t, Absent("dir", fs.ErrNotExist), "dir is no run directory")
	says(t, Absent("hostile_test.go", errors.New("not a directory")), "hostile_test.go is no run directory but a file")
	if err := Absent("dir", nil); err != nil {
		t.Errorf("got %v", err)
	}
}

// What is appended comes back line by line, in whatever pieces it was written and wherever it was
// cut: a cut leaves the whole lines before it.
func TestALogKeepsWholeLines(t *testing.T) {
	random := rng.New(4).Rand()
	for range 50 {
		l := Log{filepath.Join(t.TempDir(), HistoryFile)}
		text := ""
		for range 1 + random.IntN(6) {
			piece := ""
			for range 1 + random.IntN(4) {
				piece += strings.Repeat("x", random.IntN(5000)) + "\n"
			}
			size, err := l.Append([]byte(piece))
			text += piece
			if err != nil || size != int64(len(text)) {
				t.Fatalf("got %d bytes, want %d (%v)", size, len(text), err)
			}
		}
		cut := random.IntN(len(text) + 1)
		if err := l.Cut(int64(cut)); err != nil {
			t.Fatal(err)
		}
		want := text[:strings.LastIndex(text[:cut], "\n")+1]
		got := strings.Join(linesOf(t, l), "\n")
		if got != "" || want != "" {
			if strings.TrimSuffix(want, "\n") != got {
				t.Fatalf("cut at %d of %d: got %d bytes, want %d", cut, len(text), len(got), len(want))
			}
		}
		if err := l.Cut(int64(len(text)) + 9); err != nil { // shorter already
			t.Fatal(err)
		}
	}
}

// FuzzModelOf reads configs that a stranger may have written.
func FuzzModelOf(f *testing.F) {
	for _, s := range []string{`{"model": "bnn"}`, `{"model": "vae", "hidden": [1]}`, `{}`, `[`, `{"model": {"a": 1}}`, "\x00", strings.Repeat("[", 20000)} {
		f.Add([]byte(s))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, ConfigFile), b, 0o644); err != nil {
			t.Fatal(err)
		}
		if name, err := ModelOf(dir); (err == nil) == (name == "") {
			t.Errorf("got %q and %v, want a name or an error", name, err)
		}
	})
}

func TestTheSharedCircumstancesComeBack(t *testing.T) {
	s, err := data.Split(data.Cubic(30, rng.New(2)), nil, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), InfoFile)
	want := Describe("set", s, "f", "c", "b")
	var got Info
	if err := errors.Join(WriteJSON(path, want), ReadJSON(path, &got)); err != nil {
		t.Fatal(err)
	}
	if got.Columns[1] != want.Columns[1] || got.Shape[0] != 2 || got.Train != want.Train || got.Version != want.Version {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
