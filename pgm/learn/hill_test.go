package learn

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
)

// sampled is a scorer of rows of a random network of n variables.
func sampled(t testing.TB, r *rand.Rand, n, rows int, s Score) (*pgm.Network, *Counted) {
	t.Helper()
	net := randomNetwork(t, r, n)
	d, err := Sample(net, rows, rng.New(r.Uint64()))
	must(t, d, err)
	c, err := NewCounted(d, s)
	return net, must(t, c, err)
}

// Robinson 1973: 1, 3, 25, 543, 29281 acyclic graphs.
func TestEveryStructureComesOnce(t *testing.T) {
	for n, want := range []int{1, 1, 3, 25, 543, 29281} {
		seen := map[string]bool{}
		EachStructure(n, func(parents [][]int) { seen[fmt.Sprint(newDag(parents).parents)] = true })
		if len(seen) != want {
			t.Errorf("%d variables: got %d structures, want %d", n, len(seen), want)
		}
	}
}

func TestTheOptimumIsTheBestOfAllStructures(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 17))
	for i := range 30 {
		n := 1 + i%4
		if i == 0 {
			n = 5
		}
		_, c := sampled(t, r, n, 5+r.IntN(100), Scores(1)[i%4])
		all, err := Averaged(c)
		must(t, all, err)
		best, err := Optimal(c)
		must(t, best, err)
		tk.Close(t, "score", best.Score, all.Best.Score, 1e-12)
		tk.Close(t, "score of the structure", best.Score, Structure(c, best.Parents), 0)
	}
}

// The posterior of structures sums to 1: those of each edge and of its absence do, and the
// evidence is the mean over structures.
func TestTheAverageIsAPosterior(t *testing.T) {
	r := rand.New(rand.NewPCG(18, 18))
	for range 20 {
		_, c := sampled(t, r, 4, 30, BDeu(1))
		all, err := Averaged(c)
		must(t, all, err)
		sum, mean, none := 0., 0., 0.
		edge := make([][]float64, 4)
		for v := range edge {
			edge[v] = make([]float64, 4)
		}
		EachStructure(4, func(parents [][]int) {
			p := math.Exp(Structure(c, parents) - all.LogEvidence - math.Log(543))
			sum += p
			mean += math.Exp(Structure(c, parents)) / 543
			if len(parents[0])+len(parents[1]) == 0 {
				none += p
			}
			for v, ps := range parents {
				for _, u := range ps {
					edge[v][u] += p
				}
			}
		})
		tk.Close(t, "posterior", sum, 1, 1e-12)
		tk.Close(t, "evidence", all.LogEvidence, math.Log(mean), 1e-12)
		close2(t, "edges", all.Edge, edge, 1e-12)
		if all.Count != 543 || !(all.Edge[0][1]+all.Edge[1][0]+none <= 1+1e-12) {
			t.Errorf("got %d structures, edges %v, none %g", all.Count, all.Edge, none)
		}
	}
}

// With a tabu list and restarts the search of few variables reaches the best of all.
func TestTheSearchReachesTheBest(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 19))
	for i := range 60 {
		_, c := sampled(t, r, 2+i%5, 20+r.IntN(300), Scores(1)[i%4])
		best, err := Optimal(c)
		must(t, best, err)
		got, err := Hill(t.Context(), c, HillConfig{Tabu: 10, Restarts: 10, Key: rng.New(1)})
		must(t, got, err)
		tk.Close(t, "score", got.Score, best.Score, 1e-9)
		tk.Close(t, "score of the structure", Structure(c, got.Parents), got.Score, 1e-11)
	}
}

// Without them it ends where no single move is better.
func TestTheSearchEndsAtASummit(t *testing.T) {
	r := rand.New(rand.NewPCG(20, 20))
	for range 30 {
		_, c := sampled(t, r, 7, 200, BIC())
		last := math.Inf(-1)
		got, err := Hill(t.Context(), c, HillConfig{Progress: func(_ int, score float64) {
			if score < last {
				t.Errorf("a move to %g from %g", score, last)
			}
			last = score
		}})
		must(t, got, err)
		h, err := newHill(c, HillConfig{Starts: [][][]int{got.Parents}})
		must(t, h, err)
		h.each(func(m move) {
			if after := apply(got.Parents, m); Structure(c, after) > got.Score+1e-6 {
				t.Errorf("a move leads from %g to %g", got.Score, Structure(c, after))
			}
		})
	}
}

// apply is a move by its definition.
func apply(parents [][]int, m move) [][]int {
	out := copyOf(parents)
	if m.cut {
		out[m.to] = without(out[m.to], m.from)
	} else {
		out[m.to] = with(out[m.to], m.from)
	}
	if m.turn {
		out[m.from] = with(out[m.from], m.to)
	}
	return out
}

// The moves are all that leave the graph acyclic, their gains are differences of scores, and
// hashes tell structures apart whichever way they were reached.
func TestMovesAreThoseOfTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 21))
	for range 40 {
		_, c := sampled(t, r, 5, 60, BDeu(1))
		h, err := newHill(c, HillConfig{Starts: [][][]int{randomParents(r, 5, 2, .4)}, MaxParents: 2 * r.IntN(2)})
		must(t, h, err)
		h.shake(rng.New(r.Uint64()).Rand())
		seen := map[string]bool{}
		now := Structure(c, h.g.parents)
		h.each(func(m move) {
			after := apply(h.g.parents, m)
			seen[fmt.Sprint(after)] = true
			if err := acyclic(5, after); err != nil {
				t.Error(err)
			}
			tk.Close(t, "gain", m.gain, Structure(c, after)-now, 1e-9)
			o, err := newHill(c, HillConfig{Starts: [][][]int{after}})
			must(t, o, err)
			if h.after(m) != o.hash {
				t.Error("two ways to one structure: the hashes differ")
			}
		})
		want := 0
		for u := range 5 {
			for v := range 5 {
				for _, m := range []move{{u, v, true, false, 0}, {u, v, true, true, 0}, {u, v, false, false, 0}} {
					if u == v || h.g.has(u, v) != m.cut || !m.cut && h.g.has(v, u) {
						continue
					}
					after := apply(h.g.parents, m)
					if most := h.c.MaxParents; most > 0 && (m.turn && len(after[u]) > most || !m.cut && len(after[v]) > most) {
						continue
					}
					if acyclic(5, after) == nil {
						want++
					}
				}
			}
		}
		if len(seen) != want {
			t.Errorf("got %d moves, want %d", len(seen), want)
		}
	}
}

func TestTheSearchKeepsItsLimits(t *testing.T) {
	r := rand.New(rand.NewPCG(22, 22))
	_, c := sampled(t, r, 6, 500, AIC())
	got, err := Hill(t.Context(), c, HillConfig{MaxParents: 1, Tabu: 5, Restarts: 3, Key: rng.New(2), Allowed: func(from, to int) bool { return from < to }})
	must(t, got, err)
	edges := 0
	for v, ps := range got.Parents {
		edges += len(ps)
		if len(ps) > 1 || len(ps) == 1 && ps[0] >= v {
			t.Errorf("parents of %d: got %v, want at most one, before it", v, ps)
		}
	}
	one, err := Hill(t.Context(), c, HillConfig{Steps: 1})
	if must(t, one, err); one.Moves != 1 || edges == 0 {
		t.Errorf("got %d moves and %d edges, want one and some", one.Moves, edges)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Hill(ctx, c, HillConfig{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestTheSearchDependsOnItsKeyAlone(t *testing.T) {
	_, c := sampled(t, rand.New(rand.NewPCG(23, 23)), 7, 300, BDeu(1))
	search := func() string {
		got, err := Hill(t.Context(), c, HillConfig{Tabu: 3, Restarts: 4, Shake: 5, Key: rng.New(3)})
		return fmt.Sprint(*must(t, got, err))
	}
	if a, b := search(), search(); a != b {
		t.Errorf("got %s and %s", a, b)
	}
}

func TestWrongSearchesAreRefused(t *testing.T) {
	_, c := sampled(t, rand.New(rand.NewPCG(24, 24)), 2, 10, BIC())
	_, err := Hill(t.Context(), c, HillConfig{Starts: [][][]int{{{1}, {0}}}})
	fails(t, err, "cycle")
	_, err = Hill(t.Context(), c, HillConfig{Starts: [][][]int{{nil}}})
	fails(t, err, "got 1 lists of parents, want 2")
	_, err = Hill(t.Context(), c, HillConfig{Tabu: -1})
	fails(t, err, "none below 0")
	many := alone{c}
	_, err = Optimal(wide{many})
	fails(t, err, "got 19 variables, want at most 18")
	_, err = Averaged(wide{many})
	fails(t, err, "got 19 variables, want at most 5")
}

// wide claims more variables than there are.
type wide struct{ alone }

func (wide) Len() int { return MaxOptimal + 1 }
