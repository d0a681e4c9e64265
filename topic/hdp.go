package topic

import (
	"cmp"
	"math"
	"slices"

	"github.com/elbo-go/elbo/internal/polygamma"
)

// The hierarchical Dirichlet process (Teh et al. 2006) lets documents share an endless list of
// topics: shares β of all topics, and of each document θ_d ∼ DP(α₀, β). Cut off at K topics,
//
//	β ∼ Dir(γ/K, …, γ/K),  θ_d ∼ Dir(α₀ β),
//
// which goes to the process as K grows (Ishwaran & Zarepour 2002). β is a point estimate, as by
// Liang et al. 2007; here with a_k = α₀ β_k, and the density taken in the coordinates ln β_k, in
// which it has a maximum however small γ/K is. The rest is LDA with concentrations a.

// sharesBound is what the bound owes to the shares of n documents, up to a constant,
//
//	f(a) = −n Σ ln Γ(a_k) + Σ a_k s_k + γ/K Σ ln a_k,  s_k = Σ_d E ln θ_dk.
func sharesBound(a, s []float64, n, gamma float64) (f float64) {
	g := gamma / float64(len(a))
	for k, x := range a {
		f += x*s[k] - n*lgamma(x) + g*math.Log(x)
	}
	return f
}

// sharesPrior is the last term of sharesBound, which is no part of that of LDA.
func sharesPrior(a []float64, gamma float64) (f float64) {
	for _, x := range a {
		f += math.Log(x)
	}
	return f * gamma / float64(len(a))
}

// maximiseShares moves a to the maximum of sharesBound with its sum held. The Hessian is the
// diagonal h_k = −n ψ'(a_k) − γ/(K a_k²), so that with the sum's multiplier the Newton step is
//
//	(g_k − μ)/h_k,  μ = Σ(g_k/h_k) / Σ(1/h_k).
func maximiseShares(a, s []float64, n, gamma float64) {
	g := gamma / float64(len(a))
	climb(a, func(a []float64) float64 { return sharesBound(a, s, n, gamma) }, func(a []float64) []float64 {
		step, inverse := make([]float64, len(a)), make([]float64, len(a))
		for k, x := range a {
			step[k] = s[k] - n*polygamma.Digamma(x) + g/x
			inverse[k] = -1 / (n*trigamma(x) + g/(x*x))
		}
		for range a { // whoever is held leaves the multiplier to the others
			above, below := 0.0, 0.0
			for k := range a {
				above += step[k] * inverse[k]
				below += inverse[k]
			}
			if below == 0 {
				break
			}
			again := false
			for k, x := range a {
				if inverse[k] != 0 && held(x, step[k]-above/below) {
					inverse[k], again = 0, true
				}
			}
			if !again {
				for k := range step {
					step[k] = (step[k] - above/below) * inverse[k]
				}
				return step
			}
		}
		return make([]float64, len(a))
	})
}

// trialSweeps is how long a removal may take to pay.
const trialSweeps = 3

// prune tries to do without one topic, the least used first, and keeps the first removal after
// which a few sweeps end at a higher bound: mean-field inference by itself would rather share a
// topic's words among two than empty one (Hughes & Sudderth 2013 escape likewise).
func (f *Fitter) prune() bool {
	m, l, c, last := f.model, f.local, f.config, *f.place.Last
	lambda, gamma, alphas := slices.Clone(m.Lambda), slices.Clone(l.gamma), m.alphas()
	use := m.sums()
	order := make([]int, m.Topics)
	for k := range order {
		order[k] = k
		use[k] -= m.Eta * float64(m.Vocabulary)
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(use[a], use[b]) })
	for _, k := range order {
		if use[k] < 1 {
			continue // gone already
		}
		m.remove(k)
		l.alpha = m.alphas()
		l.remove(k)
		for range trialSweeps {
			m.expectations(f.beta, nil, c.Threads)
			l.infer(f.beta, c)
			f.rise(true)
		}
		m.expectations(f.beta, nil, c.Threads)
		l.infer(f.beta, c)
		if b := f.bound(); b-last > c.Tolerance*math.Abs(last) {
			return true
		}
		copy(m.Lambda, lambda)
		copy(l.gamma, gamma)
		m.Alphas = slices.Clone(alphas)
		l.alpha = m.alphas()
	}
	return false
}

// remove empties topic k and gives its share to the others in proportion.
func (m *Model) remove(k int) {
	for v := range m.Vocabulary {
		m.Lambda[v*m.Topics+k] = m.Eta
	}
	a := m.alphas()
	grow := (sum(a) - smallest) / (sum(a) - a[k])
	for j := range a {
		a[j] *= grow
	}
	a[k] = smallest
	m.Alphas = a
}

// remove gives what documents have of topic k to their others in proportion.
func (l *local) remove(k int) {
	for d := range l.docs.Len() {
		gamma := l.gamma[d*l.k : (d+1)*l.k]
		rest := sum(gamma) - gamma[k]
		for j, g := range gamma {
			gamma[j] = g + (gamma[k]-l.alpha[k])*g/rest
		}
		gamma[k] = l.alpha[k]
	}
}

// Used is the number of topics with at least tokens words of a corpus: those that λ gives more
// than η for each word and that. What is left of a topic that has died out is less than one.
func (m *Model) Used(tokens float64) (n int) {
	prior := m.Eta * float64(m.Vocabulary)
	for _, s := range m.sums() {
		if s-prior >= tokens {
			n++
		}
	}
	return n
}
