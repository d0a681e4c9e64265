package data

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCSVHeaderIsDetected(t *testing.T) {
	for _, c := range []struct {
		name, text, label string
		columns           []string
		rows              int
	}{
		{"names", "a,b\n1,2\n3,4\n", "", []string{"a", "b"}, 2},
		{"no names", "1,2\n3,4\n", "", []string{"c1", "c2"}, 2},
		{"no names, label of words", "1,x\n2,y\n", "c2", []string{"c1"}, 2},
		{"years as names", "id,2019,2020\n5,6,7\n8,9,1\n", "", []string{"id", "2019", "2020"}, 2},
		{"number as a name, found by the label", "1,kind\n5,6\n", "kind", []string{"1"}, 1},
		{"quoted names", "\"a, b\",\"c\"\"d\"\n1,2\n", "", []string{"a, b", `c"d`}, 1},
		{"byte order mark", "\ufeffa,b\n1,2\n", "", []string{"a", "b"}, 1},
		{"CRLF", "a,b\r\n1,2\r\n", "", []string{"a", "b"}, 1},
		{"blank lines, no last line break", "a,b\n\n1,2\n\n3,4", "", []string{"a", "b"}, 2},
		{"blanks around", " a , b \n 1 , 2 \n", "", []string{"a", "b"}, 1},
		{"row names of R", "rownames,a\n1,5\n2,6\n", "", []string{"a"}, 2},
		{"row names of pandas", ",a\nx,5\ny,6\n", "", []string{"a"}, 2},
		{"missing in the first row", "?,3\n4,5\n", "", []string{"c1", "c2"}, 2},
	} {
		set, _, err := readString("csv", c.text, ReadOptions{Label: c.label, AllowNaN: true})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var names []string
		for _, col := range set.Columns {
			names = append(names, col.Name)
		}
		if !slices.Equal(names, c.columns) || set.Len() != c.rows {
			t.Errorf("%s: got columns %q and %d rows, want %q and %d", c.name, names, set.Len(), c.columns, c.rows)
		}
	}
}

func TestCSVOddTextIsReadOrRefusedAtItsPlace(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "csv: row 1: got an empty file, want a header or a row of numbers"},
		{"blank", "\n\r\n\n", "row 1: got an empty file"},
		{"header only", "a,b\n", "rows: got a header and no rows, want at least 1 row"},
		{"NaN", "a,b\n1,2\n3,NaN\n", `row 3, column "b": got "NaN", want a number; remove the row or allow missing values`},
		{"empty cell", "a,b\n1,\n", `row 2, column "b": got "", want a number`},
		{"NA", "a,b\nNA,1\n", `row 2, column "a": got "NA"`},
		{"question mark", "a,b\n5,1\n?,1\n", `row 3, column "a": got "?"`},
		{"+Inf", "a\n1\n+Inf\n", `row 3, column "a": got "+Inf", want a finite number`},
		{"-Inf", "a\n1\n-Inf\n", `row 3, column "a": got "-Inf", want a finite number`},
		{"overflow", "a\n1\n1e999\n", `row 3, column "a": got "1e999", want a finite number`},
		{"overflow of float32", "a\n1\n-1e39\n", `row 3, column "a": got "-1e39", want a finite number`},
		{"ragged short", "a,b\n1,2\n3\n", "row 3: got 1 columns, want 2 as in the first row"},
		{"ragged long", "a,b\r\n\r\n1,2,3\r\n", "row 3: got 3 columns, want 2 as in the first row"},
		{"text feature", "a,b\n1,red\n", `row 2, column "b": got "red", want a number; make it the label column, drop it, or write it as numbers`},
		{"twice the same name", "a,a\n1,2\n", `row 1: got column name "a" twice, in columns 1 and 2`},
		{"bare quote", "a,b\n1,x\"y\n", `row 2, byte 4: got bare " in non-quoted-field`},
		{"open quote", "a,b\n1,\"2\n", `got extraneous or missing " in quoted-field`},
		{"UTF-16", "\xff\xfea\x00,\x00", "encoding: got UTF-16, want UTF-8"},
		{"zero bytes", "a\n1\n\x00\x00\n", `row 3, column "a": got "\x00\x00", want a number`},
	} {
		_, _, err := readString("csv", c.text, ReadOptions{})
		t.Run(c.name, func(t *testing.T) { wantFormatError(t, err, c.want) })
	}
}

func TestCSVLabelsAreSortedClasses(t *testing.T) {
	set, rep, err := readString("csv", "x,kind\n1,dog\n2,cat\n3,dog\n", ReadOptions{Label: "kind"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(set.Classes, []string{"cat", "dog"}) || !slices.Equal(set.Labels, []int32{1, 0, 1}) {
		t.Errorf("got %v of %v", set.Labels, set.Classes)
	}
	if rep.Columns[1].Kind != Categorical || !slices.Equal(rep.Counts, []int{1, 2}) {
		t.Errorf("got report %+v", rep)
	}
	set, _, err = readString("csv", "x,kind\n1,10\n2,9\n3,-1\n", ReadOptions{Label: "kind"})
	if err != nil || !slices.Equal(set.Classes, []string{"-1", "9", "10"}) || !slices.Equal(set.Labels, []int32{2, 1, 0}) {
		t.Errorf("whole numbers: got %v, %v, want them in order of value", set, err)
	}
}

func TestCSVNamesTheColumnsThereAre(t *testing.T) {
	_, _, err := readString("csv", "a,b\n1,2\n", ReadOptions{Label: "class"})
	wantFormatError(t, err, `label column: got no column "class", want one of "a", "b"`)
	_, _, err = readString("csv", "a,b\n1,2\n", ReadOptions{Drop: []string{"z"}})
	wantFormatError(t, err, `columns to drop: got no column "z", want one of "a", "b"`)
	_, _, err = readString("csv", "a,b\n1,2\n", ReadOptions{Drop: []string{"b"}, Label: "b"})
	wantFormatError(t, err, `columns to drop: got "b", which is the label column, want others`)
	_, _, err = readString("jsonl", "{\"x\": [1, 2]}\n", ReadOptions{Drop: []string{"b"}})
	wantFormatError(t, err, `columns to drop: got "b" in data whose columns have no names, want a csv or tsv file`)
	_, _, err = readString("csv", "a,b\n1,2\n", ReadOptions{Columns: []Column{{"q", 0, 1}}})
	wantFormatError(t, err, `stored standardisation: got no column "q", want one of "a", "b"`)
	_, _, err = readString("csv", "a\nx\n", ReadOptions{Label: "a"})
	wantFormatError(t, err, `got no feature column`)
	_, _, err = readString("csv", "a,b\n1,\n", ReadOptions{Label: "b", AllowNaN: true})
	wantFormatError(t, err, `column "b": got no class in 1 rows, want at least one`)
}

func TestCSVStandardisationIsMeanZeroDeviationOne(t *testing.T) {
	// Mean 5 and deviation 2 by hand: squares of −3, −1, −1, −1, 0, 0, 2, 4 sum to 32 = 8·2².
	text := "a,flat\n2,7\n4,7\n4,7\n4,7\n5,7\n5,7\n7,7\n9,7\n"
	set, rep, err := readString("csv", text, ReadOptions{Standardize: true})
	if err != nil {
		t.Fatal(err)
	}
	want := []Column{{"a", 5, 2}, {"flat", 7, 1}}
	if !slices.Equal(set.Columns, want) {
		t.Errorf("got %v, want %v", set.Columns, want)
	}
	wantValues(t, set.X, -1.5, 0, -.5, 0, -.5, 0, -.5, 0, 0, 0, 0, 0, 1, 0, 2, 0)
	if r := rep.Columns[0]; r.Kind != Numeric || r.Min != 2 || r.Max != 9 || r.Mean != 5 || r.SD != 2 {
		t.Errorf("got report %+v", r)
	}
	if r := rep.Columns[1]; r.Kind != Constant || r.SD != 0 {
		t.Errorf("got report %+v", r)
	}
}

// A float32 cannot tell the values apart before the mean is taken off.
func TestCSVStandardisationIsComputedInFloat64(t *testing.T) {
	set, _, err := readString("csv", "a\n1000000001\n1000000003\n", ReadOptions{Standardize: true})
	if err != nil {
		t.Fatal(err)
	}
	wantValues(t, set.X, -1, 1)
}

func TestCSVAppliesStoredColumnsByName(t *testing.T) {
	stored := []Column{{"b", 10, 2}, {"a", 1, 4}}
	set, rep, err := readString("csv", "note,a,b,kind\nhi,5,14,x\nho,9,NA,y\n", ReadOptions{Columns: stored, Label: "kind", AllowNaN: true})
	if err != nil {
		t.Fatal(err)
	}
	wantValues(t, set.X, 2, 1, 0, 2) // the missing b takes the stored mean 10
	if !slices.Equal(set.Columns, stored) || rep.Columns[0].Kind != Unused {
		t.Errorf("got columns %v and report %+v", set.Columns, rep.Columns)
	}
	for _, bad := range []Column{{"a", 0, 0}, {"a", 0, -1}, {"a", math.NaN(), 1}, {"a", 0, math.Inf(1)}} {
		if _, _, err := readString("csv", "a\n1\n", ReadOptions{Columns: []Column{bad}}); err == nil {
			t.Errorf("%v: got no error, want one", bad)
		}
	}
	_, _, err = readString("csv", "a\n1e30\n", ReadOptions{Columns: []Column{{"a", 0, 1e-30}}})
	wantFormatError(t, err, `column "a": got`, "after standardisation")
}

func TestCSVMissingCellsTakeTheMeanIfAllowed(t *testing.T) {
	set, rep, err := readString("csv", "a,b\n1,\n?,5\n3,7\nNaN,NA\n", ReadOptions{AllowNaN: true})
	if err != nil {
		t.Fatal(err)
	}
	wantValues(t, set.X, 1, 6, 2, 5, 3, 7, 2, 6)
	if rep.Columns[0].Missing != 2 || rep.Columns[1].Missing != 2 || len(rep.Notes) != 2 {
		t.Errorf("got report %+v", rep)
	}
	for _, text := range []string{"a\n1\nInf\n", "a\n1\n1e999\n"} {
		_, _, err := readString("csv", text, ReadOptions{AllowNaN: true})
		wantFormatError(t, err, `row 3, column "a"`)
	}
	_, _, err = readString("csv", "a,b\n1,\n2,?\n", ReadOptions{AllowNaN: true})
	wantFormatError(t, err, `column "b": got no value in 2 rows`)
}

func TestCSVRecordsAreBounded(t *testing.T) {
	lim := Limits{MaxRecordBytes: 100, MaxColumns: 5, MaxRows: 3}
	for name, c := range map[string]struct{ text, want string }{
		"quoted field": {"a\n1\n\"" + strings.Repeat("1\n", 200), "row 3: got more than 100 bytes inside a quoted field, want a closing quote"},
		"long line":    {"a\n" + strings.Repeat("1", 200), "row 2: got more than 100 bytes, want a line break"},
		"columns":      {"1,2,3,4,5,6\n", "row 1: got more than 5 columns"},
		"rows":         {"1\n2\n3\n4\n", "row 4: got more than 3 rows"},
	} {
		_, _, err := readString("csv", c.text, ReadOptions{Limits: lim})
		t.Run(name, func(t *testing.T) { wantFormatError(t, err, c.want) })
	}
	if _, _, err := readString("csv", "1,2,3,4,5\n\"6\",7,8,9,\"0\"\n", ReadOptions{Limits: lim}); err != nil {
		t.Errorf("at the limits: %v", err)
	}
	_, _, err := readString("csv", strings.Repeat("1,2\n", 20), ReadOptions{Limits: Limits{MaxBytes: 100}})
	wantFormatError(t, err, "got more")
}

func TestTSVIsSplitAtTabs(t *testing.T) {
	set, _, err := ReadFile(put(t, t.TempDir(), "a.tsv", []byte("a\tb\n1\t2\n")), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wantValues(t, set.X, 1, 2)
}

func TestCSVMayBeCompressed(t *testing.T) {
	set, rep, err := ReadFile(put(t, t.TempDir(), "a.csv.gz", gzipped(t, []byte("a,b\n1,2\n"))), ReadOptions{})
	if err != nil || rep.Format != "csv" {
		t.Fatal(rep, err)
	}
	wantValues(t, set.X, 1, 2)
}

// Fisher's iris: the classes have 50 rows each, and the means are those that R prints.
func TestIrisIsReadWithItsSpecies(t *testing.T) {
	set, rep, err := ReadFile(sharedFile(t, "small-tables", "iris.csv"), ReadOptions{Label: "Species"})
	if err != nil {
		t.Fatal(err)
	}
	if set.Len() != 150 || set.Dim() != 4 || !slices.Equal(set.Classes, []string{"setosa", "versicolor", "virginica"}) ||
		!slices.Equal(rep.Counts, []int{50, 50, 50}) {
		t.Fatalf("got %v", rep)
	}
	for j, want := range []float64{5.843333, 3.057333, 3.758, 1.199333} {
		if got := rep.Columns[j+1].Mean; math.Abs(got-want) > 1e-6 {
			t.Errorf("mean of %s: got %v, want %v", rep.Columns[j+1].Name, got, want)
		}
	}
}

func TestSmallTablesAreStandardised(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(sharedFile(t, "small-tables"), "*.csv"))
	label := map[string]string{"iris.csv": "Species", "Pima.tr.csv": "type", "Pima.te.csv": "type"}
	rows := map[string]int{"faithful.csv": 272, "iris.csv": 150, "galaxies.csv": 82, "geyser.csv": 299, "coal.csv": 191,
		"Nile.csv": 100, "discoveries.csv": 100, "AirPassengers.csv": 144, "Pima.tr.csv": 200, "Pima.te.csv": 332,
		"sleepstudy.csv": 180, "mcycle.csv": 133}
	for _, f := range files {
		base := filepath.Base(f)
		set, _, err := ReadFile(f, ReadOptions{Label: label[base], Standardize: true})
		if err != nil {
			t.Error(err)
			continue
		}
		stats := make([]columnStats, set.Dim())
		for i, v := range set.X {
			stats[i%set.Dim()].add(float64(v))
		}
		for j, s := range stats { // float32 rounding of values of order one
			if math.Abs(s.mean) > 1e-6 || math.Abs(s.sd()-1) > 1e-6 {
				t.Errorf("%s, column %s: got mean %v and deviation %v", base, set.Columns[j].Name, s.mean, s.sd())
			}
		}
		if set.Len() != rows[base] {
			t.Errorf("%s: got %d rows, want %d", base, set.Len(), rows[base])
		}
	}
}
