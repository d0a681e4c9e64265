package pgm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// The walk against places that are worked out assignment by assignment.
func TestAWalkKeepsThePlaceInTheSmallerTable(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	for range 500 {
		n := r.IntN(6)
		card := cards(r, n)
		vars, sub := r.Perm(n), subset(r, n)
		own, subCard := make([]int, n), make([]int, len(sub))
		for i, v := range vars {
			own[i] = card[v]
		}
		for i, v := range sub {
			subCard[i] = card[v]
		}
		place := func(x, vars []int) (at int) {
			for _, v := range vars {
				at = at*card[v] + x[v]
			}
			return at
		}
		want := map[int]int{}
		each(card, func(x []int) { want[place(x, vars)] = place(x, sub) })
		next := 0
		newWalk(vars, own, sub, subCard).runs(func(at, from, n, stride int) {
			for i := range n {
				if at+i != next || from+i*stride != want[next] {
					t.Errorf("cell %d: got %d beside %d, want %d", next, at+i, from+i*stride, want[next])
				}
				next++
			}
		})
		if next != len(want) {
			t.Errorf("got %d cells, want %d", next, len(want))
		}
	}
}

func TestAxesThatMoveEvenlyAreOne(t *testing.T) {
	for _, c := range []struct {
		vars, card, sub, subCard []int
		lens, strides            []int
	}{
		{[]int{0, 1, 2}, []int{2, 3, 4}, []int{0, 1, 2}, []int{2, 3, 4}, []int{24}, []int{1}},
		{[]int{0, 1, 2}, []int{2, 3, 4}, nil, nil, []int{24}, []int{0}},
		{[]int{0, 1, 2}, []int{2, 3, 4}, []int{0, 1}, []int{2, 3}, []int{6, 4}, []int{1, 0}},
		{[]int{0, 1, 2}, []int{2, 3, 4}, []int{1, 2}, []int{3, 4}, []int{2, 12}, []int{0, 1}},
		{[]int{0, 1, 2}, []int{2, 3, 4}, []int{2, 0}, []int{4, 2}, []int{2, 3, 4}, []int{1, 0, 2}},
		{[]int{0, 1, 2}, []int{2, 1, 4}, []int{0, 2}, []int{2, 4}, []int{8}, []int{1}},
		{nil, nil, nil, nil, []int{1}, []int{0}},
	} {
		w := newWalk(c.vars, c.card, c.sub, c.subCard)
		if !slices.Equal(w.lens, c.lens) || !slices.Equal(w.strides, c.strides) {
			t.Errorf("%d beside %d: got axes %d by %d, want %d by %d", c.vars, c.sub, w.lens, w.strides, c.lens, c.strides)
		}
	}
}

// Sums in two steps are sums in one; so are maxima; and a marginal of a product with a factor
// of the kept variables is the product of the marginal.
func TestLawsOfFactors(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	card := []int{2, 3, 2, 4}
	for range 200 {
		f, g := random(t, r, card, r.Perm(4)...), random(t, r, card, 1, 3)
		keep := []int{1, 3}
		some := []int{1, 2, 3}
		equal := func(name string, a, b *Factor) {
			t.Helper()
			each(card, func(x []int) { tk.Close(t, name, math.Exp(a.At(x)), math.Exp(b.At(x)), 1e-12) })
		}
		equal("sums", f.Marginal(some).Marginal(keep), f.Marginal(keep))
		equal("maxima", f.Max(some).Max(keep), f.Max(keep))
		fg := Product(f.Vars, f.Card, nil, f, g)
		m := f.Marginal(keep)
		equal("distributive law", fg.Marginal(keep), Product(m.Vars, m.Card, nil, m, g))
		e := Evidence{1: r.IntN(3), 3: r.IntN(4)}
		equal("evidence on what is kept", f.Reduce(e).Marginal(nil), f.Marginal(keep).Reduce(e))
		total := f.LogSum()
		tk.Close(t, "ln of what it summed to", f.Normalise(), total, 0)
		tk.Close(t, "ln of its sum then", f.LogSum(), 0, 1e-13)
	}
}

func TestAnEvidenceOfNothingLeavesTheFactor(t *testing.T) {
	f := random(t, rand.New(rand.NewPCG(7, 1)), []int{2, 3}, 1, 0)
	if f.Reduce(nil) != f || f.Reduce(Evidence{5: 0}) != f {
		t.Error("got a copy, want the factor itself")
	}
}

func TestVariablesKnowTheirStates(t *testing.T) {
	v := Numbered("x", 12)
	if len(v.States) != 12 || v.State("11") != 11 || v.State("12") != -1 {
		t.Errorf("got %v", v)
	}
}

func TestVariablesOfTooManyStatesAreErrors(t *testing.T) {
	for _, vars := range [][]Variable{{Numbered("x", MaxStates+1)}, {{Name: "x"}}, {Numbered("x", 1), Numbered("x", 1)}} {
		if _, err := NewGraph(vars, nil); err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("got %v, want an error", err)
		}
	}
}

// On random graphs with edges both ways, the order exists exactly where no walk returns.
func TestCyclesAreFoundWhereThereAreSome(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	cyclic := 0
	for range 500 {
		n := 2 + r.IntN(4)
		vars, parents, rows := make([]Variable, n), make([][]int, n), make([][]float64, n)
		reach := make([][]bool, n)
		for i := range vars {
			vars[i], reach[i] = Numbered(fmt.Sprint(i), 2), make([]bool, n)
			for _, p := range r.Perm(n)[:r.IntN(2)] {
				if p != i {
					parents[i] = append(parents[i], p)
					reach[i][p] = true
				}
			}
			for range 1 << len(parents[i]) {
				rows[i] = append(rows[i], .5, .5)
			}
		}
		for k := range n {
			for i := range n {
				for j := range n {
					reach[i][j] = reach[i][j] || reach[i][k] && reach[k][j]
				}
			}
		}
		want := false
		for i := range n {
			want = want || reach[i][i]
		}
		_, err := NewNetwork(vars, parents, rows)
		if (err != nil) != want {
			t.Errorf("parents %d: got %v, want a cycle: %v", parents, err, want)
		}
		if want {
			cyclic++
		}
	}
	if cyclic < 50 || cyclic > 450 {
		t.Errorf("got %d cyclic of 500, want many of both", cyclic)
	}
}
