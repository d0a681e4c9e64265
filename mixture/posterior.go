package mixture

import (
	"fmt"
	"math"
)

// posterior is q(π)·∏ q(μ_k, Λ_k): weights, and of each component m_k, β_k, ν_k and P_k = W_k⁻¹.
// A matrix is stored whole whatever its shape.
type posterior struct {
	cov   Covariance
	k, d  int
	mean  []float64 // K×D
	beta  []float64 // K
	nu    []float64 // K
	scale []float64 // K×D×D
	w     weights

	root   []float64 // K×D×D: the lower triangular A_k with W_k = A_kᵀA_k
	logDet []float64 // K: E ln|Λ_k|
	logP   []float64 // K: ln|P_k|
}

// newPosterior allocates K components of D columns.
func newPosterior(cov Covariance, p *prior) *posterior {
	k, d := p.k, p.d
	return &posterior{cov: cov, k: k, d: d, w: newWeights(p),
		mean: make([]float64, k*d), beta: make([]float64, k), nu: make([]float64, k), scale: make([]float64, k*d*d),
		root: make([]float64, k*d*d), logDet: make([]float64, k), logP: make([]float64, k)}
}

// update sets the posterior to the optimum for given responsibilities (Bishop 2006, eqs 10.58–10.63):
//
//	β_k = β₀ + N_k,  m_k = (β₀m₀ + N_k x̄_k)/β_k,  ν_k = ν₀ + N_k,
//	P_k = P₀ + N_k S_k + β₀N_k/(β₀ + N_k) (x̄_k − m₀)(x̄_k − m₀)ᵀ.
//
// The other shapes keep what their precision sees of these matrices: the diagonal, its sum, or
// the sum over components. The squares in s are about the means q had before.
func (q *posterior) update(p *prior, s *sums) error {
	d := q.d
	x, delta := make([]float64, d), make([]float64, d)
	for k := range q.k {
		n, mean, scale := s.count[k], q.mean[k*d:(k+1)*d], q.scale[k*d*d:(k+1)*d*d]
		q.beta[k] = p.beta + n
		for j := range d {
			x[j] = mean[j]
			if n > 0 {
				x[j] += s.first[k*d+j] / n
			}
			delta[j] = x[j] - p.mean[j]
			mean[j] = p.mean[j] + n/q.beta[k]*delta[j]
		}
		pull := p.beta * n / q.beta[k]
		for i := range d {
			for j := range i + 1 {
				v := s.second[(k*d+i)*d+j] + pull*delta[i]*delta[j]
				if n > 0 {
					v -= s.first[k*d+i] / n * s.first[k*d+j]
				}
				scale[i*d+j] = v
			}
		}
		mirrored(scale, d)
	}
	q.shape(p, s.count)
	q.w.update(s.count)
	return q.prepare()
}

// shape turns the scatter matrices in q.scale into P_k and sets ν_k.
func (q *posterior) shape(p *prior, count []float64) {
	d, size := q.d, q.d*q.d
	total := 0.
	for _, n := range count {
		total += n
	}
	if q.cov == Tied {
		for k := 1; k < q.k; k++ {
			add(q.scale[:size], q.scale[k*size:(k+1)*size])
		}
		for k := 1; k < q.k; k++ {
			copy(q.scale[k*size:], q.scale[:size])
		}
	}
	for k := range q.k {
		scale := q.scale[k*size : (k+1)*size]
		q.nu[k] = p.nu + count[k]
		switch q.cov {
		case Tied:
			q.nu[k] = p.nu + total
		case Diagonal, Spherical:
			onDiagonal(scale, d, q.cov == Spherical)
		}
		if q.cov == Spherical {
			q.nu[k] = p.nu + float64(d)*count[k]
		}
		add(scale, p.scale)
	}
}

// onDiagonal keeps the diagonal of a matrix, or puts its sum in every place of it.
func onDiagonal(a []float64, d int, summed bool) {
	trace := 0.
	for i := range d {
		trace += a[i*d+i]
		for j := range d {
			if i != j {
				a[i*d+j] = 0
			}
		}
	}
	for i := range d {
		if summed {
			a[i*d+i] = trace
		}
	}
}

// add adds y to x.
func add(x, y []float64) {
	for i, v := range y {
		x[i] += v
	}
}

// prepare derives the roots of W_k and E ln|Λ_k| (Bishop 2006, eq. 10.65).
func (q *posterior) prepare() error {
	d, size := q.d, q.d*q.d
	for k := range q.k {
		if q.cov == Tied && k > 0 {
			copy(q.root[k*size:], q.root[:size])
			q.logP[k], q.logDet[k] = q.logP[0], q.logDet[0]
			continue
		}
		l, logP, ok := cholesky(q.scale[k*size:(k+1)*size], d)
		if !ok {
			return fmt.Errorf("mixture: component %d: scale matrix is not positive definite: "+
				"columns may depend on each other; give a prior scale", k)
		}
		copy(q.root[k*size:], inverted(l, d))
		q.logP[k], q.logDet[k] = logP, expectedLogDet(q.cov, q.nu[k], logP, d)
	}
	return nil
}

// expectedLogDet is E ln|Λ| = Σ_i ψ((ν + 1 − i)/2) + D ln 2 − ln|P|, i = 1 … D, of a Wishart
// matrix; of D Gamma precisions every term is ψ(ν/2).
func expectedLogDet(cov Covariance, nu, logP float64, d int) float64 {
	s := float64(d)*math.Ln2 - logP
	for i := range d {
		if cov == Diagonal || cov == Spherical {
			i = 0
		}
		s += digamma((nu - float64(i)) / 2)
	}
	return s
}
