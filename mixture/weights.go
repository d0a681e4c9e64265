package mixture

import (
	"math"
	"slices"
)

// weights is q(π): a Dirichlet distribution, or Beta distributions of sticks.
type weights struct {
	kind  Weights
	alpha float64   // α₀
	a     []float64 // K: Dirichlet's α_k, or Beta's first parameter
	b     []float64 // K: Beta's second parameter
}

// newWeights allocates the weights of K components.
func newWeights(p *prior) weights {
	return weights{p.weights, p.alpha, make([]float64, p.k), make([]float64, p.k)}
}

// update sets q(π) to the optimum for the counts: α_k = α₀ + N_k (Bishop 2006, eq. 10.58), or
// v_k ~ Beta(1 + N_k, α₀ + Σ_{j>k} N_j) (Blei & Jordan 2006, eqs 18–19).
func (w weights) update(count []float64) {
	rest := 0.
	for k, n := range slices.Backward(count) {
		w.a[k], w.b[k] = w.alpha+n, 0
		if w.kind == Sticks {
			w.a[k], w.b[k] = 1+n, w.alpha+rest
			rest += n
		}
	}
}

// logs returns E ln π_k (Bishop 2006, eq. 10.66; Blei & Jordan 2006, eq. 20).
func (w weights) logs() []float64 {
	out, sum := make([]float64, len(w.a)), 0.
	for _, a := range w.a {
		sum += a
	}
	left := 0.
	for k, a := range w.a {
		switch {
		case w.kind == Dirichlet:
			out[k] = digamma(a) - digamma(sum)
		case k == len(w.a)-1:
			out[k] = left
		default:
			both := digamma(a + w.b[k])
			out[k] = left + digamma(a) - both
			left += digamma(w.b[k]) - both
		}
	}
	return out
}

// means returns E π_k.
func (w weights) means() []float64 {
	out, sum, left := make([]float64, len(w.a)), 0., 1.
	for _, a := range w.a {
		sum += a
	}
	for k, a := range w.a {
		switch {
		case w.kind == Dirichlet:
			out[k] = a / sum
		case k == len(w.a)-1:
			out[k] = left
		default:
			out[k] = left * a / (a + w.b[k])
			left *= w.b[k] / (a + w.b[k])
		}
	}
	return out
}

// kl is KL(q(π) ‖ p(π)).
func (w weights) kl() (kl float64) {
	if w.kind == Sticks {
		for k, a := range w.a[:len(w.a)-1] {
			kl += dirichletKL([]float64{a, w.b[k]}, []float64{1, w.alpha})
		}
		return kl
	}
	return dirichletKL(w.a, slices.Repeat([]float64{w.alpha}, len(w.a)))
}

// dirichletKL is KL(Dir(a) ‖ Dir(b)) = ln Γ(Σa)/Γ(Σb) − Σ ln Γ(a_k)/Γ(b_k) + Σ (a_k − b_k)(ψ(a_k) − ψ(Σa)).
func dirichletKL(a, b []float64) (kl float64) {
	sumA, sumB := 0., 0.
	for k := range a {
		sumA += a[k]
		sumB += b[k]
	}
	kl = lgamma(sumA) - lgamma(sumB)
	for k := range a {
		kl += lgamma(b[k]) - lgamma(a[k]) + (a[k]-b[k])*(digamma(a[k])-digamma(sumA))
	}
	return kl
}

// stickOrder is the order of components in which sticks have the highest bound: from the largest
// count to the smallest, but for the last. Exchanging neighbours of counts m and n before a rest R
// changes the bound by ln (α₀ + R + m)/(α₀ + R + n), which is highest with the larger one first;
// the last stick has length 1 and no such term, so each component is tried there.
func stickOrder(count []float64, alpha float64) []int {
	sorted := order(count)
	best, top := sorted, math.Inf(-1)
	for i := len(sorted) - 1; i >= 0; i-- {
		at := append(slices.Delete(slices.Clone(sorted), i, i+1), sorted[i])
		rest, l := count[sorted[i]], 0.
		for _, k := range slices.Backward(at[:len(at)-1]) {
			l += lgamma(1+count[k]) + lgamma(alpha+rest) - lgamma(1+count[k]+alpha+rest)
			rest += count[k]
		}
		if l > top {
			best, top = at, l
		}
	}
	return best
}

// order is the order of components from the largest count to the smallest. Equal counts keep
// their order.
func order(count []float64) []int {
	at := make([]int, len(count))
	for k := range at {
		at[k] = k
	}
	slices.SortStableFunc(at, func(i, j int) int {
		switch {
		case count[i] > count[j]:
			return -1
		case count[i] < count[j]:
			return 1
		}
		return 0
	})
	return at
}

// half2Pi is ½ ln 2π.
var half2Pi = math.Log(2*math.Pi) / 2
