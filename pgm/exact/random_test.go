package exact

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
)

// randomNetwork has n variables of 2 to 4 states and at most as many parents each as said;
// one entry in five is 0.
func randomNetwork(t testing.TB, r *rand.Rand, n, most int) *pgm.Network {
	t.Helper()
	vars, parents, rows := make([]pgm.Variable, n), make([][]int, n), make([][]float64, n)
	for i := range vars {
		vars[i] = pgm.Numbered(fmt.Sprint("x", i), 2+r.IntN(3))
		count := 1
		for _, p := range r.Perm(i)[:min(i, r.IntN(most+1))] {
			parents[i] = append(parents[i], p)
			count *= len(vars[p].States)
		}
		k := len(vars[i].States)
		for range count {
			row := make([]float64, k)
			for s := range row {
				if row[s] = -math.Log(r.Float64()); r.IntN(5) == 0 && s > 0 {
					row[s] = 0
				}
			}
			rows[i] = append(rows[i], normal(row)...)
		}
	}
	net, err := pgm.NewNetwork(vars, parents, rows)
	return must(t, net, err)
}

func randomEvidence(r *rand.Rand, g *pgm.Graph, n int) pgm.Evidence {
	e := pgm.Evidence{}
	for _, v := range r.Perm(len(g.Vars))[:n] {
		e[v] = r.IntN(len(g.Vars[v].States))
	}
	return e
}

// agrees holds the tree, elimination and the best assignment against enumeration.
func agrees(t *testing.T, r *rand.Rand, g *pgm.Graph, e pgm.Evidence, tol float64) bool {
	t.Helper()
	want, impossible := Enumerate(g, e)
	tree, err := NewTree(g, e, Config{Heuristics: []Heuristic{Heuristic(r.IntN(3))}})
	if impossible != nil {
		_, best := MPE(g, e, Config{})
		_, ve := Eliminate(g, e, nil, Config{})
		for _, err := range []error{impossible, err, best, ve} {
			if !errors.Is(err, pgm.ErrImpossible) {
				t.Errorf("got %v, want evidence that is impossible", err)
			}
		}
		return false
	}
	must(t, tree, err)
	tk.Close(t, "ln Z by the tree", tree.LogZ, want.LogZ, tol)
	for v, m := range want.Marginals {
		for s, p := range m {
			tk.Close(t, "marginal by the tree", tree.Marginals[v][s], p, tol)
		}
		if _, seen := e[v]; seen {
			continue
		}
		res, err := Eliminate(g, e, []int{v}, Config{})
		must(t, res, err)
		tk.Close(t, "ln Z by elimination", res.LogZ, want.LogZ, tol)
		for s, p := range m {
			tk.Close(t, "marginal by elimination", math.Exp(res.Joint.Log[s]), p, tol)
		}
	}
	best, err := MPE(g, e, Config{})
	must(t, best, err)
	tk.Close(t, "ln of the best", best.LogValue, want.LogBest, tol)
	tk.Close(t, "ln of its assignment", g.LogValue(best.States), want.LogBest, tol)
	return true
}

func TestTreeEliminationAndEnumerationAgreeOnRandomNetworks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 19))
	possible := 0
	for range 1000 {
		g := randomNetwork(t, r, 1+r.IntN(7), 3).Graph()
		if agrees(t, r, g, randomEvidence(r, g, r.IntN(min(3, len(g.Vars)))), 1e-10) {
			possible++
		}
	}
	if possible < 600 {
		t.Errorf("got %d of 1000 whose evidence is possible, want most", possible)
	}
}

func TestTheyAgreeTo1em12OnTrees(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 19))
	for range 200 {
		g := randomNetwork(t, r, 1+r.IntN(7), 1).Graph()
		agrees(t, r, g, randomEvidence(r, g, r.IntN(min(2, len(g.Vars)))), 1e-12)
	}
}

// randomGraph has factors of any size, some over nothing, some variables in no factor.
func randomGraph(t testing.TB, r *rand.Rand) *pgm.Graph {
	t.Helper()
	vars := make([]pgm.Variable, 1+r.IntN(6))
	for i := range vars {
		vars[i] = pgm.Numbered(fmt.Sprint(i), 1+r.IntN(4))
	}
	var factors []*pgm.Factor
	for range r.IntN(8) {
		scope := r.Perm(len(vars))[:r.IntN(min(4, len(vars)+1))]
		size, card := 1, []int{}
		for _, v := range scope {
			card = append(card, len(vars[v].States))
			size *= len(vars[v].States)
		}
		values := make([]float64, size)
		for i := range values {
			values[i] = math.Exp(20 * r.NormFloat64())
		}
		f, err := pgm.NewFactor(scope, card, values)
		factors = append(factors, must(t, f, err))
	}
	g, err := pgm.NewGraph(vars, factors)
	return must(t, g, err)
}

func TestTheyAgreeOnFactorGraphsOfAnyShape(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 19))
	for range 500 {
		g := randomGraph(t, r)
		agrees(t, r, g, randomEvidence(r, g, r.IntN(len(g.Vars)+1)), 1e-10)
	}
}

func TestJointQueriesAreSumsOfTheJointDistribution(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 19))
	for range 200 {
		g := randomNetwork(t, r, 5, 2).Graph()
		query := r.Perm(5)[:3]
		res, err := Eliminate(g, nil, query, Config{})
		must(t, res, err)
		sum := make([]float64, len(res.Joint.Log))
		each(g.Card(), nil, func(states []int) {
			at := 0
			for i, v := range query {
				at = at*res.Joint.Card[i] + states[v]
			}
			sum[at] += math.Exp(g.LogValue(states))
		})
		for i, x := range res.Joint.Log {
			tk.Close(t, "joint", math.Exp(x), sum[i], 1e-12)
		}
	}
}

func TestJointsOfATreeAreThoseOfElimination(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 19))
	for range 100 {
		n := randomNetwork(t, r, 6, 3)
		g, family := n.Graph(), n.Tables[5].Vars
		tree, err := NewTree(g, nil, Config{}, family)
		must(t, tree, err)
		res, err := Eliminate(g, nil, family, Config{})
		must(t, res, err)
		for i, x := range tree.Joint(0).Log {
			tk.Close(t, "joint", math.Exp(x), math.Exp(res.Joint.Log[i]), 1e-12)
		}
	}
}

func TestTheBestOfSomeVariablesSumsOverTheOthers(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 19))
	for range 200 {
		g := randomNetwork(t, r, 6, 2).Graph()
		vars := r.Perm(6)[:3]
		best, err := MAP(g, nil, vars, Config{})
		must(t, best, err)
		sums := map[[3]int]float64{}
		each(g.Card(), nil, func(x []int) {
			sums[[3]int{x[vars[0]], x[vars[1]], x[vars[2]]}] += math.Exp(g.LogValue(x))
		})
		top := 0.
		for _, p := range sums {
			top = max(top, p)
		}
		tk.Close(t, "maximum", math.Exp(best.LogValue), top, 1e-12)
		b := best.States
		tk.Close(t, "sum at it", sums[[3]int{b[vars[0]], b[vars[1]], b[vars[2]]}], top, 1e-12)
	}
}

// A separation holds in every distribution, and a connection fails in almost every one: the
// random tables here have no zeros.
func TestSeparationIsIndependence(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 19))
	count := [2]int{}
	for range 400 {
		n := randomNetwork(t, r, 6, 2)
		for _, f := range n.Tables {
			for i := range f.Log {
				f.Log[i] = r.NormFloat64()
			}
			for row := 0; row < len(f.Log); row += f.Card[len(f.Card)-1] {
				part := pgm.Factor{Vars: []int{0}, Card: f.Card[len(f.Card)-1:], Log: f.Log[row : row+f.Card[len(f.Card)-1]]}
				part.Normalise()
			}
		}
		p := r.Perm(6)
		given := p[2 : 2+r.IntN(3)]
		got, err := Separated(n, p[:1], p[1:2], given)
		must(t, got, err)
		worst := 0.
		for range 3 {
			e := pgm.Evidence{}
			for _, v := range given {
				e[v] = r.IntN(len(n.Vars[v].States))
			}
			res, err := Eliminate(n.Graph(), e, p[:2], Config{})
			must(t, res, err)
			a, b := res.Joint.Marginal(p[:1]), res.Joint.Marginal(p[1:2])
			for i, x := range res.Joint.Log {
				k := len(b.Log)
				worst = max(worst, math.Abs(math.Exp(x)-math.Exp(a.Log[i/k]+b.Log[i%k])))
			}
		}
		if dependent := worst > 1e-9; dependent == got {
			t.Errorf("got separated %v with a difference of %g", got, worst)
		}
		if got {
			count[1]++
		} else {
			count[0]++
		}
	}
	if count[0] < 50 || count[1] < 50 {
		t.Errorf("got %d connected and %d separated, want many of both", count[0], count[1])
	}
}

// Rain makes the grass wet and so does the sprinkler, which is used less when it rains. To
// turn the sprinkler on says nothing of rain; to see it on does (Pearl 2009, 1.3).
func TestSettingIsNotSeeing(t *testing.T) {
	yes := func(name string) pgm.Variable { return pgm.Variable{Name: name, States: []string{"no", "yes"}} }
	n, err := pgm.NewNetwork([]pgm.Variable{yes("rain"), yes("sprinkler"), yes("wet")}, [][]int{nil, {0}, {0, 1}},
		[][]float64{{.8, .2}, {.6, .4, .99, .01}, {1, 0, .1, .9, .2, .8, .01, .99}})
	must(t, n, err)
	on := pgm.Evidence{1: 1}
	seen, err := NewTree(n.Graph(), on, Config{})
	must(t, seen, err)
	tk.Close(t, "rain where the sprinkler is seen on", seen.Marginals[0][1], .002/.322, 1e-14)
	m, err := n.Do(on)
	must(t, m, err)
	set, err := NewTree(m.Graph(), nil, Config{})
	must(t, set, err)
	tk.Close(t, "rain where it is turned on", set.Marginals[0][1], .2, 1e-14)
	tk.Close(t, "wet where it is turned on", set.Marginals[2][1], .8*.9+.2*.99, 1e-14)
}

// A grid of 60×60 has a width of at least 60: 2⁶¹ entries.
func TestWhatDoesNotFitIsRefusedBeforeATableIsMade(t *testing.T) {
	const n = 60
	vars, factors := make([]pgm.Variable, n*n), []*pgm.Factor{}
	for i := range vars {
		vars[i] = pgm.Numbered(fmt.Sprint(i), 2)
		for _, j := range []int{i + 1, i + n} {
			if j < n*n && (j == i+n || j%n > 0) {
				factors = append(factors, &pgm.Factor{Vars: []int{i, j}, Card: []int{2, 2}, Log: make([]float64, 4)})
			}
		}
	}
	g, err := pgm.NewGraph(vars, factors)
	must(t, g, err)
	c := Config{Heuristics: []Heuristic{MinNeighbours}}
	_, tree := NewTree(g, nil, c)
	_, ve := Eliminate(g, nil, []int{0}, c)
	_, best := MPE(g, nil, c)
	for _, err := range []error{tree, ve, best} {
		var large *TooLarge
		if !errors.As(err, &large) || large.Plan.Largest < math.Exp2(40) || large.Memory != DefaultMemory || large.Plan.Bytes < large.Plan.Largest {
			t.Errorf("got %v, want a refusal with the estimate", err)
		} else if !strings.Contains(err.Error(), "bytes") {
			t.Errorf("got %q, want the estimate in words", err)
		}
	}
}

func TestTheCapIsTheOneThatIsGiven(t *testing.T) {
	g := network(t, "asia").Graph()
	tree, err := NewTree(g, nil, Config{})
	must(t, tree, err)
	if _, err := NewTree(g, nil, Config{Memory: tree.Plan.Bytes}); err != nil {
		t.Errorf("got %v at the estimate itself", err)
	}
	var large *TooLarge
	if _, err := NewTree(g, nil, Config{Memory: tree.Plan.Bytes - 1}); !errors.As(err, &large) {
		t.Errorf("got %v below the estimate, want a refusal", err)
	}
}

func TestQuestionsThatMakeNoSenseAreErrors(t *testing.T) {
	n := network(t, "asia")
	g := n.Graph()
	check := func(name string, err error) {
		t.Helper()
		if err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	for _, query := range [][]int{{-1}, {8}, {1, 1}, {2}} {
		_, err := Eliminate(g, pgm.Evidence{2: 0}, query, Config{})
		check("query", err)
		_, err = MAP(g, pgm.Evidence{2: 0}, query, Config{})
		check("maximum", err)
	}
	_, err := NewTree(g, pgm.Evidence{9: 0}, Config{})
	check("evidence on no variable", err)
	_, err = NewTree(g, pgm.Evidence{0: 2}, Config{})
	check("evidence of no state", err)
	_, err = NewTree(g, nil, Config{}, []int{0, 7})
	check("joint of no clique", err)
	_, err = NewTree(g, nil, Config{Heuristics: []Heuristic{7}})
	check("heuristic", err)
	_, err = Separated(n, []int{0}, []int{8}, nil)
	check("separation", err)
	_, err = Enumerate(network(t, "alarm").Graph(), nil)
	check("enumeration", err)
	_, err = Enumerate(g, pgm.Evidence{0: 5})
	check("enumeration", err)
}

func TestHeuristicsHaveNames(t *testing.T) {
	got := fmt.Sprint(MinFill, MinWeight, MinNeighbours, Heuristic(9))
	if want := "min-fill min-weight min-neighbours Heuristic(9)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
