package gauss

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
)

// localLevel is x₁ ~ N(0, 10), x_t ~ N(x_t−1, 1), y_t ~ N(x_t, 1): states first, then what is seen.
func localLevel(t testing.TB, steps int) *Network {
	t.Helper()
	names, parents, weights := make([]string, 2*steps), make([][]int, 2*steps), make([][]float64, 2*steps)
	variance := make([]float64, 2*steps)
	for i := range steps {
		names[i], names[steps+i] = fmt.Sprint("x", i), fmt.Sprint("y", i)
		variance[i], variance[steps+i] = 1, 1
		if i > 0 {
			parents[i], weights[i] = []int{i - 1}, []float64{1}
		}
		parents[steps+i], weights[steps+i] = []int{i}, []float64{1}
	}
	variance[0] = 10
	n, err := NewNetwork(names, parents, make([]float64, 2*steps), weights, variance)
	return must(t, n, err)
}

// The specification's local level: y = 1, 2, 3, 2, 1.
func TestTheLocalLevelIsThatOfTheKalmanSmoother(t *testing.T) {
	n := localLevel(t, 5)
	seen := map[int]float64{5: 1, 6: 2, 7: 3, 8: 2, 9: 1}
	want := []float64{1.369863, 1.876712, 2.260274, 1.904110, 1.452055}
	g, err := n.Joint()
	must(t, g, err)
	c, err := g.Condition(seen)
	must(t, c, err)
	tk.Close(t, "ln p(y)", c.LogEvidence, -8.697451, 5e-7/8.7)
	f, err := n.Field()
	must(t, f, err)
	given, vars, err := f.Given(seen)
	must(t, given, err)
	b, err := given.Propagate(t.Context(), BeliefConfig{})
	must(t, b, err)
	for i, w := range want {
		tk.Close(t, "smoothed mean", c.Mean[i], w, 5e-7)
		tk.Close(t, "by messages", b.Mean[i], c.Mean[i], 1e-12)
		tk.Close(t, "variance by messages", b.Variance[i], c.Cov.At(i, i), 1e-12)
		if vars[i] != i {
			t.Errorf("got variable %d at %d", vars[i], i)
		}
	}
	filtered := []float64{.909091, 1.625, 2.482353, 2.183857, 1.452055}
	for i, w := range filtered {
		upto := map[int]float64{}
		for k := range i + 1 {
			upto[5+k] = seen[5+k]
		}
		c, err := g.Condition(upto)
		must(t, c, err)
		tk.Close(t, "filtered mean", c.Mean[i], w, 5e-7)
	}
}

// Two variables are neighbours in J where one is a parent of the other or both are of a third.
func TestNeighboursAreTheMoralGraph(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 17))
	for range 100 {
		n := randomNetwork(t, r, 2+r.IntN(5))
		f, err := n.Field()
		must(t, f, err)
		want := map[[2]int]bool{}
		for i, ps := range n.Parents {
			scope := append([]int{i}, ps...)
			for k, u := range scope {
				for _, v := range scope[:k] {
					want[[2]int{min(u, v), max(u, v)}] = true
				}
			}
		}
		if len(f.Edges) != len(want) {
			t.Errorf("got %d edges, want %d", len(f.Edges), len(want))
		}
		for _, e := range f.Edges {
			if !want[[2]int{e.I, e.J}] {
				t.Errorf("got an edge of %d and %d", e.I, e.J)
			}
		}
		s, z, err := f.Solve()
		must(t, s, err)
		g, err := n.Joint()
		must(t, g, err)
		for i := range g.Mean {
			tk.Close(t, "mean", s.Mean[i], g.Mean[i], 1e-7)
			for j := range g.Mean {
				tk.Close(t, "covariance", s.Cov.At(i, j), g.Cov.At(i, j), 1e-7)
			}
		}
		// Z is of exp(−½ xᵀJx + hᵀx), the density but for its factors without x.
		cols := make([][]float64, len(g.Mean))
		for i := range cols {
			cols[i] = []float64{0}
		}
		l, err := n.LogLikelihood(cols)
		tk.Close(t, "ln Z", z, -must(t, l, err), 1e-7)
	}
}

// Of 20,000 states of simulated series 95 % lie within 1.96 of their deviations, but for 5
// standard errors of as many independent ones.
func TestLongSeriesAreSmoothed(t *testing.T) {
	const steps = 20000
	n := localLevel(t, 50)
	cols, err := n.Sample(steps/50, rng.New(3))
	must(t, cols, err)
	f, err := n.Field()
	must(t, f, err)
	within := 0
	for r := range steps / 50 {
		seen := map[int]float64{}
		for i := range 50 {
			seen[50+i] = cols[50+i][r]
		}
		given, vars, err := f.Given(seen)
		must(t, given, err)
		b, err := given.Propagate(t.Context(), BeliefConfig{})
		must(t, b, err)
		for i, v := range vars {
			if d := cols[v][r] - b.Mean[i]; d*d <= 1.96*1.96*b.Variance[i] {
				within++
			}
		}
	}
	tk.Close(t, "share within", float64(within)/steps, .95, 5*.22/14/10)
}

func ExampleNormal_Condition() {
	n, err := NewNetwork([]string{"level", "reading"}, [][]int{nil, {0}}, []float64{20, 0}, [][]float64{nil, {1}}, []float64{4, 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	joint, err := n.Joint()
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := joint.Condition(map[int]float64{1: 25})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("mean %.1f, variance %.1f\n", c.Mean[0], c.Cov.At(0, 0))
	// Output: mean 24.0, variance 0.8
}
