package learn

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
)

// The pattern by its definition: of all structures of the same skeleton and the same common
// children of parents that are not adjacent, an edge has a direction if it has it in all.
func TestPatternsAreThoseOfTheirClasses(t *testing.T) {
	for _, n := range []int{2, 3, 4} {
		classes := map[string][][][]int{}
		EachStructure(n, func(parents [][]int) {
			k := equivalence(parents)
			classes[k] = append(classes[k], copyOf(parents))
		})
		for _, class := range classes {
			want := newPattern(n)
			for _, parents := range class {
				for v, ps := range parents {
					for _, u := range ps {
						want.Edge[u][v] = true
					}
				}
			}
			for _, parents := range class {
				got := PatternOf(parents)
				if fmt.Sprint(got.Edge) != fmt.Sprint(want.Edge) || got.Distance(want) != 0 {
					t.Fatalf("%v: got %v, want %v", parents, got.Edge, want.Edge)
				}
			}
			parents, ok := want.Extend()
			if !ok || equivalence(parents) != equivalence(class[0]) {
				t.Errorf("%v: got %v of another class, %v", class[0], parents, ok)
			}
		}
	}
}

// equivalence names what structures of the same independences share (Verma & Pearl 1990).
func equivalence(parents [][]int) string {
	near := newPattern(len(parents))
	for v, ps := range parents {
		for _, u := range ps {
			near.Edge[u][v], near.Edge[v][u] = true, true
		}
	}
	var colliders [][3]int
	for v, ps := range newDag(parents).parents {
		for i, u := range ps {
			for _, w := range ps[:i] {
				if !near.Adjacent(u, w) {
					colliders = append(colliders, [3]int{w, v, u})
				}
			}
		}
	}
	return fmt.Sprint(near.Edge, colliders)
}

func TestPCWithAnOracleFindsThePatternOf500RandomStructures(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 25))
	for range 500 {
		n := 2 + r.IntN(8)
		parents := randomParents(r, n, 4, .1+.5*r.Float64())
		net, err := Random(variables(r, n, 2), parents, rng.New(1))
		must(t, net, err)
		got, err := PC(t.Context(), Oracle{net}, PCConfig{})
		must(t, got, err)
		want := PatternOf(parents)
		if d := got.Pattern.Distance(want); d != 0 || !got.Consistent {
			t.Fatalf("%v: distance %d, consistent %v:\n%v\n%v", parents, d, got.Consistent, got.Pattern.Edge, want.Edge)
		}
		if PatternOf(got.Parents).Distance(want) != 0 {
			t.Fatalf("%v: got %v of another class", parents, got.Parents)
		}
	}
}

func TestDistancesCountWhatDiffers(t *testing.T) {
	a := PatternOf([][]int{nil, {0}, {1}, nil})    // 0 − 1 − 2
	b := PatternOf([][]int{nil, {0, 2}, nil, {1}}) // 0 → 1 ← 2, 1 → 3
	if d := a.Distance(b); d != 3 || b.Distance(a) != 3 || a.Distance(a) != 0 {
		t.Errorf("got %d, want 3", d)
	}
	lacking, extra := a.Skeleton(b)
	if lacking != 1 || extra != 0 {
		t.Errorf("got %d lacking and %d extra, want 1 and 0", lacking, extra)
	}
	if lacking, extra = b.Skeleton(a); lacking != 0 || extra != 1 {
		t.Errorf("got %d lacking and %d extra, want 0 and 1", lacking, extra)
	}
	if !b.Directed(0, 1) || !b.Directed(1, 3) || b.Undirected(0, 1) || !a.Undirected(0, 1) {
		t.Errorf("got %v and %v", a.Edge, b.Edge)
	}
}

// A square 0 − 1 − 2 − 3 − 0 has no directions without a cycle or a new common child; arrows
// round a triangle are a contradiction. The edges stay.
func TestPatternsOfNoStructureKeepTheirEdges(t *testing.T) {
	square, ring := newPattern(4), newPattern(3)
	for v := range 4 {
		w := (v + 1) % 4
		square.Edge[v][w], square.Edge[w][v] = true, true
	}
	for v := range 3 {
		ring.Edge[v][(v+1)%3] = true
	}
	for _, p := range []*Pattern{square, ring} {
		parents, ok := p.Extend()
		lacking, extra := PatternOf(parents).Skeleton(p)
		if err := acyclic(len(parents), parents); ok || err != nil || lacking+extra > 0 {
			t.Errorf("got %v, %v, %v, %d lacking, %d extra", parents, ok, err, lacking, extra)
		}
	}
}

// The table 10 20 / 30 5 with margins 30, 35 and 40, 25 of 65: χ² by the definition.
func TestStatisticsOfATableByHand(t *testing.T) {
	var cols [2][]int32
	for cell, n := range []int{10, 20, 30, 5} {
		for range n {
			cols[0], cols[1] = append(cols[0], int32(cell/2)), append(cols[1], int32(cell%2))
		}
	}
	d := table(t, []int{2, 2}, cols[0], cols[1])
	e := []float64{30. * 40 / 65, 30. * 25 / 65, 35. * 40 / 65, 35. * 25 / 65}
	g2, chi2 := 0., 0.
	for i, n := range []float64{10, 20, 30, 5} {
		g2 += 2 * n * math.Log(n/e[i])
		chi2 += (n - e[i]) * (n - e[i]) / e[i]
	}
	for name, want := range map[string]float64{"g2": g2, "chi2": chi2} {
		s, err := StatisticNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		test, err := NewTests(d, s)
		must(t, test, err)
		got, freedom, err := test.Statistic(0, 1, nil)
		tk.Close(t, name, must(t, got, err), want, 1e-12)
		p, err := test.PValue(0, 1, nil)
		tk.Close(t, "p", must(t, p, err), distuv.ChiSquared{K: 1}.Survival(want), 1e-12)
		if freedom != 1 {
			t.Errorf("got %g degrees of freedom, want 1", freedom)
		}
	}
	_, err := StatisticNamed("g3")
	fails(t, err, "want g2 or chi2")
}

// Of x and y given z: a configuration that holds one state of x says nothing.
func TestEmptyRowsAddNoFreedom(t *testing.T) {
	d := table(t, []int{3, 2, 2}, []int32{0, 1, 0, 1, 2, 2, 2}, []int32{0, 1, 1, 0, 0, 1, 1}, []int32{0, 0, 0, 0, 1, 1, 1})
	test, err := NewTests(d, GSquared())
	must(t, test, err)
	stat, freedom, err := test.Statistic(0, 1, []int{2})
	tk.Close(t, "statistic", must(t, stat, err), 0, 1e-12)
	p, err := test.PValue(0, 1, []int{2})
	if must(t, p, err); freedom != 1 || p != 1 {
		t.Errorf("got %g degrees of freedom and p %g, want 1 and 1", freedom, p)
	}
	if p, err = test.PValue(0, 2, []int{0}); p != 1 || err != nil {
		t.Errorf("without freedom: got p %g, %v, want 1", p, err)
	}
}

// Under independence p-values are uniform: the share below .05 of 2,000 tests is within 5
// standard errors.
func TestPValuesAreUniformUnderIndependence(t *testing.T) {
	vars := []pgm.Variable{pgm.Numbered("x", 3), pgm.Numbered("y", 2), pgm.Numbered("z", 2)}
	n, err := Random(vars, [][]int{{2}, {2}, nil}, rng.New(3))
	must(t, n, err)
	for _, s := range []Statistic{GSquared(), ChiSquared()} {
		below := 0
		for i := range 2000 {
			d, err := Sample(n, 500, rng.New(9).At(uint64(i)))
			must(t, d, err)
			test, err := NewTests(d, s)
			must(t, test, err)
			p, err := test.PValue(0, 1, []int{2})
			if must(t, p, err); p < .05 {
				below++
			}
		}
		tk.Close(t, "share below .05 by "+s.Name, float64(below)/2000, .05, 5*math.Sqrt(.05*.95/2000))
	}
}

func TestPCDoesNotDependOnTheOrderOfVariables(t *testing.T) {
	asia := shared(t, "asia")
	d, err := Sample(asia, 5000, rng.New(6))
	must(t, d, err)
	find := func(d *Data) *Pattern {
		test, err := NewTests(d, GSquared())
		must(t, test, err)
		got, err := PC(t.Context(), test, PCConfig{})
		return must(t, got, err).Pattern
	}
	first := find(d)
	r := rand.New(rand.NewPCG(26, 26))
	for range 10 {
		order := r.Perm(len(d.Vars))
		e := &Data{}
		for _, v := range order {
			e.Vars, e.Cols = append(e.Vars, d.Vars[v]), append(e.Cols, d.Cols[v])
		}
		got := find(e)
		for i, u := range order {
			for k, v := range order {
				if i != k && got.Adjacent(i, k) != first.Adjacent(u, v) {
					t.Errorf("order %v: edge of %s and %s: got %v, want %v", order, asia.Vars[u].Name, asia.Vars[v].Name, got.Adjacent(i, k), first.Adjacent(u, v))
				}
			}
		}
	}
}

func TestPCStopsAndRefuses(t *testing.T) {
	n := randomNetwork(t, rand.New(rand.NewPCG(27, 27)), 4)
	for _, c := range []PCConfig{{Level: 1}, {Level: -1}, {Level: math.NaN()}, {MaxGiven: -1}} {
		_, err := PC(t.Context(), Oracle{n}, c)
		fails(t, err, "PC: got level")
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := PC(ctx, Oracle{n}, PCConfig{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	broken := errors.New("broken")
	if _, err := PC(t.Context(), failing{broken}, PCConfig{}); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	if _, err := NewTests(table(t, []int{2}, []int32{Missing}), GSquared()); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v, want %v", err, ErrMissing)
	}
	got, err := PC(t.Context(), Oracle{n}, PCConfig{MaxGiven: 1})
	if must(t, got, err); got.Tests == 0 {
		t.Error("got no tests")
	}
}

// failing judges nothing.
type failing struct{ err error }

func (failing) Len() int                                  { return 2 }
func (f failing) PValue(int, int, []int) (float64, error) { return 0, f.err }
