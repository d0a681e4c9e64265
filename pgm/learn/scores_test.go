package learn

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
)

// relabelled has its columns in another order, each with its states in another.
func relabelled(r *rand.Rand, d *Data) (e *Data, place []int) {
	e, place = &Data{}, make([]int, len(d.Vars))
	for i, v := range r.Perm(len(d.Vars)) {
		place[v] = i
		k := len(d.Vars[v].States)
		to, col := r.Perm(k), make([]int32, d.Rows())
		for row, s := range d.Cols[v] {
			col[row] = int32(to[s])
		}
		e.Vars, e.Cols = append(e.Vars, pgm.Numbered(d.Vars[v].Name, k)), append(e.Cols, col)
	}
	return e, place
}

// No score and no statistic depends on how variables and states are numbered.
func TestScoresDoNotDependOnNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(38, 38))
	for range 100 {
		n := randomNetwork(t, r, 5)
		d, err := Sample(n, 30, rng.New(r.Uint64()))
		must(t, d, err)
		e, place := relabelled(r, d)
		parents := make([][]int, 5)
		for v, ps := range n.Parents {
			for _, p := range ps {
				parents[place[v]] = append(parents[place[v]], place[p])
			}
		}
		for _, s := range Scores(3) {
			a, err := NewCounted(d, s)
			must(t, a, err)
			b, err := NewCounted(e, s)
			must(t, b, err)
			tk.Close(t, s.Name, Structure(b, parents), Structure(a, n.Parents), 1e-11)
		}
		for _, s := range []Statistic{GSquared(), ChiSquared()} {
			a, err := NewTests(d, s)
			must(t, a, err)
			b, err := NewTests(e, s)
			must(t, b, err)
			p, err := a.PValue(0, 1, []int{2, 3})
			must(t, p, err)
			q, err := b.PValue(place[0], place[1], []int{place[3], place[2]})
			tk.Close(t, s.Name, must(t, q, err), p, 1e-9)
		}
	}
}

func TestScoresAndTestsHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Scores(1) {
		if seen[s.Name] || s.Name == "" || s.Summary == "" {
			t.Errorf("got %q, %q again or empty", s.Name, s.Summary)
		}
		seen[s.Name] = true
	}
	for _, s := range []Statistic{GSquared(), ChiSquared()} {
		if got, err := StatisticNamed(s.Name); err != nil || got.Name != s.Name {
			t.Errorf("got %q, %v, want %q", got.Name, err, s.Name)
		}
	}
}

// What the rows do not hold makes no difference, however large the table: only the price of
// its cells does.
func TestEmptyConfigurationsCostTheirPriceAlone(t *testing.T) {
	d := table(t, []int{2, 2, 50, 50}, []int32{0, 1, 1, 0}, []int32{0, 1, 1, 1}, []int32{3, 3, 3, 3}, []int32{7, 7, 7, 7})
	for _, s := range []Score{BIC(), AIC(), K2()} {
		c, err := NewCounted(d, s)
		must(t, c, err)
		price := s.Price(5000, 2, 4) - s.Price(2, 2, 4)
		tk.Close(t, s.Name, c.Score(1, []int{0, 2, 3}), c.Score(1, []int{0})-price, 1e-12)
	}
}

// Every move is told of in order, and the best score is one of those told.
func TestTheSearchTellsOfItsMoves(t *testing.T) {
	_, c := sampled(t, rand.New(rand.NewPCG(39, 39)), 6, 300, BIC())
	var steps []int
	best := Structure(c, make([][]int, 6))
	got, err := Hill(t.Context(), c, HillConfig{Tabu: 4, Restarts: 2, Key: rng.New(5), Progress: func(step int, score float64) {
		steps = append(steps, step)
		best = max(best, score)
	}})
	must(t, got, err)
	tk.Close(t, "best", got.Score, best, 1e-9)
	if len(steps) == 0 || steps[len(steps)-1] > got.Moves {
		t.Errorf("got steps %v of %d moves", steps, got.Moves)
	}
	for i := range steps[1:] {
		if steps[i+1] <= steps[i] {
			t.Errorf("got steps %s, want them to rise", fmt.Sprint(steps))
		}
	}
}
