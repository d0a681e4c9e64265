package topic

import (
	"math"

	"gonum.org/v1/gonum/mathext"

	"github.com/elbo-go/elbo/internal/polygamma"
)

// Learning says how a concentration is fitted: not at all, as one number for all of its
// components, or as a number for each.
type Learning string

// The ways of fitting a concentration.
const (
	// Fixed leaves it as it is.
	Fixed Learning = ""
	// Symmetric fits one number.
	Symmetric Learning = "symmetric"
	// Asymmetric fits a number for each component.
	Asymmetric Learning = "asymmetric"
	// Hierarchical fits a number for each with a given sum, under the prior of a Dirichlet process
	// (see maximiseShares): topics that the corpus has no use for die out.
	Hierarchical Learning = "hierarchical"
)

// newtonSteps is the largest number of Newton steps of a concentration, newtonTolerance the
// relative change that ends them, for they converge quadratically, and newtonRounding the share
// by which the last ones may seem to lower f.
const (
	newtonSteps     = 100
	newtonTolerance = 1e-12
	newtonRounding  = 1e-14
)

// dirichletBound is what the bound owes to a concentration a of n Dirichlet variables,
//
//	f(a) = n (ln Γ(Σ a_k) − Σ ln Γ(a_k)) + Σ a_k s_k,  s_k = Σ_d E ln θ_dk,
//
// up to what does not depend on a.
func dirichletBound(a, s []float64, n float64) float64 {
	f, total := 0.0, 0.0
	for k, x := range a {
		f += x*s[k] - n*lgamma(x)
		total += x
	}
	return f + n*lgamma(total)
}

// learnAlpha moves α to its best for n documents with Σ_d E ln θ_d = s.
func (m *Model) learnAlpha(how Learning, s []float64, n, gamma float64) {
	switch how {
	case Symmetric:
		m.Alpha, m.Alphas = maximiseEven(m.Alpha, sum(s), n, m.Topics), nil
	case Asymmetric:
		a := m.alphas()
		maximise(a, s, n)
		m.Alphas = a
	case Hierarchical:
		a := m.alphas()
		maximiseShares(a, s, n, gamma)
		m.Alphas = a
	}
}

// learnEta moves η to its best for topics with beta = exp(E ln β).
func (m *Model) learnEta(beta []float64) {
	s := 0.0
	for _, b := range beta {
		s += math.Log(b)
	}
	m.Eta = maximiseEven(m.Eta, s, float64(m.Topics), m.Vocabulary)
}

// maximise moves a to the maximum of dirichletBound by Newton's method.
func maximise(a, s []float64, n float64) {
	climb(a, func(a []float64) float64 { return dirichletBound(a, s, n) }, func(a []float64) []float64 { return newtonStep(a, s, n) })
}

// maximiseEven is maximise for k equal components a whose s sum to total,
//
//	f(a) = n (ln Γ(k a) − k ln Γ(a)) + a total.
func maximiseEven(a, total, n float64, k int) float64 {
	m, at := float64(k), []float64{a}
	climb(at, func(a []float64) float64 { return n*(lgamma(m*a[0])-m*lgamma(a[0])) + a[0]*total }, func(a []float64) []float64 {
		g := n*m*(polygamma.Digamma(m*a[0])-polygamma.Digamma(a[0])) + total
		return []float64{g / (n * m * (m*trigamma(m*a[0]) - trigamma(a[0])))}
	})
	return at[0]
}

// climb takes Newton steps H⁻¹g up a concave f of concentrations until they stand still. A step
// that lowers f is halved, and none takes a component to less than a tenth of itself, since f
// curves most near 0, or below smallest.
func climb(a []float64, f func([]float64) float64, newton func([]float64) []float64) {
	next, now := make([]float64, len(a)), f(a)
	for range newtonSteps {
		step, size, moved := newton(a), 1.0, 0.0
		for k, x := range a {
			switch least := max(x/10, smallest); {
			case step[k] > 0 && x <= smallest*(1+1e-9):
				step[k] = 0
			case x-size*step[k] < least:
				size = (x - least) / step[k]
			}
		}
		for ; ; size /= 2 {
			if size < 1e-12 {
				return
			}
			moved = 0
			for k := range a {
				next[k] = max(a[k]-size*step[k], smallest)
				moved = max(moved, math.Abs(next[k]-a[k])/a[k])
			}
			if f(next) >= now-newtonRounding*math.Abs(now) {
				break
			}
		}
		copy(a, next)
		now = f(a)
		if moved < newtonTolerance {
			return
		}
	}
}

// held tells whether a component stays at its least value: where its slope points below.
func held(x, slope float64) bool { return x <= smallest*(1+1e-9) && slope < 0 }

// newtonStep is H⁻¹g of dirichletBound in linear time: the Hessian n (ψ'(Σa) 11ᵀ − diag ψ'(a_k))
// is a diagonal and a constant, so that
//
//	(H⁻¹g)_k = (g_k − b)/h_k,  h_k = −n ψ'(a_k),  b = Σ(g_k/h_k) / (1/z + Σ 1/h_k),  z = n ψ'(Σa)
//
// (Blei et al. 2003, A.4.2; Minka 2000).
func newtonStep(a, s []float64, n float64) []float64 {
	total := sum(a)
	psi, z := polygamma.Digamma(total), n*trigamma(total)
	step, inverse := make([]float64, len(a)), make([]float64, len(a))
	above, below := 0.0, 1/z
	for k, x := range a {
		step[k] = n*(psi-polygamma.Digamma(x)) + s[k]
		if held(x, step[k]) {
			step[k] = 0
			continue // held at its least value, the others move without it
		}
		inverse[k] = -1 / (n * trigamma(x))
		above += step[k] * inverse[k]
		below += inverse[k]
	}
	for k := range step {
		step[k] = (step[k] - above/below) * inverse[k] // 0 where held
	}
	return step
}

// trigamma is ψ'(x) = ζ(2, x).
func trigamma(x float64) float64 { return mathext.Zeta(2, x) }
