package hmm

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/train/engine"
)

// levels fits two states to the walk.
func levels(t *testing.T) (*engine.Run, *Model, string) {
	t.Helper()
	path := csvFile(t, walk(120))
	r := run(t, settings(path, map[string]string{"states": "2", "restarts": "2"}))
	return r, r.Model.(*Model), path
}

// Units move the log-likelihood by exactly N ln of what a column is multiplied with.
func TestTheUnitsOfAColumnMoveNothingElse(t *testing.T) {
	r, _, _ := levels(t)
	var scaled strings.Builder
	for i, line := range strings.Split(strings.TrimSpace(walk(120)), "\n") {
		var u, v float64
		if i == 0 {
			scaled.WriteString(line + "\n")
		} else if _, err := fmt.Sscanf(line, "%f,%f", &u, &v); err != nil {
			t.Fatal(err)
		} else {
			fmt.Fprintf(&scaled, "%v,%v\n", 1024*u, v)
		}
	}
	s := run(t, settings(csvFile(t, scaled.String()), map[string]string{"states": "2", "restarts": "2"}))
	tk.Close(t, "log posterior", figure(t, s.Outcome, "log posterior"), figure(t, r.Outcome, "log posterior"), 1e-11)
	tk.Close(t, "log-likelihood", figure(t, s.Outcome, "log-likelihood"), figure(t, r.Outcome, "log-likelihood")-120*math.Log(1024), 1e-11)
}

// Scores of one more row, put on a grid, are a density: they integrate to one.
func TestScoresAreADensity(t *testing.T) {
	path := csvFile(t, "u\n"+strings.Join(strings.Split("4.1 3.8 0.2 -0.1 4.4 4 0.3 0 -0.2 3.9 4.2 0.1", " "), "\n")+"\n")
	m := run(t, settings(path, map[string]string{"states": "2"})).Model.(*Model)
	const step = .02
	mass := 0.
	for v := -4.; v < 10; v += step {
		s, err := m.Score(t.Context(), csvFile(t, fmt.Sprintf("u\n4\n0.1\n%v\n", v)))
		if err != nil || len(s.Log) != 3 || s.Item != "row" {
			t.Fatalf("got %+v, %v", s, err)
		}
		mass += math.Exp(s.Log[2]) * step
	}
	tk.Close(t, "mass", mass, 1, 1e-3)
}

func TestStatesAreNumberedByTheirRows(t *testing.T) {
	m := &Model{}
	text := `{"columns":[{"Name":"n","Mean":0,"Scale":1}],"symbols":true,"bound":-1,"converged":true,"occupancy":[5,70,0.1,24.9],` +
		`"chain":{"point":{"format":"hmm","version":1,"start":[0.25,0.25,0.25,0.25],"trans":[0.25,0.25,0.25,0.25,0.25,0.25,0.25,0.25,0.25,0.25,0.25,0.25,0.25,0.25,0.25,0.25],` +
		`"kind":"poisson","emission":{"Rate":[1,2,30,400]}}}}`
	if err := json.Unmarshal([]byte(text), m); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.order, []int{1, 3, 0, 2}) || !slices.Equal(m.place, []int{2, 0, 3, 1}) || m.used() != 3 {
		t.Errorf("got the order %v and the places %v of %d states", m.order, m.place, m.used())
	}
	table, err := m.Assign(t.Context(), csvFile(t, "n\n2\n400\n30\n"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []any{1, 2, 4} {
		if table.Rows[i][0] != i || table.Rows[i][1] != want {
			t.Errorf("row %d: got %v, want state %v", i, table.Rows[i], want)
		}
	}
	again := &Model{}
	if err := json.Unmarshal([]byte(storedText(t, m)), again); err != nil || !reflect.DeepEqual(m, again) {
		t.Errorf("stored again: got %+v, %v", again, err)
	}
}

func TestSequencesOfAFileAreAssignedOneByOne(t *testing.T) {
	path := csvFile(t, counts(60))
	m := run(t, settings(path, map[string]string{"emission": "poisson", "column": "n", "sequence": "id", "states": "2"})).Model.(*Model)
	table, err := m.Assign(t.Context(), path)
	if err != nil || !slices.Equal(table.Ends, []int{30, 60}) {
		t.Fatalf("ends: got %v, %v, want 30 and 60", table.Ends, err)
	}
	whole, err := m.Score(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(counts(60), "\n")
	second, err := m.Score(t.Context(), csvFile(t, lines[0]+"\n"+strings.Join(lines[31:], "\n")))
	if err != nil || !slices.Equal(second.Log, whole.Log[30:]) {
		t.Errorf("the second sequence alone: got %v, %v, want the scores it has beside the first", second, err)
	}
}

func TestHeldOutRowsAreScoredGivenThoseBefore(t *testing.T) {
	path := csvFile(t, walk(100))
	r := run(t, settings(path, map[string]string{"states": "2", "held-out": "0.25"}))
	s, err := r.Model.(*Model).Score(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	mean := 0.
	for _, v := range s.Log[75:] {
		mean += v / 25
	}
	tk.Close(t, "held-out log density", figure(t, r.Outcome, "held-out log density"), mean, 1e-11)
	if r.Task.Train != 75 || r.Task.Test != 25 {
		t.Errorf("rows: got %d and %d, want 75 and 25", r.Task.Train, r.Task.Test)
	}
}

func TestDrawnRowsAreInTheUnitsOfTheData(t *testing.T) {
	_, m, _ := levels(t)
	const n = 20_000
	a, err := m.Sample(t.Context(), n, 5)
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Sample(t.Context(), n, 5)
	if err != nil || !reflect.DeepEqual(a, b) {
		t.Fatalf("equal seeds: got other rows, %v", err)
	}
	if !slices.Equal(a.Columns, []string{"u", "v", "state"}) {
		t.Errorf("columns: got %v", a.Columns)
	}
	sums := map[int][3]float64{}
	for _, row := range a.Rows {
		s := sums[row[2].(int)]
		s[0], s[1], s[2] = s[0]+1, s[1]+row[0].(float64), s[2]+row[1].(float64)
		sums[row[2].(int)] = s
	}
	low, high := sums[1], sums[2]
	if low[1]/low[0] > high[1]/high[0] {
		low, high = high, low
	}
	// Levels 100 and 110 of deviation 1: the fit of 60 rows each errs by .13 at one standard
	// error, and five of them are .65.
	for i, want := range []float64{100, 0} {
		if got := low[1+i] / low[0]; math.Abs(got-want) > .65 {
			t.Errorf("low level: got %.2f, want %v", got, want)
		}
	}
	if got := high[1] / high[0]; math.Abs(got-110) > .65 {
		t.Errorf("high level: got %.2f, want 110", got)
	}
}

func TestWarningsTellWhatToDo(t *testing.T) {
	path := csvFile(t, walk(60))
	r := run(t, settings(path, map[string]string{"states": "2", "sweeps": "1", "restarts": "1"}))
	if w := r.Outcome.Warnings; len(w) != 1 || !strings.Contains(w[0].Remedy, "--sweeps") {
		t.Errorf("one sweep: got %+v", w)
	}
	r = run(t, settings(path, map[string]string{"states": "2", "method": vb}))
	found := false
	for _, w := range r.Outcome.Warnings {
		found = found || strings.Contains(w.Remedy, "--states")
	}
	if !found || !strings.Contains(r.Outcome.Verdict, "2 of 2 states in use") {
		t.Errorf("all states in use: got %q and %+v", r.Outcome.Verdict, r.Outcome.Warnings)
	}
}

func TestHostileModelsAreErrors(t *testing.T) {
	_, m, path := levels(t)
	good := storedText(t, m)
	for what, change := range map[string][2]string{
		"no JSON":       {good, good[:40]},
		"no chain":      {`"chain":{"point"`, `"chain":{"none"`},
		"scale":         {`"Scale":`, `"Scale":-`},
		"mean":          {`"Mean":`, `"Mean":"x`},
		"occupancy":     {`"occupancy":[`, `"occupancy":[1,`},
		"columns":       {`"columns":[`, `"columns":[{"Name":"w","Mean":0,"Scale":1},`},
		"version":       {`"version":1`, `"version":9`},
		"probabilities": {`"start":[`, `"start":[1,`},
	} {
		text := strings.Replace(good, change[0], change[1], 1)
		if text == good {
			t.Fatalf("%s: nothing was changed in %s", what, good)
		}
		if _, err := load([]byte(text)); err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
	if _, err := m.Score(t.Context(), csvFile(t, "u\n1\n")); err == nil || !strings.Contains(err.Error(), "v") {
		t.Errorf("a column is absent: got %v", err)
	}
	if _, err := m.Assign(t.Context(), "none.csv"); err == nil {
		t.Error("no file: got no error")
	}
	if _, err := m.Sample(t.Context(), 0, 1); err == nil {
		t.Error("no rows: got no error")
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Score(done, path); err == nil {
		t.Error("cancelled: got no error")
	}
	scores, err := m.Score(t.Context(), generated)
	if err == nil || scores != nil {
		// The drawn series has columns x and y, not u and v, but as many.
		if len(scores.Log) != 3000 {
			t.Errorf("drawn: got %d scores", len(scores.Log))
		}
	}
}
