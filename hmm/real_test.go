package hmm

import (
	"encoding/csv"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// column reads a column of numbers from a table of the shared data.
func column(t *testing.T, name string, parts ...string) (x []float64) {
	t.Helper()
	rows, err := csv.NewReader(tk.DataFile(t, parts...)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.Index(rows[0], name)
	if at < 0 {
		t.Fatalf("column %s: got %v", name, rows[0])
	}
	for _, row := range rows[1:] {
		v, err := strconv.ParseFloat(row[at], 64)
		if err != nil {
			t.Fatal(err)
		}
		x = append(x, v)
	}
	return x
}

// bestOf fits from several starts and keeps the best.
func bestOf(t *testing.T, n uint64, x []float64, build func() *Model) (best *Model, bound float64) {
	t.Helper()
	bound = math.Inf(-1)
	for s := range n {
		m := build()
		start := []func(Emission, rng.Key, [][]float64) error{Seed, SeedSoft}[s%2]
		if err := start(m.Emit, rng.New(301).At(s), [][]float64{x}); err != nil {
			t.Fatal(err)
		}
		c := Default()
		c.Sweeps, c.Tol = 5000, 1e-13
		if res := must(m.Fit(t.Context(), [][]float64{x}, c))(t); res.Bound > bound {
			best, bound = m, res.Bound
		}
	}
	return best, bound
}

// The wanted numbers are those of hmmlearn 0.3.3, the best of 30 random starts at tolerance
// 1e-10. A short eruption was never followed by another short one (Azzalini and Bowman 1990).
func TestOldFaithfulAlternates(t *testing.T) {
	x := column(t, "duration", "small-tables", "geyser.csv")
	m, bound := bestOf(t, 5, x, func() *Model {
		return must(Uniform(must(NewGaussian(Diagonal, 1, []float64{0, 0}, []float64{1, 1}))(t), .5))(t)
	})
	near(t, "log-likelihood", bound, -239.816297, 1e-8)
	e := m.Emit.(*Gaussian)
	short, long := 0, 1
	if e.Mean[0] > e.Mean[1] {
		short, long = 1, 0
	}
	for i, want := range []float64{1.99479615, .09017731} {
		near(t, "short", [][]float64{e.Mean, e.Cov}[i][short], want, 1e-5)
	}
	for i, want := range []float64{4.27184108, .1431704} {
		near(t, "long", [][]float64{e.Mean, e.Cov}[i][long], want, 1e-5)
	}
	near(t, "short after short", m.Trans[3*short], 0, 1e-6)
	near(t, "short after long", m.Trans[2*long+short], .55321792, 1e-5)
	path, _, err := m.Viterbi(x)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range path {
		if i > 0 && s == short && path[i-1] == short {
			t.Errorf("rows %d and %d: both short", i-1, i)
		}
	}
}

// The wanted numbers are those of hmmlearn 0.3.3, the best of 30 random starts at 1e-11.
func TestYearsOfDiscoveriesHaveTwoRates(t *testing.T) {
	x := column(t, "value", "small-tables", "discoveries.csv")
	m, bound := bestOf(t, 10, x, func() *Model {
		return must(Uniform(must(NewPoisson([]float64{1, 1}))(t), .9))(t)
	})
	near(t, "log-likelihood", bound, -206.054100, 1e-8)
	rate := m.Emit.(*Poisson).Rate
	few := 0
	if rate[0] > rate[1] {
		few = 1
	}
	near(t, "low rate", rate[few], 2.51151189, 1e-5)
	near(t, "high rate", rate[1-few], 5.841037, 1e-5)
	near(t, "low stays", m.Trans[3*few], .95669465, 1e-5)
	near(t, "high stays", m.Trans[3*(1-few)], .8008249, 1e-5)
	_, three := bestOf(t, 20, x, func() *Model {
		return must(Uniform(must(NewPoisson([]float64{1, 1, 1}))(t), .9))(t)
	})
	if three < -201.341437-1e-6 {
		t.Errorf("three rates: got %.6f, want at least the -201.341437 of the other implementation", three)
	}
}

// The river's flow fell when the dam of Aswan was begun: two states find the year.
func TestTheNileChangesOnce(t *testing.T) {
	x := column(t, "value", "small-tables", "Nile.csv")
	m, _ := bestOf(t, 10, x, func() *Model {
		e := must(NewGaussian(Tied, 1, []float64{0, 0}, []float64{1}))(t)
		m := must(New([]float64{.5, .5}, []float64{.99, .01, .01, .99}, e))(t)
		return m
	})
	path, _, err := m.Viterbi(x)
	if err != nil {
		t.Fatal(err)
	}
	var changes []int
	for i := range path {
		if i > 0 && path[i] != path[i-1] {
			changes = append(changes, 1871+i)
		}
	}
	if !slices.Equal(changes, []int{1899}) {
		t.Errorf("changes: got %v, want 1899 (Cobb 1978)", changes)
	}
}

// A machine's temperature: a state that looks back one row says more than one that does not,
// and every row of the series has a finite surprise.
func TestTemperaturesAreFollowedRowByRow(t *testing.T) {
	if testing.Short() {
		t.Skip("20,000 rows")
	}
	x := column(t, "value", "nab", "realKnownCause", "machine_temperature_system_failure.csv.gz")
	fit := func(e Emission) (*Model, float64) {
		if err := Seed(e, rng.New(302), [][]float64{x}); err != nil {
			t.Fatal(err)
		}
		m := must(Uniform(e, .95))(t)
		c := Default()
		c.Sweeps = 15
		return m, must(m.Fit(t.Context(), [][]float64{x}, c))(t).Bound
	}
	g := must(NewGaussian(Diagonal, 1, []float64{0, 0, 0}, []float64{1, 1, 1}))(t)
	g.Count, g.Scale = 1, .01
	_, plain := fit(g)
	ar := must(NewAutoregressive(1, 1, make([]float64, 6), []float64{1, 1, 1}))(t)
	ar.Count, ar.Scale, ar.Ridge = 1, .01, 1e-3
	m, looking := fit(ar)
	if looking < plain+1000 {
		t.Errorf("log-likelihood: got %.1f looking back, %.1f without, want far more", looking, plain)
	}
	o, sum := must(NewOnline(m, 0))(t), 0.0
	for _, v := range x[:5000] {
		sum += must(o.Step([]float64{v}))(t)
	}
	near(t, "sum of surprises", sum, must(m.LogLik(x[:5000]))(t), 1e-10)
}
