package hmm

import (
	"math"
	"slices"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

func TestRowsAreStandardisedByThoseThatAreFitted(t *testing.T) {
	path := csvFile(t, "a,b\n1,10\n2,40\n3,10\n6,20\n100,-7\n")
	s := opened(t, settings(path, map[string]string{"held-out": "0.2"}).Resolved())
	if s.rows != 4 || s.held != 1 {
		t.Fatalf("got %d rows and %d held out, want 4 and 1", s.rows, s.held)
	}
	mean, sd := []float64{3, 20}, []float64{math.Sqrt(14. / 4), math.Sqrt(600. / 4)}
	for j, c := range s.columns {
		tk.Close(t, "mean", c.Mean, mean[j], 1e-15)
		tk.Close(t, "scale", c.Scale, sd[j], 1e-15)
	}
	for i, v := range []float64{1, 10, 2, 40, 3, 10, 6, 20, 100, -7} {
		tk.Close(t, "value", s.all[0][i], (v-mean[i%2])/sd[i%2], 1e-14)
	}
	if len(s.train[0]) != 8 || &s.train[0][0] != &s.all[0][0] {
		t.Errorf("rows to fit: got %d values, want the first 8 of all", len(s.train[0]))
	}
	raw := opened(t, settings(path, map[string]string{"standardize": "false"}).Resolved())
	if !slices.Equal(raw.all[0], []float64{1, 10, 2, 40, 3, 10, 6, 20, 100, -7}) {
		t.Errorf("as they are: got %v", raw.all[0])
	}
}

func TestColumnsOfOneValueAreLeftOut(t *testing.T) {
	// The mean of .1, .1, .1 is not .1: deviations from it are rounding, which must not become a scale.
	s := opened(t, settings(csvFile(t, "a,b,c\n.1,1,3\n.1,2,3\n.1,4,3\n"), nil).Resolved())
	if !slices.Equal(s.names(), []string{"b"}) || len(s.all[0]) != 3 || len(s.notes) != 2 || !strings.Contains(s.notes[0], "column a has one value, 0.1") {
		t.Errorf("got columns %v, rows %v, notes %q, want b alone and two notes", s.names(), s.all, s.notes)
	}
	late := opened(t, settings(csvFile(t, "a,b\n.1,1\n.1,2\n.1,4\n2.1,3\n"), map[string]string{"held-out": ".25"}).Resolved())
	if c := late.columns[0]; c.Mean != .1 || c.Scale != 1 || late.all[0][6] != 2 {
		t.Errorf("one value in fitted rows: got %+v and the held-out value %v, want the scale 1 and 2", c, late.all[0][6])
	}
	if _, err := read(settings(csvFile(t, "a\n.1\n.1\n.1\n"), nil).Resolved()); err == nil || !strings.Contains(err.Error(), "no column with two different values") {
		t.Errorf("nothing varies: got error %v", err)
	}
	counts := opened(t, settings(csvFile(t, "a\n5\n5\n5\n"), map[string]string{"emission": "poisson"}).Resolved())
	if len(counts.columns) != 1 {
		t.Error("counts of one value were left out")
	}
}

func TestSequencesAreCutWhereTheirColumnChanges(t *testing.T) {
	path := csvFile(t, "x,who\n1,b\n2,b\n3,a\n4,c\n5,c\n6,c\n7,b\n8,b\n9,b\n10,b\n")
	s := opened(t, settings(path, map[string]string{"sequence": "who", "standardize": "false", "held-out": "0.5"}).Resolved())
	want := [][]float64{{1, 2}, {3}, {4, 5, 6}, {7, 8, 9, 10}}
	if len(s.all) != len(want) {
		t.Fatalf("sequences: got %v, want %v", s.all, want)
	}
	for i, x := range want {
		if !slices.Equal(s.all[i], x) {
			t.Errorf("sequence %d: got %v, want %v", i, s.all[i], x)
		}
	}
	if s.rows != 6 || s.held != 4 || len(s.train[2]) != 2 {
		t.Errorf("got %d rows and %d held out, want 6 and 4", s.rows, s.held)
	}
	if text := s.String(); !strings.Contains(text, "6 rows of 1 columns in 4 sequences, 4 more held out") {
		t.Errorf("got %q", text)
	}
	if len(s.columns) != 1 || s.columns[0].Name != "x" {
		t.Errorf("columns: got %v, want x", s.columns)
	}
}

func TestColumnsAreChosenAndDropped(t *testing.T) {
	path := csvFile(t, "when,a,b,c\n2020-01-01,1,2,3\n2020-01-02,4,5,6\n2020-01-03,7,8,10\n")
	s := opened(t, settings(path, map[string]string{"column": "c,a", "standardize": "false"}).Resolved())
	if !slices.Equal(s.names(), []string{"c", "a"}) || !slices.Equal(s.all[0], []float64{3, 1, 6, 4, 10, 7}) {
		t.Errorf("chosen: got %v of %v, want c and a", s.all[0], s.names())
	}
	s = opened(t, settings(path, map[string]string{"drop": "when,b"}).Resolved())
	if !slices.Equal(s.names(), []string{"a", "c"}) {
		t.Errorf("dropped: got %v, want a and c", s.names())
	}
}

func TestTheFingerprintKnowsRowsColumnsAndWhereTheyAreCut(t *testing.T) {
	print := func(text string, options map[string]string) string {
		return opened(t, settings(csvFile(t, text), options).Resolved()).fingerprint()
	}
	const base = "x,y,who\n1,2,a\n3,5,a\n4,4,b\n6,7,b\n"
	cut := map[string]string{"sequence": "who"}
	want := print(base, cut)
	if print(base, cut) != want {
		t.Error("equal tables have two fingerprints")
	}
	for what, other := range map[string]string{
		"a cell":        print(strings.Replace(base, "3,5", "3,6", 1), cut),
		"the cut":       print(strings.Replace(base, "4,4,b", "4,4,a", 1), cut),
		"the names":     print(strings.Replace(base, "x,y", "x,z", 1), cut),
		"none cut":      print(base, map[string]string{"drop": "who"}),
		"held out":      print(base, map[string]string{"sequence": "who", "held-out": "0.5"}),
		"one column":    print(base, map[string]string{"sequence": "who", "drop": "y"}),
		"the other way": print("x,y,who\n4,4,b\n6,7,b\n1,2,a\n3,5,a\n", cut),
	} {
		if other == want {
			t.Errorf("%s: got the same fingerprint", what)
		}
	}
}

func TestTheDrawnSeriesIsAlwaysTheSame(t *testing.T) {
	a, b := switches(), switches()
	if !slices.Equal(a.all[0], b.all[0]) || !slices.Equal(a.states, b.states) || len(a.all[0]) != 6000 || len(a.states) != 3000 {
		t.Error("the drawn series differs from call to call")
	}
	var count [3]int
	for _, s := range a.states {
		count[s]++
	}
	// The chain's stationary shares are 0.4598, 0.2989 and 0.2414 (p = pA); with a lag-one
	// correlation near .92 a share of 3,000 rows has a standard error below .045.
	for s, want := range []float64{.4598, .2989, .2414} {
		if got := float64(count[s]) / 3000; math.Abs(got-want) > .18 {
			t.Errorf("state %d: got a share of %.3f, want %.3f", s, got, want)
		}
	}
	for i, v := range a.all[0] {
		if v != math.Round(1000*v)/1000 {
			t.Fatalf("value %d: got %v, want three decimals", i, v)
		}
	}
}

// A column that is constant within each sequence tells the sequences apart, and stays.
func TestAColumnMayVaryBetweenSequencesAlone(t *testing.T) {
	path := csvFile(t, "a,b,who\n1,7,x\n1,7,x\n1,8,x\n2,9,y\n2,7,y\n")
	s := opened(t, settings(path, map[string]string{"sequence": "who", "standardize": "false"}).Resolved())
	want := [][]float64{{1, 7, 1, 7, 1, 8}, {2, 9, 2, 7}}
	if !slices.Equal(s.names(), []string{"a", "b"}) || len(s.all) != 2 || len(s.notes) != 0 {
		t.Fatalf("got columns %v, rows %v, notes %q", s.names(), s.all, s.notes)
	}
	for i, x := range want {
		if !slices.Equal(s.all[i], x) {
			t.Errorf("sequence %d: got %v, want %v", i, s.all[i], x)
		}
	}
}

// What is left out of the fit is left out of the file that states are asked of, whatever it holds.
func TestAModelReadsFilesWithTheColumnsThatItLeftOut(t *testing.T) {
	text := "a,b\n"
	for i := range 40 {
		text += []string{"0.1", "5.2", "0.3", "5.1"}[i%4] + ",3\n"
	}
	path := csvFile(t, text)
	r := run(t, settings(path, map[string]string{"states": "2", "restarts": "2"}))
	m := r.Model.(*Model)
	if len(m.Columns) != 1 || m.Columns[0].Name != "a" {
		t.Fatalf("got columns %+v, want a", m.Columns)
	}
	for _, file := range []string{path, csvFile(t, "a\n0.1\n5.2\n"), csvFile(t, "b,a\n-9,0.1\n17,5.2\n")} {
		table, err := m.Assign(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		if len(table.Rows) < 2 || table.Rows[0][1] == table.Rows[1][1] {
			t.Errorf("got %v, want different states of the first rows", table.Rows[:2])
		}
	}
}
