package learn

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/elbo-go/elbo/internal/catalog"
	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// settings are those that the program begins with.
func settings() SearchConfig {
	return SearchConfig{Score: BDeu(1), Statistic: GSquared(), Hill: HillConfig{Tabu: 10, Restarts: 3, Key: rng.New(1)}}
}

func TestEverySearchIsFoundByItsNameAndListed(t *testing.T) {
	for _, name := range SearchNames() {
		s, err := SearchNamed(name)
		if err != nil || s.Name != name || s.Find == nil {
			t.Errorf("%s: got %+v, %v", name, s, err)
		}
		if e, ok := catalog.Lookup(catalog.Graphical, "learn/"+name); !ok || e.Summary != s.Summary || e.Paper != s.Paper {
			t.Errorf("%s: got %+v in the catalogue", name, e)
		}
	}
	_, err := SearchNamed("hcc")
	fails(t, err, `got "hcc", want one of hc, optimal, pc, pc+hc`)
}

// Every search ends in an acyclic graph whose score is the one told, none above the optimum.
func TestEverySearchTellsTheScoreOfItsStructure(t *testing.T) {
	r := rand.New(rand.NewPCG(40, 40))
	for range 30 {
		n := randomNetwork(t, r, 2+r.IntN(4))
		d, err := Sample(n, 20+r.IntN(300), rng.New(r.Uint64()))
		must(t, d, err)
		c := settings()
		c.Score = Scores(1)[r.IntN(4)]
		f, err := NewCounted(d, c.Score)
		must(t, f, err)
		best, err := Optimal(f)
		must(t, best, err)
		for _, s := range Searches() {
			got, err := s.Find(t.Context(), d, c)
			must(t, got, err)
			if err := acyclic(len(n.Vars), got.Parents); err != nil {
				t.Errorf("%s: %v", s.Name, err)
			}
			tk.Close(t, s.Name, got.Score, Structure(f, got.Parents), 1e-9)
			if got.Score > best.Score+1e-6 {
				t.Errorf("%s: got score %g, above the best, %g", s.Name, got.Score, best.Score)
			}
		}
	}
}

func TestSearchesAreTheSameAgain(t *testing.T) {
	n := randomNetwork(t, rand.New(rand.NewPCG(41, 41)), 7)
	d, err := Sample(n, 500, rng.New(2))
	must(t, d, err)
	for _, s := range Searches() {
		a, err := s.Find(t.Context(), d, settings())
		must(t, a, err)
		b, err := s.Find(t.Context(), d, settings())
		if must(t, b, err); fmt.Sprint(*a) != fmt.Sprint(*b) {
			t.Errorf("%s: got %v and %v", s.Name, *a, *b)
		}
	}
}

// A climb from the tests' structure keeps to the most parents, though the tests do not.
func TestAClimbFromTestsKeepsToTheMostParents(t *testing.T) {
	n := randomNetwork(t, rand.New(rand.NewPCG(42, 42)), 7)
	d, err := Sample(n, 3000, rng.New(2))
	must(t, d, err)
	c := settings()
	c.Hill.MaxParents = 1
	for _, name := range []string{"hc", "pc+hc"} {
		s, err := SearchNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Find(t.Context(), d, c)
		must(t, got, err)
		for v, ps := range got.Parents {
			if len(ps) > 1 {
				t.Errorf("%s: parents of %d: got %v, want at most one", name, v, ps)
			}
		}
	}
}

func TestSearchesStopAndRefuse(t *testing.T) {
	n := randomNetwork(t, rand.New(rand.NewPCG(43, 43)), 4)
	d, err := Sample(n, 50, rng.New(2))
	must(t, d, err)
	holes := d.pick([]int{0, 1, 2}, nil)
	holes.Cols[1][1] = Missing
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, s := range Searches() {
		if _, err := s.Find(t.Context(), holes, settings()); !errors.Is(err, ErrMissing) {
			t.Errorf("%s: got %v, want %v", s.Name, err, ErrMissing)
		}
		if _, err := s.Find(ctx, d, settings()); s.Name != "optimal" && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want %v", s.Name, err, context.Canceled)
		}
	}
}

// Tests that contradict each other are told of: four variables in a ring, each independent of
// the one across given both neighbours, have no structure of that pattern.
func TestContradictionsAreTold(t *testing.T) {
	p := newPattern(4)
	for v := range 4 {
		w := (v + 1) % 4
		p.Edge[v][w], p.Edge[w][v] = true, true
	}
	got, err := PC(t.Context(), ring{}, PCConfig{})
	must(t, got, err)
	lacking, extra := got.Pattern.Skeleton(p)
	if err := acyclic(4, got.Parents); got.Consistent || err != nil || lacking+extra > 0 {
		t.Errorf("got %+v, %v, %d lacking, %d extra, want a contradiction and the ring's edges", got, err, lacking, extra)
	}
}

// ring is a Markov network of four variables, of which those across are separated by both others.
type ring struct{}

func (ring) Len() int { return 4 }
func (ring) PValue(x, y int, given []int) (float64, error) {
	if (x+y)%2 == 0 && len(given) == 2 {
		return 1, nil
	}
	return 0, nil
}
