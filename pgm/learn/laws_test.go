package learn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

// likelihood is the score without a price.
func likelihood() Score {
	s := AIC()
	s.Price = func(_, _, _ float64) float64 { return 0 }
	return s
}

// G² of x and y given z is twice what y adds to the log-likelihood of x beside z.
func TestGSquaredIsTwiceTheGainOfLikelihood(t *testing.T) {
	r := rand.New(rand.NewPCG(33, 33))
	for range 300 {
		n := randomNetwork(t, r, 5)
		d, err := Sample(n, 5+r.IntN(200), rng.New(r.Uint64()))
		must(t, d, err)
		c, err := NewCounted(d, likelihood())
		must(t, c, err)
		test, err := NewTests(d, GSquared())
		must(t, test, err)
		order := r.Perm(5)
		given := slices.Sorted(slices.Values(order[2 : 2+r.IntN(4)]))
		x, y := order[0], order[1]
		stat, _, err := test.Statistic(x, y, given)
		tk.Close(t, "G²", must(t, stat, err), 2*(c.Score(x, with(given, y))-c.Score(x, given)), 1e-10)
		back, _, err := test.Statistic(y, x, given)
		tk.Close(t, "G² of y and x", must(t, back, err), stat, 1e-10)
	}
}

// Another parent never lowers the likelihood, and BIC is AIC at a price of ln N / 2.
func TestLikelihoodNeverFallsWithAParent(t *testing.T) {
	r := rand.New(rand.NewPCG(34, 34))
	for range 200 {
		n := randomNetwork(t, r, 5)
		d, err := Sample(n, 1+r.IntN(100), rng.New(r.Uint64()))
		must(t, d, err)
		c, err := NewCounted(d, likelihood())
		must(t, c, err)
		order := r.Perm(5)
		parents := slices.Sorted(slices.Values(order[1 : 1+r.IntN(4)]))
		less := c.Score(order[0], parents)
		for _, u := range order[1:] {
			if !slices.Contains(parents, u) && c.Score(order[0], with(parents, u)) < less-1e-9 {
				t.Errorf("another parent: got %g, want at least %g", c.Score(order[0], with(parents, u)), less)
			}
		}
		bic, err := NewCounted(d, BIC())
		must(t, bic, err)
		aic, err := NewCounted(d, AIC())
		must(t, aic, err)
		rows := float64(d.Rows())
		price := less - aic.Score(order[0], parents)
		tk.Close(t, "BIC", bic.Score(order[0], parents), less-price*math.Log(rows)/2, 1e-10)
	}
}

// ln p(D | structure) is BIC up to terms that do not grow with the rows (Schwarz 1978): their
// difference a row falls to nothing.
func TestBICIsTheEvidenceOfManyRows(t *testing.T) {
	n := randomNetwork(t, rand.New(rand.NewPCG(35, 35)), 4)
	last := math.Inf(1)
	for _, rows := range []int{100, 1000, 10000, 100000} {
		d, err := Sample(n, rows, rng.New(3))
		must(t, d, err)
		bic, err := NewCounted(d, BIC())
		must(t, bic, err)
		k2, err := NewCounted(d, K2())
		must(t, k2, err)
		gap := math.Abs(Structure(bic, n.Parents)-Structure(k2, n.Parents)) / float64(rows)
		if gap > last {
			t.Errorf("%d rows: got a gap of %g a row, want below %g", rows, gap, last)
		}
		last = gap
	}
	if last > 1e-3 {
		t.Errorf("got a gap of %g a row, want below 1e-3", last)
	}
}

// Cells of one variable that were not observed say nothing of it: EM ends at the shares of
// those that were.
func TestMissingCellsOfOneVariableSayNothing(t *testing.T) {
	d := table(t, []int{3}, []int32{0, 0, 1, Missing, 2, Missing, 1, 0, Missing, Missing})
	start, err := pgm.NewNetwork(d.Vars, [][]int{nil}, [][]float64{{.1, .1, .8}})
	must(t, start, err)
	res, err := EM(t.Context(), start, d, EMConfig{Tolerance: 1e-16})
	must(t, res, err)
	for s, want := range []float64{.5, 1. / 3, 1. / 6} {
		tk.Close(t, "share", exp(res.Network.Tables[0].Log[s]), want, 1e-7)
	}
	tk.Close(t, "ln p(D)", res.LogLik, 3*math.Log(.5)+2*math.Log(1./3)+math.Log(1./6), 1e-12)
}

// A network with a hidden variable that nothing depends on has the likelihood without it.
func TestAHiddenLeafChangesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(36, 36))
	for range 30 {
		n := randomNetwork(t, r, 4)
		d, err := Sample(n, 40, rng.New(r.Uint64()))
		must(t, d, err)
		d = hide(r, d, .2)
		vars := append(slices.Clone(n.Vars), pgm.Numbered("leaf", 3))
		parents := append(copyOf(n.Parents), []int{r.IntN(4)})
		leaf, err := Random(vars, parents, rng.New(r.Uint64()))
		must(t, leaf, err)
		copy(leaf.Tables, n.Tables)
		e, err := d.For(vars)
		must(t, e, err)
		tk.Close(t, "ln p(D)", logLik(t, leaf, e), logLik(t, n, d), 1e-11)
	}
}

// Tests of one network's own independences keep their level, and dependences are found: PC
// of three variables ends at the right pattern but for its false alarms, 1 % a test.
func TestPCFindsAChainAndACollider(t *testing.T) {
	vars := []pgm.Variable{pgm.Numbered("a", 2), pgm.Numbered("b", 2), pgm.Numbered("c", 2)}
	chain := []float64{.9, .1, .2, .8}
	for name, x := range map[string]struct {
		parents [][]int
		rows    [][]float64
	}{
		"chain":    {[][]int{nil, {0}, {1}}, [][]float64{{.5, .5}, chain, chain}},
		"collider": {[][]int{nil, {0, 2}, nil}, [][]float64{{.5, .5}, {.9, .1, .6, .4, .5, .5, .1, .9}, {.4, .6}}},
	} {
		n, err := pgm.NewNetwork(vars, x.parents, x.rows)
		must(t, n, err)
		right := 0
		for seed := range uint64(200) {
			d, err := Sample(n, 2000, rng.New(seed))
			must(t, d, err)
			if tested(t, d).Pattern.Distance(PatternOf(x.parents)) == 0 {
				right++
			}
		}
		// At most 2 tests of independence decide: 98 % right, less 5 standard errors.
		if right < 186 {
			t.Errorf("%s: got %d of 200 right", name, right)
		}
	}
}

// An average over structures knows of what a search keeps one of: equivalent directions share
// the probability of their edge.
func TestTheAverageSharesAnEdgeAmongItsDirections(t *testing.T) {
	vars := []pgm.Variable{pgm.Numbered("a", 2), pgm.Numbered("b", 2), pgm.Numbered("c", 2)}
	n, err := pgm.NewNetwork(vars, [][]int{nil, {0}, {1}}, [][]float64{{.5, .5}, {.9, .1, .2, .8}, {.9, .1, .2, .8}})
	must(t, n, err)
	d, err := Sample(n, 2000, rng.New(1))
	must(t, d, err)
	c, err := NewCounted(d, BDeu(1))
	must(t, c, err)
	a, err := Averaged(c)
	must(t, a, err)
	for _, e := range [][2]int{{0, 1}, {1, 2}} {
		if p := a.Edge[e[0]][e[1]] + a.Edge[e[1]][e[0]]; p < .999 {
			t.Errorf("edge of %v: got probability %g, want near 1", e, p)
		}
		if p := a.Edge[e[0]][e[1]]; p < .2 || p > .8 {
			t.Errorf("one direction of %v: got probability %g, want a share", e, p)
		}
	}
	if p := a.Edge[0][2] + a.Edge[2][0]; p > .1 {
		t.Errorf("edge of a and c: got probability %g, want near 0", p)
	}
	if a.LogEvidence > a.Best.Score {
		t.Errorf("got a mean of %g, above the best, %g", a.LogEvidence, a.Best.Score)
	}
}

// The mode under a prior is a maximum: moving a little towards any other network lowers
// ln p(D | θ) + Σ α ln θ.
func TestTheModeIsAMaximum(t *testing.T) {
	r := rand.New(rand.NewPCG(37, 37))
	for range 8 {
		n := randomNetwork(t, r, 4)
		d, err := Sample(n, 40, rng.New(r.Uint64()))
		must(t, d, err)
		d = hide(r, d, .2)
		prior := Prior{Equivalent: 2}
		res, err := EM(t.Context(), n, d, EMConfig{Prior: prior, Sweeps: 5000, Tolerance: 1e-14})
		must(t, res, err)
		at := func(n *pgm.Network) float64 {
			c, err := newClimb(t.Context(), n, d, EMConfig{Prior: prior})
			must(t, c, err)
			l, err := LogLikelihood(t.Context(), n, d, exact.Config{})
			return must(t, l, err) + c.penalty()
		}
		top := at(res.Network)
		for range 5 {
			other, err := Random(n.Vars, n.Parents, rng.New(r.Uint64()))
			must(t, other, err)
			if l := at(mixed(t, res.Network, other, 1e-3)); l > top+1e-6 {
				t.Errorf("a little towards another: got %g, want at most %g", l, top)
			}
		}
	}
}

// mixed has the tables (1 − w) p + w q.
func mixed(t *testing.T, p, q *pgm.Network, w float64) *pgm.Network {
	t.Helper()
	rows := make([][]float64, len(p.Vars))
	for v, f := range p.Tables {
		for i, l := range f.Log {
			rows[v] = append(rows[v], (1-w)*exp(l)+w*exp(q.Tables[v].Log[i]))
		}
	}
	n, err := pgm.NewNetwork(p.Vars, p.Parents, rows)
	return must(t, n, err)
}
