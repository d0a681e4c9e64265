package data

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/internal/rng"
)

// randomSet is n rows of a shape with values from N(0, 1), or bytes/255 for images.
func randomSet(n int, classes []string, shape ...int) *Set {
	s := &Set{Shape: shape, Classes: classes}
	s.X = make([]float32, n*s.Dim())
	rng.New(1).Named("write").Normal(s.X)
	if s.IsImage() {
		for i, v := range s.X {
			s.X[i] = float32(byte(1000*v)) / 255
		}
	}
	for i := 0; i < n && classes != nil; i++ {
		s.Labels = append(s.Labels, int32((i+1)%len(classes)))
	}
	return s
}

func TestFilesReadBackAsTheyWereWritten(t *testing.T) {
	table := randomSet(7, []string{"a, \"b\"", "é", "日本"}, 3)
	table.Columns = []Column{{"x", 0, 1}, {"label", 0, 1}, {"a,b", 0, 1}}
	sets := map[string]*Set{
		"table": table, "plain": randomSet(5, nil, 4), "grey": randomSet(6, []string{"0", "1"}, 3, 5), "colour": randomSet(4, nil, 3, 2, 3),
	}
	for name, s := range sets {
		for _, ext := range []string{".csv", ".npy", ".npz", ".jsonl"} {
			path := filepath.Join(t.TempDir(), "set"+ext)
			if err := WriteFile(path, s); err != nil {
				t.Fatalf("%s%s: %v", name, ext, err)
			}
			opt := ReadOptions{}
			if ext == ".csv" && s.Labels != nil {
				opt.Label = "label"
				if name == "table" {
					opt.Label = "_label"
				}
			}
			got, _, err := ReadFile(path, opt)
			if err != nil {
				t.Fatalf("%s%s: %v", name, ext, err)
			}
			wantValues(t, got.X, s.X...)
			if ext != ".csv" && !slices.Equal(got.Shape, s.Shape) {
				t.Errorf("%s%s: got shape %v, want %v", name, ext, got.Shape, s.Shape)
			}
			if ext != ".npy" && (!slices.Equal(got.Labels, s.Labels) || !slices.Equal(got.Classes, s.Classes)) {
				t.Errorf("%s%s: got labels %v of %v, want %v of %v", name, ext, got.Labels, got.Classes, s.Labels, s.Classes)
			}
			if ext == ".csv" && name == "table" && got.Columns[2].Name != "a,b" {
				t.Errorf("got columns %v", got.Columns)
			}
		}
	}
}

func TestImagesReadBackFromPNG(t *testing.T) {
	for _, shape := range [][]int{{3, 5}, {3, 5, 1}, {4, 2, 3}} {
		s := randomSet(1, nil, shape...)
		path := filepath.Join(t.TempDir(), "a.png")
		if err := WriteFile(path, s); err != nil {
			t.Fatal(err)
		}
		got, _, err := ReadFile(path, ReadOptions{})
		if err != nil || got.Dim() != s.Dim() {
			t.Fatal(got, err)
		}
		wantValues(t, got.X, s.X...)
	}
}

func TestRowsBecomeTilesOfOnePNG(t *testing.T) {
	s := &Set{Shape: []int{1, 2}, X: []float32{1, .2, .4, .6, -3, 7}}
	path := filepath.Join(t.TempDir(), "a.png")
	if err := WriteFile(path, s); err != nil {
		t.Fatal(err)
	}
	got, _, err := ReadFile(path, ReadOptions{})
	if err != nil || !slices.Equal(got.Shape, []int{2, 4}) {
		t.Fatal(got, err)
	}
	wantValues(t, got.X, 1, .2, .4, .6, 0, 1, 0, 0) // two a line; values are cut to [0, 1]
}

func TestSetsThatCannotBeWrittenLeaveNoFile(t *testing.T) {
	ok := func() *Set { return &Set{Shape: []int{2}, X: []float32{1, 2}} }
	with := func(f func(*Set)) *Set { s := ok(); f(s); return s }
	for name, c := range map[string]struct {
		file string
		set  *Set
		want string
	}{
		"extension":     {"a.txt", ok(), `got extension ".txt", want .png, .csv, .npy, .npz or .jsonl`},
		"no image":      {"a.png", ok(), "png: got rows of shape [2], want images"},
		"no rows":       {"a.csv", with(func(s *Set) { s.X = nil }), "rows: got 0 values of shape [2]"},
		"part of a row": {"a.csv", with(func(s *Set) { s.X = s.X[:1] }), "rows: got 1 values"},
		"NaN":           {"a.npy", with(func(s *Set) { s.X[1] = float32(math.NaN()) }), "row 0: got NaN at index 1"},
		"labels":        {"a.npz", with(func(s *Set) { s.Labels = []int32{0, 0} }), "labels: got 2, want 1, one a row"},
		"no class":      {"a.jsonl", with(func(s *Set) { s.Labels = []int32{0} }), "labels: got class 0 in row 0, want 0 to -1"},
		"large grid":    {"a.png", &Set{Shape: []int{1 << 13, 1}, X: make([]float32, 1<<25)}, "want at most 16777216 pixels"},
		"no folder":     {"no/a.csv", ok(), "no such file or directory"},
	} {
		dir := t.TempDir()
		err := WriteFile(filepath.Join(dir, c.file), c.set)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "data: write ") {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
		wantEmptyDir(t, dir)
	}
}

// wantEmptyDir fails if the folder holds anything, a temporary file above all.
func wantEmptyDir(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 0 {
		t.Errorf("got %v, %v in the folder, want nothing", entries, err)
	}
}

// failingWriter accepts a number of bytes, then fails.
type failingWriter struct {
	w    io.Writer
	left int
}

var errFull = errors.New("no space left")

func (f *failingWriter) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return f.w.Write(p)
}

func TestAFailingWriteKeepsTheOldFileAndLeavesNoOther(t *testing.T) {
	s := randomSet(40, []string{"a", "b"}, 6, 6)
	for ext, write := range map[string]func(io.Writer, *Set) error{
		".png": writePNG, ".csv": writeCSV, ".npy": writeNPY, ".npz": writeNPZ, ".jsonl": writeJSONL,
	} {
		var whole bytes.Buffer
		if err := write(&whole, s); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		path := put(t, dir, "set"+ext, []byte("old"))
		for _, left := range []int{0, 10, whole.Len() / 2, whole.Len() - 1} {
			err := atomicfile.WriteFile(path, func(w io.Writer) error { return write(&failingWriter{w, left}, s) })
			if !errors.Is(err, errFull) {
				t.Errorf("%s after %d bytes: got %v, want the writer's error", ext, left, err)
			}
			old, _ := os.ReadFile(path)
			entries, _ := os.ReadDir(dir)
			if string(old) != "old" || len(entries) != 1 {
				t.Errorf("%s after %d bytes: got %q and %v, want the old file alone", ext, left, old, entries)
			}
		}
		if err := WriteFile(path, s); err != nil {
			t.Fatal(err)
		}
		if b, _ := os.ReadFile(path); !bytes.Equal(b, whole.Bytes()) {
			t.Errorf("%s: got other bytes in the file than from the writer", ext)
		}
	}
}

func TestFilesGetThePermissionsOfTheUmask(t *testing.T) {
	dir := t.TempDir()
	ref := put(t, dir, "ref", nil)
	path := filepath.Join(dir, "a.csv")
	if err := WriteFile(path, randomSet(1, nil, 2)); err != nil {
		t.Fatal(err)
	}
	a, _ := os.Stat(ref)
	b, _ := os.Stat(path)
	if a.Mode() != b.Mode() {
		t.Errorf("got mode %v, want %v", b.Mode(), a.Mode())
	}
}

func TestStreamsGetWhatFilesGet(t *testing.T) {
	s := &Set{Shape: []int{2}, X: []float32{1, 2, 3, 4.5}}
	for _, ext := range []string{".csv", ".jsonl", ".npy", ".npz"} {
		path := filepath.Join(t.TempDir(), "rows"+ext)
		if err := WriteFile(path, s); err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := Write(&got, ext, s); err != nil || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: got %q (%v), want %q", ext, got.Bytes(), err, want)
		}
	}
	if err := Write(io.Discard, ".txt", s); err == nil || !strings.Contains(err.Error(), `data: write: got extension ".txt"`) {
		t.Errorf("got error %v", err)
	}
}
