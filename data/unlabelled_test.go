package data

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Rows whose class is blank are kept without one, in a comma-separated table, a tab-separated one and in JSON
// lines, where the class is null; the report says how many they are.
func TestRowsMayHaveNoClass(t *testing.T) {
	for format, text := range map[string]string{
		"csv":   "a,b,kind\n1,2,cat\n3,4,\n5,6,ant\n7,8,  \n9,1,cat\n",
		"tsv":   "a\tb\tkind\n1\t2\tcat\n3\t4\t\n5\t6\tant\n7\t8\t\n9\t1\tcat\n",
		"jsonl": "{\"x\":[1,2],\"label\":\"cat\"}\n{\"x\":[3,4],\"label\":null}\n{\"x\":[5,6],\"label\":\"ant\"}\n{\"x\":[7,8],\"label\":null}\n{\"x\":[9,1],\"label\":\"cat\"}\n",
	} {
		opt := ReadOptions{}
		if format != "jsonl" {
			opt.Label = "kind"
		}
		set, rep, err := readString(format, text, opt)
		if err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		if !slices.Equal(set.Labels, []int32{1, -1, 0, -1, 1}) || !slices.Equal(set.Classes, []string{"ant", "cat"}) || set.Len() != 5 {
			t.Errorf("%s: got labels %v of %v in %d rows", format, set.Labels, set.Classes, set.Len())
		}
		if !slices.Equal(rep.Counts, []int{1, 2}) || !slices.Contains(rep.Notes, "2 of 5 rows have no class.") {
			t.Errorf("%s: got counts %v and notes %q", format, rep.Counts, rep.Notes)
		}
		if format != "jsonl" && rep.Columns[2].Missing != 2 {
			t.Errorf("%s: got %d empty cells of the label column, want 2", format, rep.Columns[2].Missing)
		}
	}
}

// A label column that is blank throughout is a mistake; JSON lines whose classes are all null have none.
func TestNoRowHasAClass(t *testing.T) {
	_, _, err := readString("csv", "a,b\n1,\n2,\n", ReadOptions{Label: "b"})
	wantFormatError(t, err, `column "b": got no class in 2 rows, want at least one; leave the label column out`)
	set, rep, err := readString("jsonl", "{\"x\":[1],\"label\":null}\n{\"x\":[2],\"label\":null}\n", ReadOptions{})
	if err != nil || set.Labels != nil || set.Classes != nil || len(rep.Notes) > 0 {
		t.Errorf("got labels %v of %v, notes %v, %v", set.Labels, set.Classes, rep.Notes, err)
	}
}

// What has no class is written as such and comes back so; where there is no room for it, that is an error.
func TestRowsWithoutAClassAreWritten(t *testing.T) {
	s := &Set{Shape: []int{2}, X: []float32{1, 2, 3, 4, 5, 6}, Labels: []int32{0, -1, 1}, Classes: []string{"ant", "cat"}}
	for _, ext := range []string{".csv", ".jsonl"} {
		path := filepath.Join(t.TempDir(), "rows"+ext)
		if err := WriteFile(path, s); err != nil {
			t.Fatalf("%s: %v", ext, err)
		}
		opt := ReadOptions{}
		if ext == ".csv" {
			opt.Label = "label"
		}
		got, _, err := ReadFile(path, opt)
		if err != nil || !slices.Equal(got.Labels, s.Labels) || !slices.Equal(got.X, s.X) || !slices.Equal(got.Classes, s.Classes) {
			t.Errorf("%s: got %+v, %v", ext, got, err)
		}
	}
	err := WriteFile(filepath.Join(t.TempDir(), "rows.npz"), s)
	if err == nil || !strings.Contains(err.Error(), "got row 1 without a class") {
		t.Errorf("npz: got %v, want an error that names the row", err)
	}
	s.Labels[1] = -2
	if err := WriteFile(filepath.Join(t.TempDir(), "rows.csv"), s); err == nil || !strings.Contains(err.Error(), "got class -2 in row 1") {
		t.Errorf("class −2: got %v", err)
	}
}

// Parts of one data set, each with classes of its own, keep their rows without one.
func TestPartsKeepRowsWithoutAClass(t *testing.T) {
	p := setParts{
		train: &Set{Shape: []int{1}, X: []float32{1, 2}, Labels: []int32{0, -1}, Classes: []string{"b"}},
		test:  &Set{Shape: []int{1}, X: []float32{1, 2, 3}, Labels: []int32{1, -1, 0}, Classes: []string{"a", "b"}},
	}
	if err := mergeClasses(p); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(p.train.Labels, p.test.Labels, p.test.Classes); got != "[0 -1] [0 -1 1] [b a]" {
		t.Errorf("got %s", got)
	}
	other := &Set{Shape: []int{1}, X: p.train.X, Labels: []int32{0, 0}, Classes: p.train.Classes}
	if p.train.Fingerprint() == other.Fingerprint() {
		t.Error("a set whose classes are all known has the same fingerprint")
	}
}
