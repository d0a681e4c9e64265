package mixture

import (
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

// Sample draws n rows of the predictive density, a mixture of Student's t, row after row, and the
// component of each: with L/f = AᵀA, z ~ N(0, I) and u ~ χ²_f a row is m + A⁻¹z/√u; the columns of
// diagonal precisions have a u each.
func (m *Model) Sample(n int, key rng.Key) (Data, []int) {
	r := key.Rand()
	x, at := Data{make([]float64, 0, n*m.Columns), m.Columns}, make([]int, n)
	for i := range at {
		u := r.Float64()
		for at[i] = 0; at[i] < len(m.Components)-1; at[i]++ {
			if u -= m.Components[at[i]].Weight; u < 0 {
				break
			}
		}
		t := m.tails[at[i]]
		z := make([]float64, m.Columns)
		chi := math.Sqrt(chiSquare(r, t.f))
		for j := range z {
			if t.apart && j > 0 {
				chi = math.Sqrt(chiSquare(r, t.f))
			}
			z[j] = r.NormFloat64() / chi
		}
		x.X = append(x.X, t.back(z)...)
	}
	return x, at
}

// back solves A(x − m) = y for x, in place.
func (t *student) back(y []float64) []float64 {
	d := len(y)
	for i := range y {
		for j := range i {
			y[i] -= t.root[i*d+j] * y[j]
		}
		y[i] /= t.root[i*d+i]
	}
	for i, m := range t.mean {
		y[i] += m
	}
	return y
}

// chiSquare draws from χ²_f = 2 Gamma(f/2, 1).
func chiSquare(r rng.Source, f float64) float64 { return 2 * rng.Gamma(r, f/2) }

// Covariance is (E Λ_k)⁻¹ = P_k/ν_k, D×D: the covariance of a component's rows.
func (c Component) Covariance() []float64 {
	out := make([]float64, len(c.Scale))
	for i, p := range c.Scale {
		out[i] = p / c.Nu
	}
	return out
}
