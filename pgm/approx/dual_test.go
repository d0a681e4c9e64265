package approx

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

// Random models: the bound never rises, no assignment exceeds it, and where the one found
// reaches it, it is the best.
func TestTheDualIsAboveEveryAssignment(t *testing.T) {
	r, proved, best := rand.New(rand.NewPCG(1, 38)), 0, 0
	for i := range 1000 {
		g := anyGraph(t, r, false)
		if i%2 == 0 {
			g = pairs(t, r, 1)
		}
		e := anyEvidence(r, g)
		want, err := exact.Enumerate(g, e)
		if err != nil {
			t.Fatal(err)
		}
		c, last := Config{Sweeps: 3000, Tolerance: 1e-11}, math.Inf(1)
		c.Progress = func(r Record) {
			if r.Bound > last+1e-11*math.Abs(last) {
				t.Errorf("model %d, sweep %d: got a bound of %v after %v", i, r.Sweep, r.Bound, last)
			}
			last = r.Bound
		}
		got, err := Dual(t.Context(), g, e, c)
		if err != nil && !errors.Is(err, ErrNotConverged) {
			t.Fatal(err)
		}
		if got.Bound < want.LogBest-1e-9 || got.LogValue > want.LogBest+1e-9 {
			t.Errorf("model %d: got %v below %v, want %v between them", i, got.LogValue, got.Bound, want.LogBest)
		}
		tk.Close(t, "value of the states", g.LogValue(got.States), got.LogValue, 0)
		if got.LogValue > want.LogBest-1e-9 {
			best++
		}
		if got.LogValue > got.Bound-1e-6 {
			proved++
		}
	}
	t.Logf("the best in %d of 1000, proved in %d", best, proved)
	if best < 950 || proved < 600 {
		t.Errorf("got the best in %d of 1000, proved in %d, want nearly all and most", best, proved)
	}
}

// The relaxation of a tree is tight: the bound comes down to the maximum.
func TestTheDualIsTightOnTrees(t *testing.T) {
	r, tight := rand.New(rand.NewPCG(2, 38)), 0
	for range 300 {
		g := tree(t, r, false)
		want, err := exact.Enumerate(g, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Dual(t.Context(), g, nil, Config{Sweeps: 20000, Tolerance: 1e-12})
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "maximum", got.LogValue, want.LogBest, 1e-12)
		if got.Bound < want.LogBest+1e-4 {
			tight++
		}
	}
	if tight < 290 {
		t.Errorf("got %d of 300 tight, want nearly all", tight)
	}
}

// Three spins that would all differ: the relaxation gives each edge its maximum, at means of ½.
func TestAFrustratedRingHasAGap(t *testing.T) {
	var ring []*pgm.Factor
	for v := range 3 {
		ring = append(ring, table(t, []int{v, (v + 1) % 3}, -1, 1, 1, -1))
	}
	got, err := Dual(t.Context(), graph(t, 3, ring...), nil, Config{Sweeps: 100, Tolerance: 1e-12})
	if err != nil {
		t.Fatal(err)
	}
	tk.Close(t, "bound", got.Bound, 3, 1e-12)
	tk.Close(t, "value", got.LogValue, 1, 1e-12)
	if got.Ties != 3 {
		t.Errorf("got %d ties, want all three", got.Ties)
	}
}

func TestDualsThatMakeNoSenseAreErrors(t *testing.T) {
	g := ising(t, 2, 2, .4, .1)
	if _, err := Dual(t.Context(), g, nil, Config{}); err == nil {
		t.Error("got no error of no sweeps")
	}
	if _, err := Dual(t.Context(), g, pgm.Evidence{9: 0}, Default()); err == nil {
		t.Error("got no error of evidence on no variable")
	}
	if _, err := Dual(t.Context(), graph(t, 1, table(t, []int{0}, 0, math.MinInt)), nil, Default()); err == nil || !strings.Contains(err.Error(), "value of 0") {
		t.Errorf("got %v of a zero", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Dual(ctx, g, nil, Default()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was stopped", err)
	}
	found, err := Maximum(t.Context(), g, nil, Default())
	if err != nil || !math.IsInf(found.Bound, 1) {
		t.Errorf("got a bound of %v by max-product, and %v", found.Bound, err)
	}
}
