package data

import (
	"os"
	"path/filepath"
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

func TestMNISTComesWithItsLabels(t *testing.T) {
	set, rep, err := ReadFile(sharedFile(t, "mnist", "t10k-images-idx3-ubyte.gz"), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if set.Len() != 10000 || set.Dim() != 784 || len(set.Shape) != 2 || set.Labels[0] != 7 || len(set.Classes) != 10 {
		t.Fatalf("got %d×%d, first label %d, classes %v", set.Len(), set.Dim(), set.Labels[0], set.Classes)
	}
	if !set.IsImage() || set.Columns != nil {
		t.Error("got a table, want images")
	}
	t.Log(rep)
}

func TestSmallTablesAreRead(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(sharedFile(t, "small-tables"), "*.csv"))
	label := map[string]string{"iris.csv": "Species", "Pima.tr.csv": "type", "Pima.te.csv": "type"}
	for _, f := range files {
		set, rep, err := ReadFile(f, ReadOptions{Label: label[filepath.Base(f)], Standardize: true})
		if err != nil {
			t.Error(err)
			continue
		}
		t.Logf("%s %v", rep, set.Row(0))
	}
}
