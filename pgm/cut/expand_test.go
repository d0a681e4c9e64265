package cut

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm"
	"github.com/elbo-go/elbo/pgm/exact"
)

// potts has n variables of k states, fields, and couplings J ≥ 0 of equal states. All ln φ
// are at most 0, so that energies are not negative.
func potts(t testing.TB, r *rand.Rand, n, k int) *pgm.Graph {
	t.Helper()
	card := make([]int, n)
	var factors []*pgm.Factor
	for v := range card {
		card[v] = k
		log := make([]float64, k)
		for s := range log {
			log[s] = -2 * r.Float64()
		}
		factors = append(factors, table(t, []int{v}, []int{k}, log...))
		for u := range v {
			if r.IntN(2) == 0 {
				continue
			}
			log, j := make([]float64, k*k), r.ExpFloat64()
			for i := range log {
				if i/k != i%k {
					log[i] = -j
				}
			}
			factors = append(factors, table(t, []int{u, v}, []int{k, k}, log...))
		}
	}
	return graph(t, card, factors...)
}

// No expansion is better than the one found, by going through all of them, and the energy is
// within twice the least; nearly always it is the least.
func TestNoExpansionIsBetterThanTheLast(t *testing.T) {
	r, best := rand.New(rand.NewPCG(1, 32)), 0
	for range 1000 {
		g := potts(t, r, 1+r.IntN(6), 2+r.IntN(3))
		e := pgm.Evidence{}
		if r.IntN(3) == 0 {
			e[r.IntN(len(g.Vars))] = 1
		}
		got, err := Expand(t.Context(), g, e)
		if err != nil {
			t.Fatal(err)
		}
		want, err := exact.Enumerate(g, e)
		if err != nil {
			t.Fatal(err)
		}
		if got.LogValue < 2*want.LogBest || got.LogValue > want.LogBest+1e-12 {
			t.Errorf("got %v, want between %v and twice that", got.LogValue, want.LogBest)
		}
		if got.LogValue > want.LogBest-1e-9 {
			best++
		}
		tk.Close(t, "value of the states", g.LogValue(got.States), got.LogValue, 0)
		x := make([]int, len(g.Vars))
		for alpha := range g.Vars[0].States {
			for set := range 1 << len(x) {
				for v := range x {
					if x[v] = got.States[v]; set>>v&1 == 1 {
						if _, seen := e[v]; !seen {
							x[v] = alpha
						}
					}
				}
				if g.LogValue(x) > got.LogValue+1e-9 {
					t.Errorf("got %d, better %d by %d", got.States, x, alpha)
				}
			}
		}
	}
	t.Logf("the best in %d of 1000", best)
	if best < 950 {
		t.Errorf("got the best in %d of 1000, want nearly all", best)
	}
}

// With two states one cut says all.
func TestExpansionsOfTwoStatesAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 32))
	for range 300 {
		g := potts(t, r, 2+r.IntN(7), 2)
		a, err := Solve(t.Context(), g, nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Expand(t.Context(), g, nil)
		if err != nil {
			t.Fatal(err)
		}
		tk.Close(t, "maximum", b.LogValue, a.LogValue, 1e-12)
	}
}

func TestModelsThatAreNotMetricAreRefused(t *testing.T) {
	// x² is no metric: from 0 over 1 to 2 is nearer than at once
	square := []float64{0, -1, -4, -1, 0, -1, -4, -1, 0}
	g := graph(t, []int{3, 3}, table(t, []int{0, 1}, []int{3, 3}, square...), table(t, []int{0}, []int{3}, 0, -9, -9), table(t, []int{1}, []int{3}, -9, -9, 0))
	var not *NotSubmodular
	if _, err := Expand(t.Context(), g, nil); !errors.As(err, &not) || not.Gap != 2 || not.States[0] != [2]string{"0", "1"} || not.States[1] != [2]string{"2", "1"} {
		t.Errorf("got %v, want the states at fault", err)
	}
	for want, g := range map[string]*pgm.Graph{
		"value of 0":  graph(t, []int{3}, table(t, []int{0}, []int{3}, 0, 0, math.Inf(-1))),
		"want 2":      graph(t, []int{2, 3}),
		"3 variables": graph(t, twos(3), table(t, []int{0, 1, 2}, twos(3), make([]float64, 8)...)),
	} {
		if _, err := Expand(t.Context(), g, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	if _, err := Expand(t.Context(), g, pgm.Evidence{3: 0}); err == nil {
		t.Error("got no error of evidence on no variable")
	}
	if b, err := Expand(t.Context(), graph(t, []int{2, 3}), pgm.Evidence{0: 1}); err != nil || b.States[0] != 1 {
		t.Errorf("got %v and %v of what evidence makes alike", b, err)
	}
}
