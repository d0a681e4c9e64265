package data

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sharedFile returns the path of a file of the real data sets, or skips the test.
func sharedFile(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("ELBO_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "data")
	}
	path := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no real data at %s; set ELBO_DATA", path)
	}
	return path
}

// The md5 of the decompressed test images is widely published.
func TestMNISTComesWithItsLabels(t *testing.T) {
	set, rep, err := ReadFile(sharedFile(t, "mnist", "t10k-images-idx3-ubyte.gz"), ReadOptions{Standardize: true})
	if err != nil {
		t.Fatal(err)
	}
	if set.Len() != 10000 || set.Dim() != 784 || set.Labels[0] != 7 || len(set.Classes) != 10 || rep.Counts[1] != 1135 {
		t.Fatalf("got %v", rep)
	}
	b := mkIDX(8, []uint32{10000, 28, 28}, nil)
	for _, v := range set.X {
		b = append(b, byte(v*255+0.5))
	}
	sum := md5.Sum(b)
	if got := hex.EncodeToString(sum[:]); got != "2646ac647ad5339dbf082846283269ea" {
		t.Errorf("got md5 %s of the pixels, want that of the published file", got)
	}
	if !set.IsImage() || set.Columns != nil {
		t.Error("got a table, want images")
	}
}

func TestUnknownFilesAreNamed(t *testing.T) {
	dir := t.TempDir()
	_, _, err := ReadFile(put(t, dir, "notes.txt", []byte("hello")), ReadOptions{})
	if !errors.Is(err, ErrUnknownFormat) || !strings.Contains(err.Error(), "notes.txt, want idx, csv") {
		t.Errorf("got %v", err)
	}
	if _, _, err = readString("pickle", "", ReadOptions{}); !errors.Is(err, ErrUnknownFormat) {
		t.Errorf("got %v", err)
	}
	if _, _, err = ReadFile(filepath.Join(dir, "absent.csv"), ReadOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want not found", err)
	}
	if _, _, err = ReadFile(os.DevNull, ReadOptions{}); err == nil || !strings.Contains(err.Error(), "device") {
		t.Errorf("got %v, want a refusal of devices", err)
	}
}

func TestFilesWithoutATellingNameAreKnownByTheirFirstBytes(t *testing.T) {
	set := &Set{Shape: []int{2, 2}, X: []float32{0, 1, 1, 0}}
	for _, format := range []string{"npy", "npz", "png"} {
		dir := t.TempDir()
		if err := WriteFile(filepath.Join(dir, "a."+format), set); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, "a."+format), filepath.Join(dir, "plain")); err != nil {
			t.Fatal(err)
		}
		got, rep, err := ReadFile(filepath.Join(dir, "plain"), ReadOptions{})
		if err != nil || rep.Format != format {
			t.Errorf("%s: got %v, %v", format, rep, err)
			continue
		}
		wantValues(t, got.X, set.X...)
	}
}

func TestEveryErrorOfAFileNamesTheFile(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.idx", "a.csv", "a.npy", "a.npz", "a.png", "a.jpg", "a.jsonl", "a.idx.gz", "a-images-idx3-ubyte"} {
		path := put(t, dir, name, []byte("\x1f\x8b????"))
		_, _, err := ReadFile(path, ReadOptions{})
		wantFormatError(t, err, path)
	}
}

func TestTheReportIsReadable(t *testing.T) {
	_, rep, err := readString("csv", "rownames,a,kind\n1,2,x\n2,?,y\n3,4,y\n", ReadOptions{Label: "kind", AllowNaN: true})
	if err != nil {
		t.Fatal(err)
	}
	rep.Path = "t.csv"
	want := `t.csv: csv, 3 rows of 1 values
2 classes: x (1) y (2)
column    kind         missing  min  max  mean  sd
rownames  row names                             
a         numeric      1        2    4    3     1
kind      categorical                           
Column a: 1 of 3 cells were missing and took the value 3.
`
	if got := rep.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	wide := &Report{Path: "w", Format: "csv", Shape: []int{30}, Columns: make([]ColumnReport, 30), Classes: make([]string, 30), Counts: make([]int, 30)}
	if got := wide.String(); !strings.Contains(got, "… and 10 more columns") || !strings.Contains(got, "30 classes:") {
		t.Errorf("got %s", got)
	}
}

// Limits left at zero are the defaults, which admit MNIST.
func TestDefaultLimitsAdmitMNIST(t *testing.T) {
	l := Limits{MaxRows: 5}.orDefault()
	d := DefaultLimits()
	d.MaxRows = 5
	if l != d {
		t.Errorf("got %+v, want %+v", l, d)
	}
	if _, ok := product([]int64{60000, 28, 28, 4}, d.MaxBytes); !ok {
		t.Error("got MNIST refused, want it admitted")
	}
	for _, dims := range [][]int64{{1 << 31, 1 << 31, 4}, {1 << 62, 4}, {0, 5}, {-1, -1}, {1 << 30, 2}} {
		if p, ok := product(dims, 1<<30); ok {
			t.Errorf("%v: got %d, want refused", dims, p)
		}
	}
}
