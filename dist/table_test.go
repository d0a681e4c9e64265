package dist_test

import (
	"encoding/csv"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
)

// tableRow is a line of testdata/continuous.csv, which mpmath wrote with 60 digits.
type tableRow struct {
	params                 []float64
	x, logProb, cdf, slope float64
}

// numbersOf yields the lines of a file of testdata: a name, then numbers.
func numbersOf(t *testing.T, file string) iter.Seq2[string, []float64] {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	lines, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(string, []float64) bool) {
		for _, line := range lines {
			v := make([]float64, len(line)-1)
			for i, field := range line[1:] {
				if v[i], err = strconv.ParseFloat(field, 64); err != nil {
					t.Fatal(err)
				}
			}
			if !yield(line[0], v) {
				return
			}
		}
	}
}

// continuousTable reads the table by families.
func continuousTable(t *testing.T) map[string][]tableRow {
	t.Helper()
	table := map[string][]tableRow{}
	for name, v := range numbersOf(t, "continuous.csv") {
		n := int(v[0])
		row := tableRow{params: v[1 : 1+n], x: v[1+n], logProb: v[2+n], cdf: v[3+n], slope: v[4+n]}
		table[name] = append(table[name], row)
	}
	return table
}

// arguments splits rows into data and parameters.
func arguments(rows []tableRow) (xs []float64, params [][]float64) {
	for _, r := range rows {
		xs, params = append(xs, r.x), append(params, r.params)
	}
	return xs, params
}

// TestLogProbMatchesTheTable reaches 40 standard deviations and parameters of 1e±8: relative
// errors of 1e-12 at |ln p| < 50, of which the unit is 1, and 1e-9 beyond.
func TestLogProbMatchesTheTable(t *testing.T) {
	for name, rows := range continuousTable(t) {
		if len(rows) < 20 {
			t.Errorf("%s: got %d rows, want at least 20", name, len(rows))
		}
		xs, params := arguments(rows)
		worst := 0.
		for i, got := range named(name).evaluate(t, xs, params, logProbOf) {
			want, tol := rows[i].logProb, 1e-12
			if math.Abs(want) > 50 {
				tol = 1e-9
			} else {
				worst = math.Max(worst, math.Abs(got-want)/math.Max(1, math.Abs(want)))
			}
			tk.Close(t, fmt.Sprint(name, params[i], ": ln p(", xs[i], ")"), got, want, tol)
		}
		t.Logf("%s: worst error at |ln p| < 50: %.1e", name, worst)
	}
}

// TestLogProbGradientIsNumberEverywhere: no derivative at the points of the table is NaN.
func TestLogProbGradientIsNumberEverywhere(t *testing.T) {
	for name, rows := range continuousTable(t) {
		xs, params := arguments(rows)
		in := append(columns(params), tk.Vector(xs...))
		out := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			n := len(in) - 1
			return g.Gradient(g.ReduceAllSum(named(name).make(in[:n]).LogProb(in[n])), in...)
		}, in...)
		for j, column := range out {
			for i, v := range column {
				if math.IsNaN(v) {
					t.Errorf("%s%v at %v: derivative %d is NaN", name, params[i], xs[i], j)
				}
			}
		}
	}
}

// TestCDFMatchesTheTable in absolute error.
func TestCDFMatchesTheTable(t *testing.T) {
	for name, all := range continuousTable(t) {
		f := named(name)
		if !has[dist.Cumulative](t, f) {
			continue
		}
		var rows []tableRow
		for _, r := range all {
			if !math.IsNaN(r.cdf) {
				rows = append(rows, r)
			}
		}
		xs, params := arguments(rows)
		for i, got := range f.evaluate(t, xs, params, cdfOf) {
			tk.Close(t, fmt.Sprint(name, params[i], ": P(X ≤ ", xs[i], ")"), got, rows[i].cdf, 1e-12)
		}
	}
}

// TestImplicitDerivativesMatchTheTable compares dz/da at a fixed value of the distribution
// function with −(∂F/∂a)/f.
func TestImplicitDerivativesMatchTheTable(t *testing.T) {
	table := continuousTable(t)
	for _, c := range []struct {
		name  string
		slope func(p []*g.Node, x *g.Node) *g.Node
	}{
		{"Gamma", func(p []*g.Node, x *g.Node) *g.Node {
			logZ := dist.ImplicitLogGamma(p[0], g.StopGradient(g.Log(g.Mul(x, p[1]))))
			return g.Mul(x, g.Gradient(g.ReduceAllSum(logZ), p[0])[0])
		}},
		{"InverseGamma", func(p []*g.Node, x *g.Node) *g.Node {
			logZ := dist.ImplicitLogGamma(p[0], g.StopGradient(g.Log(g.Div(p[1], x))))
			return g.Neg(g.Mul(x, g.Gradient(g.ReduceAllSum(logZ), p[0])[0]))
		}},
		{"VonMises", func(p []*g.Node, x *g.Node) *g.Node { return dist.VonMisesSlope(p[1], x) }},
	} {
		var rows []tableRow
		for _, r := range table[c.name] {
			if !math.IsNaN(r.slope) {
				rows = append(rows, r)
			}
		}
		if len(rows) < 20 {
			t.Errorf("%s: got %d rows with a slope, want at least 20", c.name, len(rows))
		}
		xs, params := arguments(rows)
		in := append(columns(params), tk.Vector(xs...))
		got := tk.Graph(t, 1, func(_ *model.Scope, in []*g.Node) []*g.Node {
			n := len(in) - 1
			return []*g.Node{c.slope(in[:n], in[n])}
		}, in...)[0]
		worst := 0.
		for i, r := range rows {
			e := math.Abs(got[i]/r.slope - 1)
			worst = math.Max(worst, e)
			if got[i] != r.slope && !(e < 1e-6) {
				t.Errorf("%s%v at %v: derivative %v, want %v", c.name, r.params, r.x, got[i], r.slope)
			}
		}
		t.Logf("%s: worst relative error %.1e", c.name, worst)
	}
}
