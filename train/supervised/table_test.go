package supervised

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/data"
)

func TestTheTargetIsTakenOutOfTheColumns(t *testing.T) {
	c := tiny(numberColumns(t, 50), "b")
	tab := open(t, c)
	if got := columnNames(tab.Splits.Train.Columns); strings.Join(got, " ") != "a y" {
		t.Errorf("got columns %v, want a and y", got)
	}
	if len(tab.Train.Y) != 41 || len(tab.Valid.Y) != 4 || len(tab.Test.Y) != 5 || tab.Head != "homoscedastic" || tab.Classes != nil {
		t.Errorf("got %d, %d and %d rows, head %s", len(tab.Train.Y), len(tab.Valid.Y), len(tab.Test.Y), tab.Head)
	}
	text := file(t, filepath.Dir(c.Data), "table.csv")
	rows := map[float32]string{} // by column a, whose values differ
	for _, line := range strings.Fields(text)[1:] {
		f := strings.Split(line, ",")
		v, _, _ := numbers(f)
		rows[float32(v[0])] = line
	}
	for i, x := range tab.Test.X {
		v, _, _ := numbers(strings.Split(rows[x[0]], ","))
		if tab.Test.Y[i] != v[1] || x[1] != float32(v[2]) {
			t.Errorf("row %d: got %v with target %v, want %v", i, x, tab.Test.Y[i], v)
		}
	}
}

func TestNumbersBecomeClassesWhereThatIsAsked(t *testing.T) {
	path := textFile(t, "a,y\n"+strings.Repeat("1,10\n2,2.5\n3,10\n4,-1\n5,2.5\n", 12))
	c := tiny(path, "y")
	if tab := open(t, c); tab.Classes != nil || tab.Head != "homoscedastic" {
		t.Errorf("got classes %v", tab.Classes)
	}
	c.Head = "classes"
	if tab := open(t, c); len(tab.Classes) != 3 || tab.Head != "classes" || tab.Train.Y[0] != math.Trunc(tab.Train.Y[0]) {
		t.Errorf("got classes %v and targets %v", tab.Classes, tab.Train.Y[:3])
	}
}

// A table without a header of its own, as an array, names its columns by number.
func TestArraysHaveTargetsByPosition(t *testing.T) {
	s := &data.Set{Shape: []int{3}}
	for i := range 40 {
		s.X = append(s.X, float32(i), float32(i%3), float32(2*i))
	}
	path := filepath.Join(t.TempDir(), "a.npy")
	if err := data.WriteFile(path, s); err != nil {
		t.Fatal(err)
	}
	_, err := OpenTable(context.Background(), tiny(path, ""), nil)
	says(t, err, "target: got none, want one of ")
	set, _, err := data.ReadFile(path, data.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	middle := set.Columns[1].Name
	c := tiny(path, middle)
	tab := open(t, c)
	for i, x := range tab.Train.X {
		if x[1] != 2*x[0] || tab.Train.Y[i] != float64(int(x[0])%3) {
			t.Fatalf("row %d: got %v with target %v", i, x, tab.Train.Y[i])
		}
	}
	c.Head = "classes"
	if tab := open(t, c); strings.Join(tab.Classes, " ") != "0 1 2" {
		t.Errorf("got classes %v", tab.Classes)
	}
	again, err := OpenTable(context.Background(), c, tab.Splits.Train.Columns)
	if err != nil || again.Fingerprint() != open(t, c).Fingerprint() {
		t.Errorf("a second opening differs (%v)", err)
	}
	_, err = OpenTable(context.Background(), tiny(path, "z"), nil)
	says(t, err, `target: got "z", want one of `)
}

func TestLabelledRowsHaveTheirLabelForTarget(t *testing.T) {
	c := Default()
	c.Data, c.Target, c.MaxRows = "digits", "", 200
	tab := open(t, c)
	if !tab.Image || len(tab.Classes) != 10 || tab.Target != "label" || len(tab.Train.X[0]) != 784 {
		t.Errorf("got %v classes of %s", tab.Classes, tab.Target)
	}
	c.Head = "homoscedastic"
	_, err := OpenTable(context.Background(), c, nil)
	says(t, err, "got classes such as", "want numbers")
}

func TestColumnsOfOneValueAreLeftOutAndNamed(t *testing.T) {
	path := textFile(t, "a,b,y\n"+strings.Repeat("1,7,10\n2,7,2.5\n3,7,9\n4,7,-1\n", 12))
	c := tiny(path, "y")
	tab := open(t, c)
	if len(tab.Left) != 1 || tab.Left[0] != "b" || len(tab.Train.X[0]) != 1 || !strings.Contains(strings.Join(tab.Notes, ""), "b") {
		t.Errorf("got %v left out, rows %v, notes %q", tab.Left, tab.Train.X[0], tab.Notes)
	}
	r := start(t, c)
	if r.Info.Left[0] != "b" || !strings.HasPrefix(r.Outcome.Warnings[0], "left out") {
		t.Errorf("got %+v", r.Info)
	}
	rows, err := r.ReadRows(textFile(t, "a\n5\n")) // need not have it
	if err != nil || len(rows.X) != 1 || rows.Y != nil {
		t.Errorf("got %v (%v)", rows, err)
	}
	if err := r.WithData(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestWhatMaySurpriseIsSaid(t *testing.T) {
	path := textFile(t, "a,b,y\n"+strings.Repeat("1,0,0\n2,1,1\n3,0,0\n4,1,1\n", 12))
	notes := strings.Join(open(t, tiny(path, "y")).Notes, "; ")
	for _, want := range []string{"target y has two values; --head classes", "column b equals the target in every training row"} {
		if !strings.Contains(notes, want) {
			t.Errorf("got %q, want %q", notes, want)
		}
	}
}

// Missing cells take the mean of the training rows, in training and when the table is opened again.
func TestMissingCellsTakeTheTrainingMean(t *testing.T) {
	text := "a,y\n"
	for i := range 60 {
		if i%6 == 0 {
			text += "NA,1\n"
			continue
		}
		text += []string{"", "2,3\n", "4,5\n", "4,6\n", "9,8\n", "1,2\n"}[i%6]
	}
	c := tiny(textFile(t, text), "y")
	_, err := OpenTable(context.Background(), c, nil)
	says(t, err, `column "a"`, `got "NA"`)
	c.AllowNaN = true
	r := start(t, c)
	n, fill := 0, float32(0)
	for _, x := range r.Table.Train.X {
		// Other cells come back from their standardisation to the rounding of float32.
		if v := float64(x[0]); math.Abs(v-math.Round(v)) < 1e-5 {
			n++
		} else {
			fill = x[0]
		}
	}
	if n == len(r.Table.Train.X) || math.Abs(float64(fill)-r.Info.Columns[0].Mean) > 1e-5 {
		t.Errorf("got %v in place of missing cells, want the column's mean %v", fill, r.Info.Columns[0].Mean)
	}
	if err := r.WithData(context.Background()); err != nil {
		t.Error(err)
	}
	rows, err := r.ReadRows(textFile(t, "a\nNA\n4\n"))
	if err != nil || rows.X[0][0] != fill || math.Abs(float64(rows.X[1][0])-4) > 1e-5 {
		t.Errorf("got %v, want %v and 4 (%v)", rows.X, fill, err)
	}
}

func TestTargetsThatTheRunDoesNotKnowAreNone(t *testing.T) {
	c := tiny(textFile(t, "a,k\n"+strings.Repeat("1,x\n2,y\n3,x\n4,y\n", 12)), "k")
	r := start(t, c)
	for text, want := range map[string]int{"a,k\n1,y\n2,x\n": 2, "a,k\n1,z\n": 0, "a\n1\n": 0, "k,a\nx,1\n": 1} {
		rows, err := r.ReadRows(textFile(t, text))
		if err != nil || len(rows.Y) != want {
			t.Errorf("%q: got targets %v, want %d (%v)", text, rows.Y, want, err)
		}
	}
	rows, err := r.ReadRows(textFile(t, "a,k\n1,y\n2,x\n"))
	if err != nil || rows.Y[0] != 1 || rows.Y[1] != 0 {
		t.Errorf("got %v (%v)", rows.Y, err)
	}
	_, err = r.ReadRows(textFile(t, "b\n1\n"))
	says(t, err, `columns of training: got no column "a", want one of "b"`)
	npy := filepath.Join(t.TempDir(), "x.npy")
	if err := data.WriteFile(npy, &data.Set{Shape: []int{2}, X: []float32{1, 2}}); err != nil {
		t.Fatal(err)
	}
	_, err = r.ReadRows(npy)
	says(t, err, "got 2, want 1")
}

func TestAWordAmongNumbersIsASlip(t *testing.T) {
	path := textFile(t, "a,y\n"+strings.Repeat("1,10\n2,2.5\n3,9\n4,-1\n", 6)+"5,1O\n")
	c := tiny(path, "y")
	_, err := OpenTable(context.Background(), c, nil)
	says(t, err, `target y: got "1O" among numbers in 1 rows, want numbers`, "--head classes")
	for _, v := range []struct {
		names string
		want  string
	}{{"1 2 x", "x"}, {"1 x", ""}, {"x y", ""}, {"1 2 3", ""}, {"1 2 1e39 4", "1e39"}} {
		if got := amongNumbers(strings.Fields(v.names)); got != v.want {
			t.Errorf("%s: got %q, want %q", v.names, got, v.want)
		}
	}
}
