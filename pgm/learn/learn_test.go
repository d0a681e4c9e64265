package learn

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/bif"
)

func must[T any](t testing.TB, x T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// fails holds an error to a text.
func fails(t testing.TB, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want an error that says %q", err, want)
	}
}

// shared reads a network of the real data sets.
func shared(t testing.TB, name string) *pgm.Network {
	t.Helper()
	n, err := bif.Read(tk.DataFile(t, "bif", name+".bif.gz"))
	return must(t, n, err)
}

// variables are n of 2 to most states.
func variables(r *rand.Rand, n, most int) []pgm.Variable {
	vars := make([]pgm.Variable, n)
	for v := range vars {
		vars[v] = pgm.Numbered(fmt.Sprint("v", v), 2+r.IntN(most-1))
	}
	return vars
}

// randomParents is a structure of n variables in a random order.
func randomParents(r *rand.Rand, n, most int, density float64) [][]int {
	parents, order := make([][]int, n), r.Perm(n)
	for i, v := range order {
		for _, k := range r.Perm(i) {
			if r.Float64() < density && len(parents[v]) < most {
				parents[v] = append(parents[v], order[k])
			}
		}
	}
	return parents
}

// randomNetwork is a network of random structure and tables.
func randomNetwork(t testing.TB, r *rand.Rand, n int) *pgm.Network {
	t.Helper()
	net, err := Random(variables(r, n, 3), randomParents(r, n, 3, .5), rng.New(r.Uint64()))
	return must(t, net, err)
}

// hide makes cells missing: some at random, and in some tables all of a column.
func hide(r *rand.Rand, d *Data, share float64) *Data {
	e := &Data{Vars: d.Vars, Cols: make([][]int32, len(d.Cols)), Weights: d.Weights}
	hidden := r.IntN(2 * len(d.Cols))
	for v, col := range d.Cols {
		e.Cols[v] = slices.Clone(col)
		for i := range e.Cols[v] {
			if v == hidden || r.Float64() < share {
				e.Cols[v][i] = Missing
			}
		}
	}
	return e
}

func table(t testing.TB, card []int, cols ...[]int32) *Data {
	t.Helper()
	vars := make([]pgm.Variable, len(card))
	for v, k := range card {
		vars[v] = pgm.Numbered(fmt.Sprint("v", v), k)
	}
	d, err := NewData(vars, cols)
	return must(t, d, err)
}

func TestNamesOfStatesAreSortedAndNumbersBySize(t *testing.T) {
	d, err := Names([]string{"a", "b"}, [][]string{{"10", "9", "?", "10"}, {"yes", "no", "10", ""}}, []string{"?", ""}, 3)
	must(t, d, err)
	if got := fmt.Sprint(d.Vars, d.Cols); got != "[{a [9 10]} {b [10 no yes]}] [[1 0 -1 1] [2 1 0 -1]]" {
		t.Errorf("got %s", got)
	}
	if d.Complete() || d.Rows() != 4 || d.Total() != 4 {
		t.Errorf("got %v, %d rows, total %g", d.Complete(), d.Rows(), d.Total())
	}
}

func TestDataThatDoNotBelongTogetherAreRefused(t *testing.T) {
	two := []pgm.Variable{pgm.Numbered("a", 2), pgm.Numbered("b", 2)}
	for want, cols := range map[string][][]int32{
		"got 1 columns of 2":             {{0}},
		`column "b": got 1 rows`:         {{0, 1}, {0}},
		`column "a", row 1: got state 2`: {{0, 2}, {0, 0}},
		`column "a": got 0 rows`:         {{}, {}},
	} {
		_, err := NewData(two, cols)
		fails(t, err, want)
	}
	_, err := NewData([]pgm.Variable{two[0], two[0]}, [][]int32{{0}, {0}})
	fails(t, err, "names that differ")
	_, err = Names([]string{"id"}, [][]string{{"1", "2", "3"}}, nil, 2)
	fails(t, err, `column "id": got 3 states, want 1 to 2`)
	_, err = Names([]string{"id"}, [][]string{{"?"}}, []string{"?"}, 2)
	fails(t, err, "got 0 states")
	_, err = Names([]string{"id"}, nil, nil, 2)
	fails(t, err, "got 0 columns and 1 names")
}

func TestColumnsGoByTheNamesOfVariablesAndStates(t *testing.T) {
	d, err := Names([]string{"b", "other", "a"}, [][]string{{"x", "y", "?"}, {"1", "2", "3"}, {"n", "n", "m"}}, []string{"?"}, 9)
	must(t, d, err)
	vars := []pgm.Variable{{Name: "a", States: []string{"n", "m", "k"}}, {Name: "hidden", States: []string{"0", "1"}}, {Name: "b", States: []string{"y", "x"}}}
	e, err := d.For(vars)
	must(t, e, err)
	if got := fmt.Sprint(e.Cols); got != "[[0 0 1] [-1 -1 -1] [1 0 -1]]" {
		t.Errorf("got %s", got)
	}
	vars[2].States = []string{"y", "z"}
	_, err = d.For(vars)
	fails(t, err, `column "b", row 0: got state "x", want one of ["y" "z"]`)
}

func TestDistinctRowsKeepTheirWeights(t *testing.T) {
	d := table(t, []int{3, 2}, []int32{0, 2, 0, Missing, 0, 2}, []int32{1, 1, 1, 0, 0, 1})
	e := d.Distinct()
	if got := fmt.Sprint(e.Cols, e.Weights, e.Total()); got != "[[0 2 -1 0] [1 1 0 0]] [2 2 1 1] 6" {
		t.Errorf("got %s", got)
	}
	if got := fmt.Sprint(e.Distinct().Weights); got != "[2 2 1 1]" {
		t.Errorf("distinct rows again: got %s", got)
	}
}

// Each test fails on a right sampler with probability 1e-5.
func TestSamplesHaveTheProbabilitiesOfTheNetwork(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		n := randomNetwork(t, r, 4)
		d, err := Sample(n, 20000, rng.New(r.Uint64()))
		must(t, d, err)
		var counts []int
		var probs []float64
		eachAssignment(n.Graph().Card(), func(states []int) {
			c := 0
			for i := range d.Rows() {
				if int(d.Cols[0][i]) == states[0] && int(d.Cols[1][i]) == states[1] && int(d.Cols[2][i]) == states[2] && int(d.Cols[3][i]) == states[3] {
					c++
				}
			}
			counts, probs = append(counts, c), append(probs, exp(n.Graph().LogValue(states)))
		})
		counts, probs = lump(counts, probs, 20000)
		tk.FitsCounts(t, "assignments", counts, probs)
	}
}

// lump joins the cells that expect less than 5 draws.
func lump(counts []int, probs []float64, n float64) ([]int, []float64) {
	c, p := []int{0}, []float64{1e-12}
	for i := range counts {
		if probs[i]*n < 5 {
			c[0], p[0] = c[0]+counts[i], p[0]+probs[i]
		} else {
			c, p = append(c, counts[i]), append(p, probs[i])
		}
	}
	if p[0]*n < 5 { // too few together: with the last
		c[len(c)-1] += c[0]
		p[len(p)-1] += p[0]
		return c[1:], p[1:]
	}
	return c, p
}

func TestSamplesFollowTheKey(t *testing.T) {
	n := randomNetwork(t, rand.New(rand.NewPCG(2, 2)), 5)
	draw := func(seed uint64) string {
		d, err := Sample(n, 50, rng.New(seed))
		return fmt.Sprint(must(t, d, err).Cols)
	}
	first, again := draw(1), draw(1)
	if first != again || first == draw(2) {
		t.Error("a key gives one sample, another key another")
	}
	_, err := Sample(n, 0, rng.New(1))
	fails(t, err, "got 0 rows")
}

func TestRandomNetworksAreRefusedWhereTheStructureIsNone(t *testing.T) {
	vars := []pgm.Variable{pgm.Numbered("a", 2), pgm.Numbered("b", 2)}
	for want, parents := range map[string][][]int{
		"got 1 lists":  {nil},
		"cycle":        {{1}, {0}},
		"parents of a": {{0}, nil},
		"parents of b": {nil, {0, 0}},
		"below 2":      {{2}, nil},
	} {
		_, err := Random(vars, parents, rng.New(1))
		fails(t, err, want)
	}
	wide := []pgm.Variable{pgm.Numbered("a", 1<<12), pgm.Numbered("b", 1<<13)}
	_, err := Random(wide, [][]int{nil, {0}}, rng.New(1))
	fails(t, err, "table of b: got more than 16777216 entries")
}
