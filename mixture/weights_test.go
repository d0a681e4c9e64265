package mixture

import (
	"math"
	"slices"
	"testing"

	tk "github.com/elbo-go/elbo/internal/testkit"
)

// permutations calls f with each order of 0 … n−1.
func permutations(n int, f func(at []int)) {
	var rec func(at, left []int)
	rec = func(at, left []int) {
		if len(left) == 0 {
			f(at)
		}
		for i, k := range left {
			rec(append(slices.Clone(at), k), slices.Delete(slices.Clone(left), i, i+1))
		}
	}
	var all []int
	for k := range n {
		all = append(all, k)
	}
	rec(nil, all)
}

// stickEvidence is the sum of ln ∫ ∏ π_k^N_k over sticks in the given order.
func stickEvidence(count []float64, at []int, alpha float64) (l float64) {
	for i, k := range at[:len(at)-1] {
		rest := 0.
		for _, j := range at[i+1:] {
			rest += count[j]
		}
		l += lgamma(1+count[k]) + lgamma(alpha+rest) - lgamma(1+count[k]+alpha+rest)
	}
	return l
}

func TestSticksAreInTheBestOfAllOrders(t *testing.T) {
	for _, alpha := range []float64{.01, .5, 1, 2, 10, 200} {
		for _, count := range [][]float64{{3}, {1, 2}, {5, 1, 3}, {0, 0, 7, 2}, {10, 40, 3, 20, .5}, {2, 2, 2, 2, 1}} {
			best := math.Inf(-1)
			permutations(len(count), func(at []int) { best = max(best, stickEvidence(count, at, alpha)) })
			tk.Close(t, "bound", stickEvidence(count, stickOrder(count, alpha), alpha), best, 1e-12)
		}
	}
}

func TestExpectedWeightsAgreeWithQuadrature(t *testing.T) {
	// Two components: π₁ ~ Beta(a, b) of both kinds.
	for _, kind := range []Weights{Dirichlet, Sticks} {
		w := newWeights(&prior{k: 2, alpha: 1.5, weights: kind})
		w.update([]float64{3, 2.5})
		a, b := w.a[0], w.b[0]
		if kind == Dirichlet {
			b = w.a[1]
		}
		density := func(p float64) float64 {
			return math.Exp(lgamma(a+b) - lgamma(a) - lgamma(b) + (a-1)*math.Log(p) + (b-1)*math.Log1p(-p))
		}
		expect := func(f func(p float64) float64) float64 {
			return tk.Integrate(func(p float64) float64 { return density(p) * f(p) }, 0, 1, 50)
		}
		logs, means := w.logs(), w.means()
		tk.Close(t, "E ln π₁", logs[0], expect(math.Log), 1e-7)
		tk.Close(t, "E ln π₂", logs[1], expect(func(p float64) float64 { return math.Log1p(-p) }), 1e-7)
		tk.Close(t, "E π₁", means[0], expect(func(p float64) float64 { return p }), 1e-9)
		tk.Close(t, "E π₂", means[1], 1-means[0], 1e-14)
		a0, b0 := 1.5, 1.5
		if kind == Sticks {
			a0 = 1
		}
		kl := expect(func(p float64) float64 {
			prior := lgamma(a0+b0) - lgamma(a0) - lgamma(b0) + (a0-1)*math.Log(p) + (b0-1)*math.Log1p(-p)
			return math.Log(density(p)) - prior
		})
		tk.Close(t, "KL", w.kl(), kl, 1e-8)
	}
}

func TestDivergencesOfGammasAgreeWithQuadrature(t *testing.T) {
	for _, v := range [][4]float64{{3, 2, 1, 1}, {5, .5, 4, 2}, {40, 10, 30, 9}, {2, 2, 2, 2}} {
		log := func(x, a, b float64) float64 { return a*math.Log(b) - lgamma(a) + (a-1)*math.Log(x) - b*x }
		top := (v[0] + 30*math.Sqrt(v[0]) + 30) / v[1]
		want := tk.Integrate(func(x float64) float64 {
			l := log(x, v[0], v[1])
			return math.Exp(l) * (l - log(x, v[2], v[3]))
		}, 0, top, 200)
		tk.Close(t, "KL", gammaKL(v[0], v[1], v[2], v[3]), want, 1e-8)
	}
}
