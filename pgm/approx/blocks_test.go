package approx

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/elbo-go/elbo/internal/discrete"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// The blocks partition the free variables, factors with zeros lie inside them, and the possible
// assignments of the model are all combinations of theirs.
func TestBlocksHoldTheZeros(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 27))
	for range 500 {
		g := anyGraph(t, r, true)
		e := anyEvidence(r, g)
		p, err := newProblem(g, e)
		if err != nil {
			continue
		}
		b, err := newBlocks(p)
		if err != nil {
			t.Fatal(err)
		}
		of, combinations := map[int]int{}, 1
		for i, k := range b.list {
			combinations *= len(k.states)
			for _, v := range k.vars {
				if _, again := of[v]; again {
					t.Errorf("got variable %d in two blocks", v)
				}
				of[v] = i
			}
		}
		if len(of)+len(e) != len(g.Vars) {
			t.Errorf("got %d variables in blocks and %d seen, want %d", len(of), len(e), len(g.Vars))
		}
		for _, f := range b.cross {
			if !positive(b.factors[f]) {
				t.Errorf("got a factor with zeros between blocks")
			}
		}
		x, card, possible := make([]int, len(g.Vars)), g.Card(), 0
		for v, s := range e {
			x[v], card[v] = s, 1
		}
		shown := make([]int, len(x))
		for done := false; !done; done = next(shown, card) {
			for v := range x {
				if _, seen := e[v]; !seen {
					x[v] = shown[v]
				}
			}
			if !math.IsInf(g.LogValue(x), -1) {
				possible++
			}
		}
		if possible != combinations {
			t.Errorf("got %d combinations, want the %d that are possible", combinations, possible)
		}
	}
}

// A chain keeps the places in its tables: after any number of draws they are those of its state.
func TestAChainKnowsItsPlaces(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 27))
	for range 200 {
		g := anyGraph(t, r, false)
		p, err := newProblem(g, nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := newBlocks(p)
		if err != nil {
			t.Fatal(err)
		}
		c, x := newChain(b, r), make([]int, len(g.Vars))
		for range 5 {
			for i := range b.list {
				c.draw(i, r.Float64())
			}
			for i, k := range b.list {
				for slot, v := range k.vars {
					x[v] = c.state(i, slot)
				}
			}
			want := 0.
			for _, f := range b.cross {
				want += b.factors[f].At(x)
			}
			tk.Close(t, "ln φ between blocks", c.between(), want, 1e-13)
		}
	}
}

// Steep factors tie the more, the steeper they are, and only small blocks.
func TestSteepFactorsTieSmallBlocks(t *testing.T) {
	g := graph(t, 4, table(t, []int{0, 1}, 9, 0, 0, 9), table(t, []int{1, 2}, 1, 0, 0, 1), table(t, []int{2, 3}, -5, 0, 0, 0))
	p, err := newProblem(g, nil)
	if err != nil {
		t.Fatal(err)
	}
	part := p.ties()
	if part.root(0) != part.root(1) || part.root(1) == part.root(2) || part.root(2) != part.root(3) {
		t.Errorf("got parts %v, want {0, 1} and {2, 3}", part)
	}
	draws, r := make([]int, 3), rand.New(rand.NewPCG(3, 27))
	for range 30000 {
		draws[discrete.Pick(r, []float64{.5, 0, .5})]++
	}
	if draws[1] != 0 {
		t.Errorf("got %d draws of a state of probability 0", draws[1])
	}
	tk.FitsCounts(t, "picks", []int{draws[0], draws[2]}, []float64{.5, .5})
}
