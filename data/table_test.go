package data

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// tableFile writes a file and returns its path.
func tableFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestATableKeepsEveryBitOfItsFile(t *testing.T) {
	want := make([]float64, 3*500)
	rng.New(2).NormalFloat64(want)
	var b strings.Builder
	b.WriteString("rownames,a,kind,b,c\n")
	for i := 0; i < len(want); i += 3 {
		want[i] += 1.7e9 // seconds of an epoch, which no float32 holds
		fmt.Fprintf(&b, "%d,%v,%s,%v,%v\n", i/3+1, want[i], []string{"x", "y"}[i/3%2], want[i+1], want[i+2])
	}
	tab, rep, err := ReadTable(tableFile(t, "t.csv", b.String()), ReadOptions{Label: "kind"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(tab.X, want) || tab.Len() != 500 || !slices.Equal(tab.Columns, []string{"a", "b", "c"}) {
		t.Errorf("got %d rows of %v, want the 500 that were written", tab.Len(), tab.Columns)
	}
	if len(tab.Labels) != 500 || !slices.Equal(tab.Classes, []string{"x", "y"}) {
		t.Errorf("got %d labels of %v", len(tab.Labels), tab.Classes)
	}
	if rep.Rows != 500 || rep.Columns[0].Kind != RowNames {
		t.Errorf("got the report %+v", rep)
	}
}

func TestStoredColumnsChooseThoseOfATable(t *testing.T) {
	path := tableFile(t, "t.csv", "a,b,c\n1,2,3\n4,,6\n")
	tab, _, err := ReadTable(path, ReadOptions{AllowNaN: true, Columns: []Column{{"c", 0, 1}, {"b", 9, 1}}})
	if err != nil || !slices.Equal(tab.X, []float64{3, 2, 6, 9}) || !slices.Equal(tab.Columns, []string{"c", "b"}) {
		t.Errorf("got %+v, %v", tab, err)
	}
	_, _, err = ReadTable(path, ReadOptions{})
	if err == nil || !strings.Contains(err.Error(), "t.csv: row 3") {
		t.Errorf("a missing cell: got %v", err)
	}
	_, _, err = ReadTable(path, ReadOptions{AllowNaN: true, Columns: []Column{{"d", 0, 1}}})
	if err == nil || !strings.Contains(err.Error(), "got no column") {
		t.Errorf("an absent column: got %v", err)
	}
	_, _, err = ReadTable(path, ReadOptions{Columns: []Column{{"a", 0, 0}}})
	if err == nil || !strings.Contains(err.Error(), "positive scale") {
		t.Errorf("no scale: got %v", err)
	}
}

func TestOtherFormatsMakeTablesToo(t *testing.T) {
	path := tableFile(t, "t.jsonl", `{"x": [1, 2.5], "label": "p"}`+"\n"+`{"x": [3, 4], "label": "q"}`+"\n")
	tab, rep, err := ReadTable(path, ReadOptions{})
	if err != nil || !slices.Equal(tab.X, []float64{1, 2.5, 3, 4}) || !slices.Equal(tab.Columns, []string{"c1", "c2"}) || rep.Format != "jsonl" {
		t.Fatalf("got %+v, %v", tab, err)
	}
	tab, _, err = ReadTable(path, ReadOptions{Columns: []Column{{"u", 0, 1}, {"v", 0, 1}}})
	if err != nil || !slices.Equal(tab.Columns, []string{"u", "v"}) {
		t.Errorf("got %+v, %v", tab, err)
	}
	_, _, err = ReadTable(path, ReadOptions{Columns: []Column{{"u", 0, 1}}})
	if err == nil || !strings.Contains(err.Error(), "columns: got 2, want 1 as in training") {
		t.Errorf("got %v", err)
	}
}

func TestTablesThatCannotBeReadAreNamed(t *testing.T) {
	for name, text := range map[string]string{"empty.csv": "", "head.csv": "a,b\n", "word.csv": "a,b\n1,x\n", "torn.csv.gz": "\x1f\x8b"} {
		path := tableFile(t, name, text)
		if _, _, err := ReadTable(path, ReadOptions{}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want an error that names it", name, err)
		}
	}
	dir := filepath.Join(t.TempDir(), "d.csv")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ReadTable(dir, ReadOptions{}); err == nil || !strings.Contains(err.Error(), "want a file") {
		t.Errorf("a folder: got %v", err)
	}
	if _, _, err := ReadTable(dir+".none.csv", ReadOptions{}); err == nil {
		t.Error("an absent file was read")
	}
}
