package tables

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/data"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/train/engine"
)

// An engine for tests whose settings are those of tables.
func init() {
	engine.Register(engine.Spec{
		Name: "test-table", Summary: "a table", Paper: "none", Sections: "none", Measured: "nothing", Test: "none",
		Data: "square", Objective: "nothing", Sweep: "sweep", Options: Options,
		Open: func(context.Context, engine.Config) (*engine.Task, error) { return nil, errors.New("tables: opened") },
		Load: func([]byte) (engine.Model, error) { return json.RawMessage(nil), nil },
	})
}

// request asks for a table with settings.
func request(path string, options map[string]string) Request {
	spec, _ := engine.Lookup("test-table")
	c := spec.Default()
	c.Data = path
	for name, v := range options {
		c.Options[name] = v
	}
	return Request{Config: c, Drawn: "square", Draw: square}
}

// square is a table of two columns.
func square() *data.Table {
	return &data.Table{Name: "square", Columns: []string{"x", "y"}, X: []float64{0, 0, 1, 0, 0, 1, 1, 1}, Labels: []int32{0, 1, 1, 0}, Classes: []string{"even", "odd"}}
}

// csvFile writes a table.
func csvFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// set reads a table of text.
func set(t *testing.T, text, label string, options map[string]string) *Set {
	t.Helper()
	r := request(csvFile(t, text), options)
	r.Label = label
	s, err := Read(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const four = "a,b\n1,10\n2,40\n3,10\n6,20\n"

func TestRowsAreStandardisedByThoseThatAreFitted(t *testing.T) {
	s := set(t, four, "", nil)
	mean, sd := []float64{3, 20}, []float64{math.Sqrt((4 + 1 + 9) / 4.), math.Sqrt((100 + 400 + 100) / 4.)}
	for j, c := range s.Columns {
		tk.Close(t, "mean", c.Mean, mean[j], 1e-15)
		tk.Close(t, "scale", c.Scale, sd[j], 1e-15)
	}
	for i, v := range []float64{1, 10, 2, 40, 3, 10, 6, 20} {
		tk.Close(t, "value", s.Train.X[i], (v-mean[i%2])/sd[i%2], 1e-15)
	}
	raw := set(t, four, "", map[string]string{"standardize": "false"})
	if !slices.Equal(raw.Train.X, []float64{1, 10, 2, 40, 3, 10, 6, 20}) || raw.Columns[0] != (data.Column{Name: "a", Scale: 1}) {
		t.Errorf("got %v of %v", raw.Train.X, raw.Columns)
	}
}

// Rows that are fitted and rows held out are all rows, each once and in their order; the standardisation
// is that of the first alone.
func TestHeldOutRowsAreTheRest(t *testing.T) {
	var text strings.Builder
	text.WriteString("n,v,kind\n")
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		text.WriteString(strconv.Itoa(i) + "," + strconv.FormatFloat(r.NormFloat64(), 'g', -1, 64) + "," + []string{"x", "y", ""}[i%3] + "\n")
	}
	raw := set(t, text.String(), "kind", map[string]string{"held-out": "0.25", "standardize": "false"})
	if raw.Train.N() != 150 || raw.Test.N() != 50 || len(raw.Labels) != 150 || len(raw.TestLabels) != 50 {
		t.Fatalf("got %d and %d rows, %d and %d labels", raw.Train.N(), raw.Test.N(), len(raw.Labels), len(raw.TestLabels))
	}
	seen := map[int]bool{}
	for _, part := range []struct {
		x      Data
		labels []int
	}{{raw.Train, raw.Labels}, {raw.Test, raw.TestLabels}} {
		before := -1
		for i := range part.x.N() {
			n := int(part.x.Row(i)[0])
			if n <= before || seen[n] {
				t.Fatalf("row %d after %d", n, before)
			}
			if want := []int{0, 1, -1}[n%3]; part.labels[i] != want {
				t.Errorf("row %d: got label %d, want %d", n, part.labels[i], want)
			}
			before, seen[n] = n, true
		}
	}
	s := set(t, text.String(), "kind", map[string]string{"held-out": "0.25"})
	for j, c := range s.Columns {
		mean, squares := 0., 0.
		for i := range s.Train.N() {
			mean += s.Train.Row(i)[j] / 150
			squares += s.Train.Row(i)[j] * s.Train.Row(i)[j] / 150
		}
		tk.Close(t, "mean of "+c.Name, mean, 0, 1e-13)
		tk.Close(t, "variance of "+c.Name, squares, 1, 1e-13)
	}
	tk.Close(t, "held-out value", s.Test.X[0]*s.Columns[0].Scale+s.Columns[0].Mean, raw.Test.X[0], 1e-12)
	if got := s.String(); !strings.Contains(got, "150 rows of 2 columns, 50 held out") {
		t.Errorf("got %q", got)
	}
	r2 := request(csvFile(t, text.String()), map[string]string{"held-out": "0.25", "standardize": "false", "drop": "kind"})
	r2.Config.Seed = 2
	other, err := Read(t.Context(), r2)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(other.Test.X, raw.Test.X) {
		t.Error("another seed holds out the same rows")
	}
}

func TestColumnsOfOneValueAreLeftOutWithANote(t *testing.T) {
	s := set(t, "a,b,c\n1,7,1\n2,7,5\n3,7,5\n", "", nil)
	if got := Names(s.Columns); !slices.Equal(got, []string{"a", "c"}) || len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "column b has one value, 7") {
		t.Errorf("got %v, notes %q", got, s.Notes)
	}
	// A column that varies in held-out rows alone keeps a scale of 1.
	text := "a,b\n"
	for i := range 40 {
		text += strconv.Itoa(i) + "," + strconv.Itoa(i/39) + "\n"
	}
	for seed := range uint64(50) {
		r := request(csvFile(t, text), map[string]string{"held-out": "0.5"})
		r.Config.Seed = seed
		s, err := Read(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if held := s.Test.Row(s.Test.N() - 1); held[0] > 0 && s.Columns[1].Mean == 0 {
			tk.Close(t, "scale", s.Columns[1].Scale, 1, 0)
			return
		}
	}
	t.Error("the last row was never held out")
}

func TestTheFingerprintSeesEveryValue(t *testing.T) {
	base := set(t, "a,b\n1,10\n2,40\n3,10\n", "", nil).Fingerprint()
	for _, other := range []string{"a,c\n1,10\n2,40\n3,10\n", "a,b\n1,10\n2,40\n3,11\n", "a,b\n1,10\n2,40\n", "a,b\n2,40\n1,10\n3,10\n"} {
		if set(t, other, "", nil).Fingerprint() == base {
			t.Errorf("%q has the fingerprint of another table", other)
		}
	}
	if set(t, "a,b\n1.0,10\n2,4e1\n3,10\n", "", nil).Fingerprint() != base {
		t.Error("the same numbers have another fingerprint")
	}
}

func TestTablesThatCannotBeReadAreErrors(t *testing.T) {
	for _, c := range []struct {
		text, want string
		options    map[string]string
	}{
		{"a,b\n", "got a header and no rows", nil},
		{"a,b\n1,2\n", "test-table: ", nil},
		{"a\n1\n1\n", "no column with two different values in 2 rows", nil},
		{"a\n1\nNA\n", "want a number; remove the row", nil},
		{"a,b\n1,2\n2,3\n", "no column", map[string]string{"drop": "c"}},
		{"a,b\n1,2\n2,3\n", "of which 1 are held out, want at least 2 to fit", map[string]string{"held-out": "0.5"}},
	} {
		if _, err := Read(t.Context(), request(csvFile(t, c.text), c.options)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.text, err, c.want)
		}
	}
	for name, r := range map[string]Request{"columns to drop": request("square", map[string]string{"drop": "x"}), "nowhere": request("nowhere", nil)} {
		if _, err := Read(t.Context(), r); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %s", err, name)
		}
	}
	labelled := request("square", nil)
	labelled.Label = "kind"
	if _, err := Read(t.Context(), labelled); err == nil || !strings.Contains(err.Error(), "its columns are given") {
		t.Errorf("got %v", err)
	}
}

func TestDrawnAndNamedTablesAreRead(t *testing.T) {
	s, err := Read(t.Context(), request("square", map[string]string{"standardize": "false"}))
	if err != nil || s.Train.N() != 4 || !slices.Equal(s.Labels, []int{0, 1, 1, 0}) || !slices.Equal(s.Train.Row(2), []float64{0, 1}) {
		t.Errorf("got %+v, %v", s, err)
	}
	if _, ok := data.Lookup("moons"); !ok {
		t.Fatal("got no set moons")
	}
	if s, err = Read(t.Context(), request("moons", nil)); err != nil || s.Train.N() != 4000 || s.Train.D != len(s.Columns) {
		t.Errorf("got %v, %v", s, err)
	}
}

func TestStoredColumnsAreAppliedByName(t *testing.T) {
	columns := []data.Column{{Name: "b", Mean: 10, Scale: 2}, {Name: "a", Mean: 1, Scale: .5}}
	x, err := Apply(csvFile(t, "a,other,b\n1,9,10\n2,9,14\n"), columns)
	if err != nil || !slices.Equal(x.X, []float64{0, 0, 2, 2}) || x.D != 2 {
		t.Errorf("got %v, %v", x, err)
	}
	if _, err := Apply(csvFile(t, "a\n1\n"), columns); err == nil || !strings.Contains(err.Error(), "b") {
		t.Errorf("got %v, want the column that is not there", err)
	}
}

// A table with missing cells is read where that is asked for: they take the mean of their column.
func TestMissingCellsTakeTheMean(t *testing.T) {
	s := set(t, "a,b\n1,1\n,2\n3,4\n", "", map[string]string{"allow-nan": "true", "standardize": "false"})
	if !slices.Equal(s.Train.X, []float64{1, 1, 2, 2, 3, 4}) {
		t.Errorf("got %v", s.Train.X)
	}
}

func TestStoredColumnsAreChecked(t *testing.T) {
	if err := Check("test", []data.Column{{Name: "a", Mean: -3, Scale: 1e-9}}); err != nil {
		t.Error(err)
	}
	for _, c := range []data.Column{{Name: "a"}, {Name: "a", Scale: -1}, {Name: "a", Scale: math.Inf(1)}, {Name: "a", Scale: math.NaN()},
		{Name: "a", Mean: math.NaN(), Scale: 1}, {Name: "a", Mean: math.Inf(-1), Scale: 1}} {
		if err := Check("test", []data.Column{c}); err == nil || !strings.HasPrefix(err.Error(), "test: column a: got mean") {
			t.Errorf("%+v: got %v", c, err)
		}
	}
}

func TestAColumnThatVariesInHeldOutRowsAloneKeepsItsUnits(t *testing.T) {
	text := "a,b\n"
	for i := range 40 {
		a := .1
		if i == 17 {
			a = 2.1
		}
		text += strconv.FormatFloat(a, 'g', -1, 64) + "," + strconv.Itoa(i) + "\n"
	}
	path, seen := csvFile(t, text), false
	for seed := uint64(0); seed < 20 && !seen; seed++ { // until the row is held out
		r := request(path, map[string]string{"held-out": ".5"})
		r.Config.Seed = seed
		s, err := Read(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if c := s.Columns[0]; c.Mean == .1 {
			seen = true
			if c.Scale != 1 {
				t.Errorf("scale: got %v, want 1", c.Scale)
			}
		}
	}
	if !seen {
		t.Error("the row was never held out")
	}
}

func TestMatricesThatDoNotFitAreRefused(t *testing.T) {
	s := &Set{Name: "wide", Columns: make([]data.Column, 1<<13)}
	if err := s.Matrices("gmm", 8); err != nil { // 8·2²⁶·8 bytes are 4 GiB
		t.Error(err)
	}
	if err := s.Matrices("gmm", 9); err == nil || !strings.Contains(err.Error(), "8,192 columns") {
		t.Errorf("got %v, want an error", err)
	}
	s.Columns = make([]data.Column, 1<<26) // whose square is beyond every whole number times 8
	if err := s.Matrices("gmm", 1<<17); err == nil {
		t.Error("2²⁶ columns: got no error")
	}
}
