package linear

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/regress"
	"github.com/elbo-go/elbo/train/engine"
	"github.com/elbo-go/elbo/train/rundir"
)

// all are the names of the engines.
var all = []string{"linreg", "logreg", "probit"}

// settings is a config of an engine.
func settings(name, path string, options map[string]string) engine.Config {
	spec, _ := engine.Lookup(name)
	c := spec.Default()
	c.SaveEvery = 1e6
	if path != "" {
		c.Data = path
	}
	for name, v := range options {
		c.Options[name] = v
	}
	return c
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

// run fits a config.
func run(t *testing.T, c engine.Config) *engine.Run {
	t.Helper()
	task, err := engine.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := engine.Start(t.Context(), c, task, filepath.Join(t.TempDir(), "run"), "test", engine.Observer{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// figure is a figure of a run by name.
func figure(t *testing.T, r *engine.Run, name string) float64 {
	t.Helper()
	for _, f := range r.Outcome.Figures {
		if f.Name == name {
			return f.Value
		}
	}
	t.Fatalf("no figure %q in %+v", name, r.Outcome.Figures)
	return 0
}

// The drawn table is y = 2a − b + ½c + noise of deviation 1: the weights of a, b and c, in the units of
// the columns, lie within four deviations of 2, −1 and ½, those of d, e and f are switched off.
func TestTheDrawnTableIsFoundAgain(t *testing.T) {
	for _, name := range all {
		r := run(t, settings(name, "", nil))
		m := r.Model.(*Model)
		w := m.of()
		for j, want := range []float64{2, -1, .5, 0, 0, 0} {
			unit := 1 / m.Columns[j].Scale
			switch name {
			case "linreg":
				unit *= m.Target.Scale
			case "logreg": // the logistic curve is that of a noise of about 1.7
				unit /= 1.7
			}
			got, dev := w.Mean[j]*unit, sd(w, j)*unit
			if math.Abs(got-want) > 4*dev+.02 {
				t.Errorf("%s: column %s: got a weight of %.3f ± %.3f, want %v", name, m.Columns[j].Name, got, dev, want)
			}
			if want == 0 && w.Precision(j) < 20*w.Precision(0) {
				t.Errorf("%s: column %s: got a precision of %v, want far more than %v", name, m.Columns[j].Name, w.Precision(j), w.Precision(0))
			}
		}
		if got := figure(t, r, "columns"); got != 3 {
			t.Errorf("%s: got %v columns that matter, want 3", name, got)
		}
		if name == "linreg" {
			tk.Close(t, "deviation of the noise", figure(t, r, "RMSE"), 1, .1) // 500 rows: a deviation of .03
		}
	}
}

// What the engines say of the Pima women is what package regress was measured to say: mean −ln p of
// .4388 by the logistic curve and .4407 by the normal one.
func TestPimaWomenHaveTheirLogLoss(t *testing.T) {
	dir := filepath.Join(tk.DataDir(t), "small-tables")
	for name, want := range map[string]float64{"logreg": .4388, "probit": .4407} {
		r := run(t, settings(name, filepath.Join(dir, "Pima.tr.csv"), map[string]string{"target": "type"}))
		s, err := r.Model.(engine.Scorer).Score(t.Context(), filepath.Join(dir, "Pima.te.csv"))
		if err != nil {
			t.Fatal(err)
		}
		mean := 0.
		for _, v := range s.Log {
			mean -= v / float64(len(s.Log))
		}
		if len(s.Log) != 332 || math.Abs(mean-want) > 5e-4 { // columns there are standardised by N − 1
			t.Errorf("%s: got %.5f over %d rows, want %v", name, mean, len(s.Log), want)
		}
	}
}

// table is a table of two inputs and a target with awkward units.
func table(n int, seed uint64) string {
	r := rng.New(seed).Rand()
	var text strings.Builder
	text.WriteString("income,age,kind,price\n")
	for range n {
		a, b := r.NormFloat64(), r.NormFloat64()
		y := 3*a - 2*b + r.NormFloat64()
		kind := "cheap"
		if y > 0 {
			kind = "dear"
		}
		fmt.Fprintf(&text, "%.6g,%.6g,%s,%.6g\n", 40000+9000*a, 50+7*b, kind, 1e-3*(7+y))
	}
	return text.String()
}

// targets are the columns that an engine predicts in table, and leaves out.
var targets = map[string]map[string]string{
	"linreg": {"target": "price", "drop": "kind"},
	"logreg": {"target": "kind", "drop": "price"},
	"probit": {"target": "kind", "drop": "price"},
}

// fitted is package regress on the same rows, standardised here.
func fitted(t *testing.T, name, text string) (predict func(i int) (mean, variance float64)) {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	n := len(lines) - 1
	number := func(i, j int) float64 {
		v, err := strconv.ParseFloat(lines[i+1][j], 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	x, y := mat.NewDense(n, 2, nil), make([]float64, n)
	standardised := func(j int, to func(i int, v float64)) (mean, scale float64) {
		for i := range n {
			mean += number(i, j) / float64(n)
		}
		for i := range n {
			scale += (number(i, j) - mean) * (number(i, j) - mean) / float64(n)
		}
		scale = math.Sqrt(scale)
		for i := range n {
			to(i, (number(i, j)-mean)/scale)
		}
		return mean, scale
	}
	for j := range 2 {
		standardised(j, func(i int, v float64) { x.Set(i, j, v) })
	}
	mean, scale := 0., 1.
	const first = "cheap" // classes go by name
	for i := range y {
		if lines[i+1][2] != first {
			y[i] = 1
		}
	}
	if name == "linreg" {
		mean, scale = standardised(3, func(i int, v float64) { y[i] = v })
	}
	k, _ := kindOf(name)
	c := regress.Default()
	c.ARD = true
	p, err := k.fit(t.Context(), x, y, c)
	if err != nil {
		t.Fatal(err)
	}
	return func(i int) (float64, float64) {
		m, v, err := p.Predict(x.RawRowView(i))
		if err != nil {
			t.Fatal(err)
		}
		return mean + scale*m, scale * scale * v
	}
}

func TestPredictionsAreThoseOfTheRegressionOfStandardisedColumns(t *testing.T) {
	text := table(80, 1)
	for _, name := range all {
		path := csvFile(t, text)
		r := run(t, settings(name, path, targets[name]))
		m := r.Model.(*Model)
		got, err := m.Assign(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		want := fitted(t, name, text)
		for i, row := range got.Rows {
			mean, variance := want(i)
			if name == "linreg" {
				tk.Close(t, "mean", row[1].(float64), mean, 1e-9)
				tk.Close(t, "deviation", row[2].(float64), math.Sqrt(variance), 1e-9)
				continue
			}
			class, p := m.Classes[0], 1-mean
			if mean > .5 {
				class, p = m.Classes[1], mean
			}
			if row[1] != class {
				t.Errorf("%s: row %d: got %v, want %s", name, i, row[1], class)
			}
			tk.Close(t, "probability", row[2].(float64), p, 1e-9)
		}
		if len(got.Rows) != 80 || got.Columns[1] != targets[name]["target"] {
			t.Errorf("%s: got %d rows of %v", name, len(got.Rows), got.Columns)
		}
	}
}

func TestScoresAreLogDensitiesOfTheTarget(t *testing.T) {
	path := csvFile(t, table(60, 2))
	for _, name := range all {
		m := run(t, settings(name, path, targets[name])).Model.(*Model)
		s, err := m.Score(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		x, y, err := m.answered(path)
		if err != nil || len(y) != 60 {
			t.Fatal(err)
		}
		all, err := m.predict(x)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range all {
			want := math.Log(math.Exp(-(y[i]-p.mean)*(y[i]-p.mean)/(2*p.sd*p.sd)) / (p.sd * math.Sqrt(2*math.Pi)))
			if name != "linreg" {
				want = math.Log(y[i]*p.mean + (1-y[i])*(1-p.mean))
			}
			tk.Close(t, name+": ln p", s.Log[i], want, 1e-9)
		}
	}
}

// Other units of the inputs change no prediction.
func TestUnitsOfInputsDoNotMatter(t *testing.T) {
	text := table(50, 3)
	var other strings.Builder
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if i > 0 {
			cells := strings.Split(line, ",")
			v, err := strconv.ParseFloat(cells[0], 64)
			if err != nil {
				t.Fatal(err)
			}
			cells[0] = strconv.FormatFloat(v/1024+3, 'g', -1, 64)
			line = strings.Join(cells, ",")
		}
		other.WriteString(line + "\n")
	}
	for _, name := range all {
		var got []*engine.Table
		for _, text := range []string{text, other.String()} {
			path := csvFile(t, text)
			a, err := run(t, settings(name, path, targets[name])).Model.(*Model).Assign(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, a)
		}
		for i, row := range got[0].Rows {
			tk.Close(t, name, row[2].(float64), got[1].Rows[i][2].(float64), 1e-7)
		}
	}
}

func TestAnInterruptedFitGoesOnToTheSameBits(t *testing.T) {
	for _, name := range all {
		c := settings(name, "", nil)
		whole := run(t, c)
		model := func(dir string) string {
			b, err := os.ReadFile(filepath.Join(dir, "model.json"))
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		for _, after := range []int{1, len(whole.History) / 2, len(whole.History) - 1} {
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
			cancel()
			if !errors.Is(err, rundir.ErrInterrupted) {
				t.Fatalf("%s: after %d: got %v", name, after, err)
			}
			r, err := engine.Resume(t.Context(), dir, task, nil, engine.Observer{})
			if err != nil || len(r.History) != len(whole.History) || model(dir) != model(whole.Dir) {
				t.Errorf("%s: after %d: another model (%v)", name, after, err)
			}
		}
	}
}

func TestTheBoundNeverFalls(t *testing.T) {
	for _, name := range all {
		for seed := range uint64(20) {
			before := math.Inf(-1)
			for _, h := range run(t, settings(name, csvFile(t, table(30, 100+seed)), targets[name])).History {
				if *h.Bound < before-1e-9*math.Abs(before) {
					t.Fatalf("%s: seed %d: sweep %d: got %v after %v", name, seed, h.Sweep, *h.Bound, before)
				}
				before = *h.Bound
			}
		}
	}
}

// Held-out rows are judged and not fitted.
func TestHeldOutRowsAreJudged(t *testing.T) {
	path := csvFile(t, table(200, 4))
	for _, name := range all {
		options := map[string]string{"held-out": "0.25"}
		for k, v := range targets[name] {
			options[k] = v
		}
		c := settings(name, path, options)
		task, err := engine.Open(t.Context(), c)
		if err != nil || task.Train != 150 || task.Test != 50 {
			t.Fatalf("%s: got %v rows to fit and %v held out, %v", name, task.Train, task.Test, err)
		}
		r := run(t, c)
		if !strings.Contains(r.Outcome.Verdict, "held-out rows") || !slices.ContainsFunc(r.Outcome.Figures, func(f engine.Figure) bool { return strings.Contains(f.Text, "50 held-out rows") }) {
			t.Errorf("%s: got %+v", name, r.Outcome)
		}
		if name == "linreg" && figure(t, r, "explained") < 80 || name != "linreg" && figure(t, r, "wrong") > 30 {
			t.Errorf("%s: got %+v", name, r.Outcome.Figures)
		}
	}
}
