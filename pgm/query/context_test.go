package query

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

// What does not look at its context is left alone once that ends; its own answer and error come through.
func TestWhatTakesNoContextIsLeftWhenItEnds(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	release := make(chan struct{})
	defer close(release)
	time.AfterFunc(time.Millisecond, end)
	if got, err := within(ctx, func() (int, error) { <-release; return 1, nil }); got != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("got %d, %v, want the end of the context", got, err)
	}
	broken := errors.New("broken")
	if got, err := within(t.Context(), func() (int, error) { return 7, broken }); got != 7 || !errors.Is(err, broken) {
		t.Errorf("got %d, %v, want what the function returned", got, err)
	}
}

// Mean field has no bound where a factor is 0, and says which; belief propagation does not mind.
func TestATableWithAZeroIsNotForMeanField(t *testing.T) {
	vars := []pgm.Variable{pgm.Numbered("a", 2), pgm.Numbered("b", 2)}
	n, err := pgm.NewNetwork(vars, [][]int{nil, {0}}, [][]float64{{.5, .5}, {1, 0, .2, .8}})
	if err != nil {
		t.Fatal(err)
	}
	p := problem(t, n, nil, nil)
	for name, refuses := range map[string]bool{"mf": true, "bp": false, "trw": false, "jt": false, "ve": false} {
		m, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		a, err := m.Marginals(t.Context(), p, p.Free(), Config{})
		if refuses != (err != nil) {
			t.Errorf("%s: got %v", name, err)
		}
		if err == nil {
			tk.Close(t, name, a.Marginals[1][1], .4, 1e-12)
		}
	}
}

// Elimination tells of the dearest of its targets; each alone is no dearer.
func TestTheCostOfEliminationIsThatOfItsDearestTarget(t *testing.T) {
	p := problem(t, random(t, rand.New(rand.NewPCG(7, 1)), 8), nil, nil)
	m, err := Lookup("ve")
	if err != nil {
		t.Fatal(err)
	}
	a, err := m.Marginals(t.Context(), p, p.Free(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	most := 0.
	for _, v := range p.Free() {
		r, err := exact.Eliminate(p.Graph, p.Evidence, []int{v}, exact.Config{})
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, r.Plan.Cells)
	}
	if a.Plan == nil || a.Plan.Cells != most {
		t.Errorf("got %+v, want %g cells", a.Plan, most)
	}
}
