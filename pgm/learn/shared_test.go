package learn

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

var small = []string{"asia", "cancer", "earthquake", "survey", "sachs"}

func TestPCWithAnOracleFindsThePatternsOfTheSharedNetworks(t *testing.T) {
	for _, name := range append(small, "alarm") {
		n := shared(t, name)
		got, err := PC(t.Context(), Oracle{n}, PCConfig{})
		must(t, got, err)
		if d := got.Pattern.Distance(PatternOf(n.Parents)); d != 0 || !got.Consistent {
			t.Errorf("%s: got distance %d, consistent %v, want 0", name, d, got.Consistent)
		}
	}
}

// The average log-likelihood of the truth, fitted to its own samples, is better than the
// truth's by half the free parameters a row (Wilks 1938), here within 5 of its deviations.
func TestFittedNetworksGainHalfAUnitAParameter(t *testing.T) {
	for _, name := range small {
		n := shared(t, name)
		d, err := Sample(n, 50000, rng.New(8))
		must(t, d, err)
		fit, err := Fit(n.Parents, d, Prior{})
		must(t, fit, err)
		own, err := LogLikelihood(t.Context(), fit, d, exact.Config{})
		must(t, own, err)
		truth, err := LogLikelihood(t.Context(), n, d, exact.Config{})
		must(t, truth, err)
		free := 0.
		for v, f := range n.Tables {
			k := len(n.Vars[v].States)
			for row := range slices.Chunk(f.Log, k) {
				used := 0.
				for _, l := range row {
					if exp(l) > 0 {
						used++
					}
				}
				free += used - 1
			}
		}
		deviation := 5 * free // a generous 5√(free/2) where rows are rare
		if gain := own - truth; gain < 0 || gain > free/2+deviation {
			t.Errorf("%s: got a gain of %g, want about %g", name, gain, free/2)
		}
	}
}

// With a tenth of all cells missing the tables come back as from whole rows, within 5 of
// their standard errors widened by the missing share.
func TestTablesComeBackFromRowsWithMissingCells(t *testing.T) {
	n := shared(t, "cancer")
	d, err := Sample(n, 20000, rng.New(9))
	must(t, d, err)
	r := rand.New(rand.NewPCG(28, 28))
	for _, col := range d.Cols {
		for i := range col {
			if r.Float64() < .1 {
				col[i] = Missing
			}
		}
	}
	start, err := Random(n.Vars, n.Parents, rng.New(1))
	must(t, start, err)
	res, err := EM(t.Context(), start, d, EMConfig{Prior: Prior{Equivalent: 1}})
	must(t, res, err)
	if !res.Converged {
		t.Errorf("got no end in %d sweeps", len(res.Bounds))
	}
	for v, f := range n.Tables {
		k := len(n.Vars[v].States)
		for i, l := range f.Log {
			rows := total(res.Posterior.Counts[v][i/k*k : i/k*k+k])
			p := exp(l)
			tk.Close(t, n.Vars[v].Name, exp(res.Network.Tables[v].Log[i]), p, 5*1.2/2/sqrt(rows)+1/rows)
		}
	}
}

func sqrt(x float64) float64 { return exp(log(x) / 2) }

// The E-step does not depend on how rows are ordered, but for rounding.
func TestTheOrderOfRowsDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(29, 29))
	for range 20 {
		n := randomNetwork(t, r, 5)
		d, err := Sample(n, 100, rng.New(r.Uint64()))
		must(t, d, err)
		d = hide(r, d, .3)
		start, err := Random(n.Vars, n.Parents, rng.New(r.Uint64()))
		must(t, start, err)
		a, err := EM(t.Context(), start, d, EMConfig{Sweeps: 5, Tolerance: 1e-300})
		must(t, a, err)
		b, err := EM(t.Context(), start, d.pick(r.Perm(100), nil), EMConfig{Sweeps: 5, Tolerance: 1e-300})
		must(t, b, err)
		for i := range a.Bounds {
			tk.Close(t, "bound", b.Bounds[i], a.Bounds[i], 1e-11)
		}
	}
}

// Repeated rows count as weights do.
func TestWeightsAreRowsThatComeAgain(t *testing.T) {
	r := rand.New(rand.NewPCG(30, 30))
	for range 50 {
		n := randomNetwork(t, r, 4)
		d, err := Sample(n, 60, rng.New(r.Uint64()))
		must(t, d, err)
		e := d.Distinct()
		for _, s := range Scores(1) {
			a, err := NewCounted(d, s)
			must(t, a, err)
			b, err := NewCounted(e, s)
			must(t, b, err)
			tk.Close(t, s.Name, Structure(b, n.Parents), Structure(a, n.Parents), 1e-11)
		}
		a, err := Fit(n.Parents, d, Prior{})
		must(t, a, err)
		b, err := Fit(n.Parents, e, Prior{})
		must(t, b, err)
		for v := range a.Tables {
			if fmt.Sprint(a.Tables[v].Log) != fmt.Sprint(b.Tables[v].Log) {
				t.Errorf("got %v, want %v", b.Tables[v].Log, a.Tables[v].Log)
			}
		}
		if l, m := logLik(t, a, d), logLik(t, b, e); !(l-m < 1e-9 && m-l < 1e-9) {
			t.Errorf("got %g, want %g", m, l)
		}
	}
}

func logLik(t *testing.T, n *pgm.Network, d *Data) float64 {
	t.Helper()
	l, err := LogLikelihood(t.Context(), n, d, exact.Config{})
	return must(t, l, err)
}

// Tables of any shape, with missing cells, single states and columns all alike, end in a
// result or an error.
func TestNothingPanicsOnAnyTable(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 31))
	for range 1000 {
		card, cols := make([]int, 1+r.IntN(4)), [][]int32{}
		rows := 1 + r.IntN(10)
		for v := range card {
			card[v] = 1 + r.IntN(4)
			col := make([]int32, rows)
			for i := range col {
				col[i] = int32(r.IntN(card[v]+r.IntN(2))) - int32(r.IntN(2)*r.IntN(2))
			}
			cols = append(cols, col)
		}
		d := &Data{Cols: cols}
		for v, k := range card {
			d.Vars = append(d.Vars, pgm.Numbered(fmt.Sprint(v), k))
		}
		if d, err := NewData(d.Vars, cols); err == nil {
			everything(t, r, d)
		}
	}
}

func everything(t *testing.T, r *rand.Rand, d *Data) {
	t.Helper()
	parents := randomParents(r, len(d.Vars), 3, r.Float64())
	start, err := Random(d.Vars, parents, rng.New(r.Uint64()))
	must(t, start, err)
	for _, c := range []EMConfig{{Sweeps: 20}, {Sweeps: 20, Bayes: true, Prior: Prior{Equivalent: 1}}} {
		res, err := EM(t.Context(), start, d, c)
		must(t, res, err)
	}
	for _, s := range Scores(1) {
		c, err := NewCounted(d, s)
		if err != nil {
			continue
		}
		got, err := Hill(t.Context(), c, HillConfig{Tabu: 2, Restarts: 1})
		must(t, got, err)
		best, err := Optimal(c)
		if must(t, best, err); got.Score > best.Score+1e-9 {
			t.Errorf("got score %g, above the best, %g", got.Score, best.Score)
		}
	}
	if test, err := NewTests(d, GSquared()); err == nil {
		got, err := PC(t.Context(), test, PCConfig{Level: .3})
		must(t, got, err)
	}
}
