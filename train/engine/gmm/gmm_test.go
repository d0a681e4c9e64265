package gmm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/train/engine"
	"github.com/elbo-go/elbo/train/rundir"
)

// settings is a config of the engine.
func settings(path string, options map[string]string) engine.Config {
	spec, _ := engine.Lookup("gmm")
	c := spec.Default()
	c.Data, c.SaveEvery = path, 1e6
	for name, v := range options {
		c.Options[name] = v
	}
	return c
}

// csvFile writes a table.
func csvFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.csv")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// run fits a config.
func run(t *testing.T, c engine.Config) *engine.Run {
	t.Helper()
	task, err := engine.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := engine.Start(context.Background(), c, task, filepath.Join(t.TempDir(), "run"), "test", engine.Observer{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// figure is a figure of an outcome by name.
func figure(t *testing.T, o engine.Outcome, name string) float64 {
	t.Helper()
	for _, f := range o.Figures {
		if f.Name == name {
			return f.Value
		}
	}
	t.Fatalf("no figure %q in %+v", name, o.Figures)
	return 0
}

func TestOldFaithfulHasTwoComponents(t *testing.T) {
	r := run(t, settings(filepath.Join(tk.DataDir(t), "small-tables", "faithful.csv"), map[string]string{"components": "6"}))
	tk.Close(t, "ELBO", figure(t, r.Outcome, "ELBO"), -443.2979, 1e-4/443)
	if got := figure(t, r.Outcome, "components"); got != 2 {
		t.Errorf("got %v components, want 2", got)
	}
	if got := r.Model.(*Model).Columns; len(got) != 2 || got[0].Name != "eruptions" || got[1].Name != "waiting" {
		t.Errorf("got columns %v, want the names of rows left out", got)
	}
	r = run(t, settings(r.Config.Data, map[string]string{"components": "6", "alpha": "1"}))
	tk.Close(t, "ELBO at concentration 1", figure(t, r.Outcome, "ELBO"), -453.5011, 1e-4/453)
	r = run(t, settings(r.Config.Data, map[string]string{"components": "6", "beta": "0.001", "restarts": "20"}))
	tk.Close(t, "ELBO under a weak prior of the means", figure(t, r.Outcome, "ELBO"), -458.1944, 1e-4/458)
}

func TestTheDrawnTableIsFoundAgain(t *testing.T) {
	r := run(t, settings(generated, nil))
	if k, ari := figure(t, r.Outcome, "components"), figure(t, r.Outcome, "adjusted Rand index"); k != 4 || ari < .97 {
		t.Errorf("got %v components and the index %v, want the 4 that the rows are drawn from", k, ari)
	}
	names, err := engine.Report(t.Context(), r)
	if err != nil || !slices.Equal(names, []string{"sweeps.png", "components.png", "weights.png"}) {
		t.Errorf("got %v, %v", names, err)
	}
}

// The bound of the data is that of standardised rows minus N Σ ln s, so that the units of a column
// move it by exactly that.
func TestTheUnitsOfAColumnMoveNothingElse(t *testing.T) {
	tab := clouds(120, rng.New(3))
	text := func(scale float64) string {
		var b strings.Builder
		b.WriteString("x,y\n")
		for i := range tab.Len() {
			fmt.Fprintf(&b, "%v,%v\n", scale*tab.X[2*i], tab.X[2*i+1])
		}
		return b.String()
	}
	a := run(t, settings(csvFile(t, text(1)), map[string]string{"components": "5", "restarts": "2"}))
	b := run(t, settings(csvFile(t, text(1024)), map[string]string{"components": "5", "restarts": "2"}))
	tk.Close(t, "standardised", figure(t, b.Outcome, "ELBO"), figure(t, a.Outcome, "ELBO"), 1e-12)
	const name = "ELBO in the units of the data"
	tk.Close(t, name, figure(t, b.Outcome, name), figure(t, a.Outcome, name)-120*math.Log(1024), 1e-12)
}

func TestRowsAreScoredInTheirUnits(t *testing.T) {
	tab := clouds(200, rng.New(4))
	path := csvFile(t, "y,id,x\n"+rowsOf(tab))
	r := run(t, settings(path, map[string]string{"drop": "id", "components": "5", "restarts": "2"}))
	m := r.Model.(*Model)
	// Columns of a file are found by name; the density integrates to 1 in their units.
	s, err := m.Score(t.Context(), path)
	if err != nil || len(s.Log) != 200 || s.Item != "row" {
		t.Fatalf("got %+v, %v", s, err)
	}
	const step = .25
	var grid strings.Builder
	grid.WriteString("x,y\n")
	for x := -12.; x < 20; x += step {
		for y := -12.; y < 20; y += step {
			fmt.Fprintf(&grid, "%v,%v\n", x, y)
		}
	}
	s, err = m.Score(t.Context(), csvFile(t, grid.String()))
	if err != nil {
		t.Fatal(err)
	}
	mass := 0.
	for _, l := range s.Log {
		mass += math.Exp(l) * step * step
	}
	tk.Close(t, "mass", mass, 1, 2e-3)
	if _, err := m.Score(t.Context(), csvFile(t, "x,z\n1,2\n")); err == nil || !strings.Contains(err.Error(), `got no column "y"`) {
		t.Errorf("got %v", err)
	}
	if _, err := m.Score(t.Context(), "none.csv"); err == nil {
		t.Error("an absent file was scored")
	}
}

// rowsOf writes rows as y, a number and x.
func rowsOf(tab *data.Table) string {
	var b strings.Builder
	for i := range tab.Len() {
		fmt.Fprintf(&b, "%v,%d,%v\n", tab.X[2*i+1], i, tab.X[2*i])
	}
	return b.String()
}

func TestRowsAreAssignedAndDrawn(t *testing.T) {
	tab := clouds(300, rng.New(4))
	path := csvFile(t, "y,id,x\n"+rowsOf(tab))
	m := run(t, settings(path, map[string]string{"drop": "id", "restarts": "3"})).Model.(*Model)
	got, err := m.Assign(t.Context(), path)
	if err != nil || len(got.Rows) != 300 || !slices.Equal(got.Columns, []string{"row", "component", "probability"}) {
		t.Fatalf("got %+v, %v", got, err)
	}
	same := 0
	for i := range 300 {
		for j := range i {
			if (got.Rows[i][1] == got.Rows[j][1]) == (tab.Labels[i] == tab.Labels[j]) {
				same++
			}
		}
		if p := got.Rows[i][2].(float64); !(p > .25 && p <= 1) {
			t.Errorf("row %d: got the probability %v", i, p)
		}
	}
	if same < 300*299/2*97/100 {
		t.Errorf("got %d of %d pairs right", same, 300*299/2)
	}
	a, err := m.Sample(t.Context(), 50, 3)
	if err != nil || len(a.Rows) != 50 || !slices.Equal(a.Columns, []string{"y", "x", "component"}) {
		t.Fatalf("got %+v, %v", a.Columns, err)
	}
	b, _ := m.Sample(t.Context(), 50, 3)
	c, _ := m.Sample(t.Context(), 50, 4)
	if !reflect.DeepEqual(a, b) || reflect.DeepEqual(a, c) {
		t.Error("rows do not follow the seed")
	}
	if _, err := m.Assign(t.Context(), "none.csv"); err == nil {
		t.Error("an absent file was assigned")
	}
}

func TestHeldOutRowsAreScoredAndNotFitted(t *testing.T) {
	tab := clouds(200, rng.New(4))
	path := csvFile(t, "y,id,x\n"+rowsOf(tab))
	c := settings(path, map[string]string{"drop": "id", "held-out": "0.25", "components": "4", "restarts": "2"})
	r := run(t, c)
	if r.Info.Train != 150 || r.Info.Test != 50 {
		t.Errorf("got %d and %d rows", r.Info.Train, r.Info.Test)
	}
	if v := figure(t, r.Outcome, "held-out log density"); !(v < -2 && v > -6) {
		t.Errorf("got %v nats a row", v)
	}
	c.Seed++
	if other := run(t, c); other.Info.Fingerprint == r.Info.Fingerprint {
		t.Error("another seed holds out the same rows")
	}
}

func TestAnInterruptedFitGoesOnToTheSameBits(t *testing.T) {
	c := settings(generated, map[string]string{"components": "4", "restarts": "3", "weights": "sticks", "alpha": "1"})
	whole := run(t, c)
	model := func(dir string) string {
		b, err := os.ReadFile(filepath.Join(dir, "model.json"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, after := range []int{1, 7, len(whole.History) / 2, len(whole.History) - 1} {
		dir := filepath.Join(t.TempDir(), "run")
		task, err := engine.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		made := 0
		_, err = engine.Start(ctx, c, task, dir, "test", engine.Observer{Sweep: func(engine.Record) {
			if made++; made == after {
				cancel()
			}
		}})
		if !errors.Is(err, rundir.ErrInterrupted) {
			t.Fatalf("after %d: got %v", after, err)
		}
		r, err := engine.Resume(t.Context(), dir, task, func(c *engine.Config) { c.Threads = 1 }, engine.Observer{})
		if err != nil || len(r.History) != len(whole.History) || model(dir) != model(whole.Dir) {
			t.Errorf("after %d: %d sweeps of %d, or another model (%v)", after, len(r.History), len(whole.History), err)
		}
	}
}

func TestTablesThatCannotBeFittedAreErrors(t *testing.T) {
	for _, c := range []struct {
		text, want string
		options    map[string]string
	}{
		{"a,b\n", "got a header and no rows", nil},
		{"a,b\n1,2\n", "no column with two different values", nil},
		{"a\n1\n1\n", "no column with two different values in 2 rows", nil},
		{"a\n1\nx\n", `got "x", want a number`, nil},
		{"a\n1\n\n2\n", "", nil},
		{"a\n1\nNA\n", "want a number; remove the row", nil},
		{"a,b\n1,2\n2,3\n", "no column", map[string]string{"drop": "c"}},
		{"a,b\n1,2\n2,3\n", "label column", map[string]string{"label": "c"}},
		{"a,b\n1,2\n2,3\n", "want at least 2 to fit", map[string]string{"held-out": "0.5"}},
		{"a,b\n1,2\n2,3\n3,5\n", "mixture: nu: got 0.5, want more than 1", map[string]string{"nu": "0.5"}},
	} {
		_, err := engine.Open(t.Context(), settings(csvFile(t, c.text), c.options))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: got %v, want %q", c.text, err, c.want)
		}
	}
	if _, err := engine.Open(t.Context(), settings(generated, map[string]string{"label": "x"})); err == nil || !strings.Contains(err.Error(), "its columns are given") {
		t.Errorf("got %v", err)
	}
	if _, err := engine.Open(t.Context(), settings("nowhere", nil)); err == nil {
		t.Error("opened what is not there")
	}
}

func TestOddTablesAreFittedWithANote(t *testing.T) {
	// A constant column, copies of a row, a row far away, and more components than rows.
	c := settings(csvFile(t, "a,b,c\n1,5,2\n1,5,2\n1,5,2\n2,5,1\n1000,5,7\n"), nil)
	task, err := engine.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if len(task.Notes) != 2 || !strings.Contains(task.Notes[0], "column b has one value, 5, and is left out") || !strings.Contains(task.Notes[1], "at least 5 stay empty") {
		t.Errorf("got the notes %q", task.Notes)
	}
	r := run(t, c)
	if v := figure(t, r.Outcome, "ELBO"); math.IsNaN(v) || math.IsInf(v, 0) {
		t.Errorf("got the bound %v", v)
	}
	if _, err := engine.Report(t.Context(), r); err != nil {
		t.Error(err)
	}
	// Columns that depend on each other have no covariance of their own, but a prior.
	r = run(t, settings(csvFile(t, "a,b\n1,2\n2,4\n3,6\n4,8\n5,10\n"), map[string]string{"components": "2"}))
	if figure(t, r.Outcome, "components") < 1 {
		t.Error("got no component")
	}
	_, err = engine.Open(t.Context(), settings(csvFile(t, "a,b\n1,2\n2,4\n3,6\n4,8\n5,10\n"), map[string]string{"prior-scale": "covariance"}))
	if err != nil {
		t.Errorf("opening: %v", err)
	}
}

func TestSingleRowsWithComponentsOfTheirOwnAreTold(t *testing.T) {
	text := "a,b\n"
	r := rng.New(3).Rand()
	for range 60 {
		text += fmt.Sprintf("%v,%v\n", r.NormFloat64(), r.NormFloat64())
	}
	got := run(t, settings(csvFile(t, text+"400,-300\n"), map[string]string{"components": "4"}))
	found := slices.ContainsFunc(got.Outcome.Warnings, func(w engine.Warning) bool { return strings.Contains(w.Name, "holds one row") })
	if !found {
		t.Errorf("got the warnings %+v, want that a component holds one row", got.Outcome.Warnings)
	}
	c := settings(csvFile(t, text), map[string]string{"components": "2", "alpha": "100", "sweeps": "2"})
	if got := run(t, c).Outcome.Warnings; len(got) != 2 || got[0].Name != "not converged" || got[1].Name != "all components are in use" {
		t.Errorf("got the warnings %+v", got)
	}
}

func TestPicturesOfEveryWidthAreDrawn(t *testing.T) {
	r := rng.New(6).Rand()
	for _, d := range []int{1, 2, 3, 7} {
		var b strings.Builder
		for j := range d {
			fmt.Fprintf(&b, "%sc%d", map[bool]string{true: ","}[j > 0], j)
		}
		for i := range 80 {
			b.WriteString("\n")
			for j := range d {
				fmt.Fprintf(&b, "%s%v", map[bool]string{true: ","}[j > 0], r.NormFloat64()+float64(i%2*5))
			}
		}
		for _, cov := range []string{"full", "tied", "diag", "spherical"} {
			got := run(t, settings(csvFile(t, b.String()), map[string]string{"components": "3", "restarts": "1", "covariance": cov}))
			if names, err := engine.Report(t.Context(), got); err != nil || len(names) != 3 {
				t.Errorf("%d columns, %s: got %v, %v", d, cov, names, err)
			}
		}
	}
}

func TestNamedTablesAndRawRows(t *testing.T) {
	r := run(t, settings("noisy-cubic", map[string]string{"components": "6", "restarts": "1", "standardize": "false"}))
	m := r.Model.(*Model)
	if m.Columns[0].Name != "x" || m.Columns[0].Scale != 1 || r.Info.Train != 450 {
		t.Errorf("got %+v of %d rows", m.Columns, r.Info.Train)
	}
	a, b := figure(t, r.Outcome, "ELBO"), figure(t, r.Outcome, "ELBO in the units of the data")
	if a != b {
		t.Errorf("rows that were not standardised: got %v and %v", a, b)
	}
}

func TestModelsThatAreDamagedAreRefused(t *testing.T) {
	m := run(t, settings(generated, map[string]string{"components": "2", "restarts": "1"})).Model.(*Model)
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := load(text); err != nil || !reflect.DeepEqual(again.(*Model).Columns, m.Columns) {
		t.Errorf("got %v", err)
	}
	for _, change := range [][2]string{
		{`"columns":[{`, `"columns":[{"Name":"z","Scale":1},{`},
		{`"Scale":`, `"Scale":-`},
		{`"format":"mixture"`, `"format":"topic"`},
		{`"mixture":{`, `"other":{`},
		{`{"columns"`, `["columns"`},
	} {
		bad := strings.Replace(string(text), change[0], change[1], 1)
		if bad == string(text) {
			t.Fatalf("no %s in the model", change[0])
		}
		if _, err := load([]byte(bad)); err == nil {
			t.Errorf("%s: loaded", change[1])
		}
	}
}
