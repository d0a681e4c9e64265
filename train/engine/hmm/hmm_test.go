package hmm

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/train/engine"
)

// The wanted figures are those of hmmlearn 0.3.3, as in the tests of package hmm.
func TestOldFaithfulsEruptionsHaveTwoStates(t *testing.T) {
	path := filepath.Join(tk.DataDir(t), "small-tables", "geyser.csv")
	tk.DataFile(t, "small-tables", "geyser.csv")
	r := run(t, settings(path, map[string]string{"column": "duration", "states": "2", "floor": "0"}))
	tk.Close(t, "log-likelihood", figure(t, r.Outcome, "log-likelihood"), -239.816297, 1e-8)
	if got := figure(t, r.Outcome, "states"); got != 2 {
		t.Errorf("states: got %v, want 2", got)
	}
	m := r.Model.(*Model)
	table, err := m.Assign(t.Context(), path)
	if err != nil || len(table.Rows) != 299 || table.Ends != nil {
		t.Fatalf("got %d rows, %v", len(table.Rows), err)
	}
	for i, row := range table.Rows { // state 2 is the rarer: short, and never twice in turn
		if i > 0 && row[1] == 2 && table.Rows[i-1][1] == 2 {
			t.Errorf("rows %d and %d are both short", i-1, i)
		}
	}
}

func TestYearsOfDiscoveriesHaveTwoRates(t *testing.T) {
	path := filepath.Join(tk.DataDir(t), "small-tables", "discoveries.csv")
	tk.DataFile(t, "small-tables", "discoveries.csv")
	r := run(t, settings(path, map[string]string{"column": "value", "states": "2", "emission": "poisson", "tolerance": "1e-13", "sweeps": "5000", "restarts": "10"}))
	tk.Close(t, "log-likelihood", figure(t, r.Outcome, "log-likelihood"), -206.054100, 1e-8)
	if got := r.Model.(*Model).Columns[0]; got.Scale != 1 || got.Mean != 0 {
		t.Errorf("column: got %+v, want counts as they are", got)
	}
}

func TestTheDrawnStatesAreFoundAgain(t *testing.T) {
	for method, options := range map[string]map[string]string{
		em: {},
		vb: {"method": vb, "states": "10"},
	} {
		r := run(t, settings(generated, options))
		if ari := figure(t, r.Outcome, "adjusted Rand index"); ari < .99 {
			t.Errorf("%s: adjusted Rand index: got %v, want .99", method, ari)
		}
		if k := figure(t, r.Outcome, "states"); k != 3 {
			t.Errorf("%s: states: got %v, want 3", method, k)
		}
		if method == vb {
			continue
		}
		names, err := engine.Report(t.Context(), r)
		if want := []string{"sweeps.png", "path.png", "marginals.png", "steps.png"}; err != nil || !slices.Equal(names, want) {
			t.Errorf("%s: pictures: got %v, %v, want %v", method, names, err, want)
		}
	}
}

// Every kind of emission, by each method that has it: fitted, stored, read, scored, assigned,
// drawn from.
func TestEveryEmissionGoesAllTheWay(t *testing.T) {
	numbers, whole := csvFile(t, walk(90)), csvFile(t, counts(80))
	for _, c := range []struct{ emission, method, covariance string }{
		{"gaussian", em, "full"}, {"gaussian", em, "diagonal"}, {"gaussian", em, "tied"}, {"gaussian", em, "spherical"},
		{"gaussian", vb, "full"}, {"gaussian", vb, "diagonal"}, {"mixture", em, "full"}, {"mixture", em, "tied"}, {"ar", em, "full"},
		{"poisson", em, "full"}, {"poisson", vb, "full"}, {"discrete", em, "full"}, {"discrete", vb, "full"},
	} {
		name := strings.Join([]string{c.emission, c.method, c.covariance}, " ")
		path, options := numbers, map[string]string{"states": "2", "restarts": "2", "sweeps": "40", "emission": c.emission, "method": c.method, "covariance": c.covariance, "pseudo": "0.1"}
		if c.emission == "poisson" || c.emission == "discrete" {
			path, options["column"], options["sequence"] = whole, "n", "id"
		}
		r := run(t, settings(path, options))
		m := r.Model.(*Model)
		read, err := load([]byte(storedText(t, m)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if a, b := storedText(t, m), storedText(t, read); a != b {
			t.Errorf("%s: stored again: got %s, want %s", name, b, a)
		}
		scores, err := read.(*Model).Score(t.Context(), path)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sum := 0.
		for _, v := range scores.Log {
			sum += v
		}
		tk.Close(t, name+": sum of scores", sum, figure(t, r.Outcome, "log-likelihood"), 1e-9)
		table, err := m.Assign(t.Context(), path)
		if err != nil || len(table.Rows) != r.Task.Train {
			t.Fatalf("%s: %d rows, %v", name, len(table.Rows), err)
		}
		drawn, err := m.Sample(t.Context(), 7, 1)
		if err != nil || len(drawn.Rows) != 7 || len(drawn.Columns) != len(m.Columns)+1 {
			t.Fatalf("%s: drawn: %+v, %v", name, drawn, err)
		}
		if pictures, err := r.Task.Draw(m, r.History); err != nil || len(pictures) != 3 {
			t.Errorf("%s: pictures: got %d, %v", name, len(pictures), err)
		}
	}
}

func TestSettingsThatDoNotGoTogetherAreErrors(t *testing.T) {
	numbers, whole := csvFile(t, walk(30)), csvFile(t, counts(30))
	for what, c := range map[string]struct {
		path, want string
		options    map[string]string
	}{
		"vb of ar":         {numbers, "want gaussian, poisson or discrete", map[string]string{"method": vb, "emission": "ar"}},
		"vb of mixture":    {numbers, "want gaussian, poisson or discrete", map[string]string{"method": vb, "emission": "mixture"}},
		"vb of tied":       {numbers, "want full or diagonal", map[string]string{"method": vb, "covariance": "tied"}},
		"vb of spherical":  {numbers, "want full or diagonal", map[string]string{"method": vb, "covariance": "spherical"}},
		"two of counts":    {numbers, "want one column", map[string]string{"emission": "poisson"}},
		"two of symbols":   {numbers, "want one column", map[string]string{"emission": "discrete"}},
		"fractions":        {numbers, "want whole numbers", map[string]string{"emission": "poisson", "column": "u"}},
		"negative symbols": {numbers, "want whole numbers", map[string]string{"emission": "discrete", "column": "v"}},
		"no column":        {whole, "", map[string]string{"column": "m"}},
		"no sequence":      {whole, "", map[string]string{"column": "n", "sequence": "who"}},
		"no file":          {"none.csv", "", nil},
		"held out":         {csvFile(t, "x\n1\n2\n"), "want at least 2", map[string]string{"held-out": "0.9"}},
		"drawn":            {generated, "want none", map[string]string{"column": "x"}},
	} {
		_, err := engine.Open(t.Context(), settings(c.path, c.options))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", what, err, c.want)
		}
		if setting := new(engine.SettingError); strings.HasPrefix(what, "vb") && !errors.As(err, &setting) {
			t.Errorf("%s: got %T, want an error of a setting", what, err)
		}
	}
}
