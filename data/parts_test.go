package data

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFoldersWithPartsAreReadAsParts(t *testing.T) {
	dir := t.TempDir()
	writeTree(t, filepath.Join(dir, "train"), 10, "cat", "dog")
	writeTree(t, filepath.Join(dir, "val"), 3, "cat", "dog")
	writeTree(t, filepath.Join(dir, "test"), 4, "dog", "elk")
	s := open(t, Spec{Name: dir})
	if a, b, c := s.Train.Len(), s.Valid.Len(), s.Test.Len(); a != 20 || b != 6 || c != 8 {
		t.Fatalf("%d, %d and %d rows, want 20, 6 and 8", a, b, c)
	}
	want := []string{"cat", "dog", "elk"}
	for _, part := range []*Set{s.Train, s.Valid, s.Test} {
		if !slices.Equal(part.Classes, want) {
			t.Errorf("classes %v, want %v", part.Classes, want)
		}
	}
	for i, l := range s.Test.Labels { // in that tree pixel 0 is dog and pixel 50 is elk
		if name, dark := s.Test.Classes[l], s.Test.Row(i)[0] == 0; (name == "dog") != dark {
			t.Errorf("test row %d is called %s", i, name)
		}
	}
}

func TestFoldersOfClassesStayWhole(t *testing.T) {
	dir := t.TempDir()
	writeTree(t, dir, 10, "train", "car") // a class of trains
	s := open(t, Spec{Name: dir})
	if n := s.Train.Len() + s.Valid.Len() + s.Test.Len(); n != 20 || len(s.Train.Classes) != 2 {
		t.Errorf("%d rows of classes %v", n, s.Train.Classes)
	}
}

func TestFindParts(t *testing.T) {
	for _, c := range []struct {
		files, want []string // want: train, valid, test; nil for the whole folder
		err         string
	}{
		{files: []string{"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz"},
			want: []string{"train-images-idx3-ubyte.gz", "", "t10k-images-idx3-ubyte.gz"}},
		{files: []string{"a_b_train-images-idx3-ubyte", "a_b_valid-images-idx3-ubyte", "a_b_test-images-idx3-ubyte"},
			want: []string{"a_b_train-images-idx3-ubyte", "a_b_valid-images-idx3-ubyte", "a_b_test-images-idx3-ubyte"}},
		{files: []string{"test-images-idx3-ubyte"}},
		{files: []string{"constrain-images-idx3-ubyte"}},
		{files: []string{"train/", "other/"}},
		{files: []string{"train/", "readme.txt"}, want: []string{"train", "", ""}},
		{files: []string{"train/", "valid/", "val/"}, err: "got both val and valid"},
	} {
		dir := t.TempDir()
		for _, f := range c.files {
			path := filepath.Join(dir, f)
			if strings.HasSuffix(f, "/") {
				if err := os.Mkdir(path, 0o755); err != nil {
					t.Fatal(err)
				}
				continue
			}
			writeText(t, path, "")
		}
		got, err := findParts(dir)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%v: got %v, want %q", c.files, err, c.err)
			}
			continue
		}
		want := [3]string{dir}
		for i, w := range c.want {
			if want[i] = ""; w != "" {
				want[i] = filepath.Join(dir, w)
			}
		}
		if err != nil || got != want {
			t.Errorf("%v: got %q, %v, want %q", c.files, got, err, want)
		}
	}
}

func TestPartsNeedLabelsInAllOrNone(t *testing.T) {
	train, test := numbered(9, 3), numbered(9, 3)
	train.Classes, test.Labels = []string{"a", "b", "c"}, nil
	if err := mergeClasses(setParts{train: train, test: test}); err == nil {
		t.Error("labels in one part only were accepted")
	}
}

func TestOpeningIsStoppedByTheContext(t *testing.T) {
	dir := t.TempDir()
	writeTree(t, dir, 5, "a", "b")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, name := range []string{dir, "digits"} {
		if _, err := Open(ctx, Spec{Name: name}); err == nil {
			t.Errorf("%s opened after a cancel", name)
		}
	}
}

func TestRealFolderOfParts(t *testing.T) {
	root := realRoot(t, "pneumoniamnist")
	s := open(t, Spec{Name: filepath.Join(root, "pneumoniamnist")})
	if a, b, c := s.Train.Len(), s.Valid.Len(), s.Test.Len(); a != 3882 || b != 524 || c != 624 {
		t.Errorf("%d, %d and %d rows, want 3882, 524 and 624", a, b, c)
	}
}
