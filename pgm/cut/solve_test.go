package cut

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

func table(t testing.TB, vars, card []int, log ...float64) *pgm.Factor {
	t.Helper()
	f, err := pgm.NewFactor(vars, card, make([]float64, len(log)))
	if err != nil {
		t.Fatal(err)
	}
	copy(f.Log, log)
	return f
}

func graph(t testing.TB, card []int, factors ...*pgm.Factor) *pgm.Graph {
	t.Helper()
	vars := make([]pgm.Variable, len(card))
	for v, k := range card {
		vars[v] = pgm.Numbered(fmt.Sprint("x", v), k)
	}
	g, err := pgm.NewGraph(vars, factors)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func twos(n int) []int {
	card := make([]int, n)
	for v := range card {
		card[v] = 2
	}
	return card
}

// submodular has up to 9 variables of two states, or at times one. Where zeros are wanted, some
// values that zeros leave submodular are 0.
func submodular(t testing.TB, r *rand.Rand, zeros bool) *pgm.Graph {
	t.Helper()
	card := twos(1 + r.IntN(9))
	for v := range card {
		if r.IntN(12) == 0 {
			card[v] = 1
		}
	}
	var factors []*pgm.Factor
	for v, k := range card {
		log := make([]float64, k)
		for s := range log {
			if log[s] = r.NormFloat64(); zeros && r.IntN(12) == 0 {
				log[s] = math.Inf(-1)
			}
		}
		factors = append(factors, table(t, []int{v}, []int{k}, log...))
		for u := range v {
			if r.IntN(2) == 0 || card[u]*card[v] < 4 {
				continue
			}
			log := []float64{r.NormFloat64(), r.NormFloat64(), r.NormFloat64(), r.NormFloat64()}
			if gap := log[1] + log[2] - log[0] - log[3]; gap > 0 {
				log[r.IntN(2)*3] += gap + math.Max(0, r.NormFloat64())
			}
			if zeros {
				for _, i := range [][]int{{}, {}, {}, {1}, {2}, {1, 2}, {0, 1}, {2, 3}, {1, 3}, {0, 1, 2}, {1, 2, 3}}[r.IntN(11):][:1] {
					for _, k := range i {
						log[k] = math.Inf(-1)
					}
				}
			}
			factors = append(factors, table(t, []int{u, v}, []int{2, 2}, log...))
		}
	}
	return graph(t, card, factors...)
}

func TestACutIsTheBestOfRandomModels(t *testing.T) {
	r, impossible := rand.New(rand.NewPCG(1, 31)), 0
	for i := range 2000 {
		g := submodular(t, r, i%2 == 0)
		e := pgm.Evidence{}
		for _, v := range r.Perm(len(g.Vars))[:r.IntN(2)] {
			e[v] = r.IntN(len(g.Vars[v].States))
		}
		got, err := Solve(t.Context(), g, e)
		want, no := exact.Enumerate(g, e)
		if no != nil {
			if impossible++; !errors.Is(err, pgm.ErrImpossible) {
				t.Errorf("model %d: got %v, want that it is impossible", i, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("model %d: %v", i, err)
		}
		tk.Close(t, "maximum", got.LogValue, want.LogBest, 1e-12)
		for v, s := range e {
			if got.States[v] != s {
				t.Errorf("model %d: got state %d of what was seen as %d", i, got.States[v], s)
			}
		}
	}
	t.Logf("%d of 2000 impossible", impossible)
	if impossible > 800 {
		t.Errorf("got %d impossible of 2000, want few", impossible)
	}
}

func TestModelsThatAreNotSubmodularAreRefusedByTheirEdge(t *testing.T) {
	g := graph(t, twos(3), table(t, []int{0, 1}, []int{2, 2}, 1, 0, 0, 1), table(t, []int{2, 1}, []int{2, 2}, 0, .25, .5, 0))
	_, err := Solve(t.Context(), g, nil)
	var not *NotSubmodular
	if !errors.As(err, &not) || not.Names != [2]string{"x2", "x1"} || math.Abs(not.Gap-.75) > 1e-15 {
		t.Fatalf("got %v, want the edge of x2 and x1", err)
	}
	if !strings.Contains(err.Error(), "x2 and x1") || !strings.Contains(err.Error(), "0.75") {
		t.Errorf("got %q, want what is at fault", err)
	}
	if b, err := Solve(t.Context(), g, pgm.Evidence{2: 0}); err != nil || b.States[1] != 1 || b.States[0] != 1 {
		t.Errorf("got %v and %v, want evidence to take the edge away", b, err)
	}
	zero := graph(t, twos(2), table(t, []int{0, 1}, []int{2, 2}, math.Inf(-1), 0, 0, 0))
	if _, err := Solve(t.Context(), zero, nil); !errors.As(err, &not) || !math.IsInf(not.Gap, 1) {
		t.Errorf("got %v of a zero for alike states", err)
	}
}

// Sums that rounding takes below 0 are those of submodular factors still.
func TestRoundingIsNoReasonToRefuse(t *testing.T) {
	g := graph(t, twos(2), table(t, []int{0, 1}, []int{2, 2}, .1+.2, .3, 1e3, 1e3-1e-13), table(t, []int{0}, []int{2}, 2000, 0))
	b, err := Solve(t.Context(), g, nil)
	if err != nil || b.States[0] != 0 {
		t.Errorf("got %v and %v", b, err)
	}
}

func TestCutsThatMakeNoSenseAreErrors(t *testing.T) {
	for want, g := range map[string]*pgm.Graph{
		"at most 2":      graph(t, []int{3}, table(t, []int{0}, []int{3}, 0, 0, 0)),
		"3 variables":    graph(t, twos(3), table(t, []int{0, 1, 2}, twos(3), make([]float64, 8)...)),
		"probability 0,": graph(t, twos(1), table(t, []int{0}, twos(1), math.Inf(-1), math.Inf(-1))),
	} {
		if _, err := Solve(t.Context(), g, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	if _, err := Solve(t.Context(), graph(t, twos(1)), pgm.Evidence{3: 0}); err == nil {
		t.Error("got no error of evidence on no variable")
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	g := graph(t, twos(1), table(t, []int{0}, twos(1), 0, 1))
	if _, err := Solve(ctx, g, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was stopped", err)
	}
	if _, err := Expand(ctx, g, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v of moves, want that they were stopped", err)
	}
}
