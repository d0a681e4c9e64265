package gauss

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/pgm/learn"
)

func sampled(t testing.TB, n *Network, rows int, seed uint64) ([][]float64, *Moments) {
	t.Helper()
	cols, err := n.Sample(rows, rng.New(seed))
	must(t, cols, err)
	m, err := NewMoments(n.Names, cols)
	return cols, must(t, m, err)
}

// The line through (0, 1), (1, 3), (2, 4): slope 1.5, intercept 7/6, squares left over 1/6.
func TestALineByHand(t *testing.T) {
	m, err := NewMoments([]string{"x", "y"}, [][]float64{{0, 1, 2}, {1, 3, 4}})
	must(t, m, err)
	n, err := m.Fit([][]int{nil, {0}}, 0)
	must(t, n, err)
	tk.Close(t, "mean of x", n.Intercept[0], 1, 1e-15)
	tk.Close(t, "variance of x", n.Variance[0], 2./3, 1e-15)
	tk.Close(t, "slope", n.Weights[1][0], 1.5, 1e-14)
	tk.Close(t, "intercept", n.Intercept[1], 7./6, 1e-14)
	tk.Close(t, "variance", n.Variance[1], 1./18, 1e-13)
	ridge, err := m.Fit([][]int{nil, {0}}, 1./3) // slope cov / (var + λ) = 1
	must(t, ridge, err)
	tk.Close(t, "slope with a ridge", ridge.Weights[1][0], 1, 1e-14)
	tk.Close(t, "squares with a ridge", ridge.Variance[1], (4./9+1./9+1./9)/3, 1e-13)
}

// No network of the structure has a larger likelihood, and the score is it less its price.
func TestFitIsTheMaximum(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 14))
	for range 200 {
		truth := randomNetwork(t, r, 5)
		cols, m := sampled(t, truth, 50, r.Uint64())
		n, err := m.Fit(truth.Parents, 0)
		must(t, n, err)
		top, err := n.LogLikelihood(cols)
		must(t, top, err)
		free := 0.
		for _, ps := range n.Parents {
			free += float64(len(ps) + 2)
		}
		tk.Close(t, "BIC", learn.Structure(m, n.Parents), top-free/2*math.Log(50), 1e-9)
		for range 5 {
			i := r.IntN(5)
			o := *n
			o.Intercept, o.Variance = slices.Clone(n.Intercept), slices.Clone(n.Variance)
			o.Intercept[i] += .01 * r.NormFloat64()
			o.Variance[i] *= math.Exp(.01 * r.NormFloat64())
			if len(n.Parents[i]) > 0 {
				o.Weights = slices.Clone(n.Weights)
				o.Weights[i] = slices.Clone(n.Weights[i])
				o.Weights[i][0] += .01 * r.NormFloat64()
			}
			if l, err := o.LogLikelihood(cols); must(t, l, err) > top {
				t.Errorf("nearby: got %g, want at most %g", l, top)
			}
		}
	}
}

func TestNetworksComeBackFromSamples(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 15))
	for range 5 {
		truth := randomNetwork(t, r, 6)
		_, m := sampled(t, truth, 100000, r.Uint64())
		n, err := m.Fit(truth.Parents, 0)
		must(t, n, err)
		for i := range truth.Names {
			tk.Close(t, "variance", n.Variance[i]/truth.Variance[i], 1, 5*math.Sqrt(2./1e5))
			for k, w := range truth.Weights[i] {
				// Each parent keeps at least its own noise: a standard error of at most √(v / (N v_p)).
				tk.Close(t, "weight", n.Weights[i][k], w, 5*math.Sqrt(truth.Variance[i]/truth.Variance[truth.Parents[i][k]]/1e5))
			}
		}
	}
}

// Fisher's test is that of the regression: r² is the share of squares that y adds to x.
func TestPartialCorrelationsAreThoseOfRegression(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 16))
	for range 100 {
		_, m := sampled(t, randomNetwork(t, r, 5), 60, r.Uint64())
		order := r.Perm(5)
		given := order[2 : 2+r.IntN(4)]
		_, less, err := m.regress(order[0], given, 0)
		must(t, less, err)
		_, more, err := m.regress(order[0], append(slices.Clone(given), order[1]), 0)
		must(t, more, err)
		want := 2 * distuv.UnitNormal.Survival(math.Sqrt(float64(60-len(given)-3))*math.Atanh(math.Sqrt(max(1-more/less, 0))))
		p, err := m.PValue(order[0], order[1], given)
		tk.Close(t, "p", must(t, p, err), want, 1e-6)
	}
}

// The share of p-values below .05 among 2,000 independent pairs, within 5 standard errors.
func TestPValuesAreUniformUnderIndependence(t *testing.T) {
	n, err := NewNetwork([]string{"z", "x", "y"}, [][]int{nil, {0}, {0}}, []float64{0, 1, 2}, [][]float64{nil, {2}, {-1}}, []float64{1, 1, 1})
	must(t, n, err)
	below := 0
	for seed := range uint64(2000) {
		_, m := sampled(t, n, 50, seed)
		p, err := m.PValue(1, 2, []int{0})
		if must(t, p, err); p < .05 {
			below++
		}
	}
	tk.Close(t, "share", float64(below)/2000, .05, 5*math.Sqrt(.05*.95/2000))
}

// The searches of package learn take Gaussian scores and tests as they take counts.
func TestStructuresOfGaussiansAreLearnt(t *testing.T) {
	names := []string{"a", "b", "c", "d", "e"}
	parents := [][]int{nil, nil, {0, 1}, {2}, {2}}
	n, err := NewNetwork(names, parents, make([]float64, 5), [][]float64{nil, nil, {1, -1}, {.8}, {1.2}}, []float64{1, 1, 1, 1, 1})
	must(t, n, err)
	truth := learn.PatternOf(parents)
	for seed := range uint64(10) {
		_, m := sampled(t, n, 5000, seed)
		hill, err := learn.Hill(t.Context(), m, learn.HillConfig{Tabu: 5, Restarts: 3, Key: rng.New(seed)})
		must(t, hill, err)
		if d := learn.PatternOf(hill.Parents).Distance(truth); d != 0 {
			t.Errorf("seed %d: the search: got distance %d, want 0", seed, d)
		}
		best, err := learn.Optimal(m)
		must(t, best, err)
		tk.Close(t, "score", hill.Score, best.Score, 1e-9)
		pc, err := learn.PC(t.Context(), m, learn.PCConfig{Level: 1e-4})
		must(t, pc, err)
		if d := pc.Pattern.Distance(truth); d != 0 {
			t.Errorf("seed %d: tests: got distance %d, want 0", seed, d)
		}
	}
}

func TestCopiesNeedARidge(t *testing.T) {
	m, err := NewMoments([]string{"x", "copy", "y", "one"}, [][]float64{{0, 1, 2, 4}, {0, 1, 2, 4}, {1, 3, 4, 9}, {1, 1, 1, 1}})
	must(t, m, err)
	parents := [][]int{nil, nil, {0, 1}, nil}
	if _, err := m.Fit(parents, 0); !errors.Is(err, ErrSingular) {
		t.Errorf("got %v, want %v", err, ErrSingular)
	}
	n, err := m.Fit(parents, 1e-6)
	must(t, n, err)
	tk.Close(t, "shared weights", n.Weights[2][0], n.Weights[2][1], 1e-9)
	for _, x := range [][]int{{0, 1}, nil} {
		if s := m.Score(3, x); !math.IsInf(s, -1) {
			t.Errorf("score of a constant: got %g, want −∞", s)
		}
	}
	if s := m.Score(1, []int{0}); !math.IsInf(s, -1) {
		t.Errorf("score of a copy: got %g, want −∞", s)
	}
	if p, err := m.PValue(0, 3, nil); p != 1 || err != nil {
		t.Errorf("test of a constant: got %g, %v, want 1", p, err)
	}
	if p, err := m.PValue(0, 2, []int{1}); p != 1 || err != nil {
		t.Errorf("test with too few rows: got %g, %v, want 1", p, err)
	}
	for _, ridge := range []float64{-1, math.NaN(), math.Inf(1)} {
		_, err := m.Fit(parents, ridge)
		fails(t, err, "fit: got ridge")
	}
	_, err = m.Fit(parents[:2], 0)
	fails(t, err, "2 lists of parents")
	_, err = m.Fit([][]int{{1}, {0}, nil, nil}, 0)
	fails(t, err, "cycles")
}
