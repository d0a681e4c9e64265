package approx

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

// rounded has values of few sizes, so that many assignments are worth the same.
func rounded(g *pgm.Graph) *pgm.Graph {
	for _, f := range g.Factors {
		for i, x := range f.Log {
			f.Log[i] = math.Round(x)
		}
	}
	return g
}

func TestTheMaximumIsExactOnTreesWithTies(t *testing.T) {
	r, possible, tied := rand.New(rand.NewPCG(1, 28)), 0, 0
	for i := range 1000 {
		g := tree(t, r, true)
		if i%2 == 0 {
			rounded(g)
		}
		c := Default()
		c.Schedule = Schedule(i % 3)
		got, err := Maximum(t.Context(), g, nil, c)
		want, no := exact.Enumerate(g, nil)
		if no != nil {
			if !errors.Is(err, pgm.ErrImpossible) {
				t.Errorf("got %v, want that it is impossible", err)
			}
			continue
		}
		if possible++; err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "maximum", got.LogValue, want.LogBest, 1e-12)
		tk.Close(t, "value of the states", g.LogValue(got.States), got.LogValue, 0)
		if got.Ties > 0 {
			tied++
		} else if !slices.Equal(got.States, want.Best) {
			t.Errorf("got %d without ties, want %d", got.States, want.Best)
		}
		// messages alone do as well, before blocks look for better
		m, err := newMessages(g, nil)
		if err != nil {
			t.Fatal(err)
		}
		m.max = true
		if _, err := m.run(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "maximum by messages", g.LogValue(m.decode()), want.LogBest, 1e-12)
	}
	if possible < 500 || tied < 100 {
		t.Errorf("got %d possible, %d tied, want more", possible, tied)
	}
}

// On random models with loops the assignment is possible, no block of it is better otherwise,
// and it is the best in most.
func TestTheMaximumOnLoops(t *testing.T) {
	r, best, count := rand.New(rand.NewPCG(2, 28)), 0, 0
	for i := range 1000 {
		g := anyGraph(t, r, i%2 == 0)
		e := anyEvidence(r, g)
		want, no := exact.Enumerate(g, e)
		got, err := Maximum(t.Context(), g, e, Config{Sweeps: 200, Tolerance: 1e-8, Damping: .3})
		if no != nil {
			if !errors.Is(err, pgm.ErrImpossible) && !errors.Is(err, ErrNoAssignment) {
				t.Errorf("model %d: got %v, want that it is impossible", i, err)
			}
			continue
		}
		if err != nil && !errors.Is(err, ErrNotConverged) {
			t.Fatalf("model %d: %v", i, err)
		}
		if count++; got.LogValue >= want.LogBest-1e-9 {
			best++
		}
		if got.LogValue > want.LogBest+1e-9 {
			t.Errorf("model %d: got %v, above the best of %v", i, got.LogValue, want.LogBest)
		}
		for v, s := range e {
			if got.States[v] != s {
				t.Errorf("model %d: got state %d of %d, want what was seen", i, got.States[v], v)
			}
		}
		x := slices.Clone(got.States)
		for v, k := range g.Card() {
			if _, seen := e[v]; seen {
				continue
			}
			for x[v] = range k {
				if g.LogValue(x) > got.LogValue+2*tie {
					t.Errorf("model %d: got %d, better with %d at %d", i, got.States, x[v], v)
				}
			}
			x[v] = got.States[v]
		}
	}
	t.Logf("the best in %d of %d", best, count)
	if best < count*98/100 {
		t.Errorf("got the best in %d of %d, want nearly all", best, count)
	}
}

func TestASymmetricModelIsATie(t *testing.T) {
	g := graph(t, 3, table(t, []int{0, 1}, 1, 0, 0, 1), table(t, []int{1, 2}, 0, 1, 1, 0))
	got, err := Maximum(t.Context(), g, nil, Default())
	if err != nil {
		t.Fatal(err)
	}
	if got.Ties != 3 || got.LogValue != 2 || got.States[0] != got.States[1] || got.States[1] == got.States[2] {
		t.Errorf("got %+v, want one of the two best, all tied", got)
	}
}

func TestMaximaThatMakeNoSenseAreErrors(t *testing.T) {
	g := ising(t, 2, 2, .4, .1)
	if _, err := Maximum(t.Context(), g, nil, Config{}); err == nil {
		t.Error("got no error of no sweeps")
	}
	if _, err := Maximum(t.Context(), g, pgm.Evidence{9: 0}, Default()); err == nil {
		t.Error("got no error of evidence on no variable")
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Maximum(ctx, g, nil, Default()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was stopped", err)
	}
	// a ring of an odd number of variables that differ from their neighbours: every belief is
	// even, and only blocks that hold all of it can tell
	for n, want := range map[int]error{3: pgm.ErrImpossible, 19: ErrNoAssignment} {
		var ring []*pgm.Factor
		for v := range n {
			ring = append(ring, table(t, []int{v, (v + 1) % n}, math.MinInt, 0, 0, math.MinInt))
		}
		if _, err := Maximum(t.Context(), graph(t, n, ring...), nil, Default()); !errors.Is(err, want) {
			t.Errorf("got %v of an impossible ring of %d, want %v", err, n, want)
		}
	}
}
