package discrete

import (
	"math"
	"math/rand/v2"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

func TestSoftmaxIsNormalised(t *testing.T) {
	for _, shift := range []float64{-2000, 0, 2000} {
		x := []float64{shift, math.Inf(-1), shift + math.Log(3)}
		tk.Close(t, "ln Σ exp", Softmax(x), shift+math.Log(4), 1e-15)
		tk.Close(t, "first", x[0], .25, 1e-12)
		tk.Close(t, "second", x[1], 0, 0)
		tk.Close(t, "third", x[2], .75, 1e-12)
	}
	x := []float64{math.Inf(-1), math.Inf(-1)}
	if z := Softmax(x); !math.IsInf(z, -1) || !math.IsInf(x[0], -1) {
		t.Errorf("got %v and %v of zeros, want them left", z, x)
	}
	if z := Softmax(nil); !math.IsInf(z, -1) || !math.IsInf(Largest(nil), -1) {
		t.Errorf("got %v of none", z)
	}
}

func TestPicksHaveTheirProbabilities(t *testing.T) {
	r, counts := rand.New(rand.NewPCG(1, 39)), make([]int, 5)
	for range 100000 {
		counts[Pick(r, []float64{0, .5, .2, .3, 0})]++
	}
	if counts[0]+counts[4] > 0 {
		t.Errorf("got %d, want none of probability 0", counts)
	}
	tk.FitsCounts(t, "picks", counts[1:4], []float64{.5, .2, .3})
	if at := Pick(r, []float64{0, 1e-300, 0}); at != 1 {
		t.Errorf("got %d of sums that fall short of 1, want the last that is possible", at)
	}
}

// Probabilities do not change with what is added to all logarithms, and order is kept.
func TestSoftmaxKnowsNoConstant(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 39))
	for range 100 {
		x, y, c := make([]float64, 6), make([]float64, 6), 10*r.NormFloat64()
		for i := range x {
			x[i] = r.NormFloat64()
			y[i] = x[i] + c
		}
		tk.Close(t, "constant", Softmax(y)-Softmax(x), c, 1e-12)
		for i := range x {
			tk.Close(t, "probability", y[i], x[i], 1e-12)
		}
	}
}
