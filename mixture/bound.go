package mixture

import "math"

// kl is KL(q(π, μ, Λ) ‖ p(π, μ, Λ)) = KL(q(π) ‖ p(π)) + Σ_k KL(q(μ_k, Λ_k) ‖ p(μ_k, Λ_k)). With
// responsibilities that are optimal for q the bound of Bishop 2006, eqs 10.70–10.77, is
//
//	L = Σ_n ln Σ_k ρ_nk − KL,  ln ρ_nk = E ln π_k + ½ E ln|Λ_k| − D/2 ln 2π − ½ E (x_n − μ_k)ᵀΛ_k(x_n − μ_k).
func (q *posterior) kl(p *prior) float64 {
	kl := q.w.kl()
	for k := range q.k {
		kl += q.meanKL(p, k)
		if k == 0 || q.cov != Tied {
			kl += q.precisionKL(p, k)
		}
	}
	return kl
}

// meanKL is E_q(Λ) KL(q(μ_k | Λ_k) ‖ p(μ_k | Λ_k))
// = ½ (D (ln β_k/β₀ + β₀/β_k − 1) + β₀ν_k (m_k − m₀)ᵀW_k(m_k − m₀)).
func (q *posterior) meanKL(p *prior, k int) float64 {
	d := q.d
	delta, r := make([]float64, d), p.beta/q.beta[k]
	for j := range d {
		delta[j] = q.mean[k*d+j] - p.mean[j]
	}
	return .5 * (float64(d)*(r-1-math.Log(r)) + p.beta*q.nu[k]*quadratic(q.root[k*d*d:(k+1)*d*d], delta))
}

// precisionKL is KL(q(Λ_k) ‖ p(Λ_k)), of a Wishart matrix, of D Gamma precisions, or of one.
func (q *posterior) precisionKL(p *prior, k int) (kl float64) {
	d, scale := q.d, q.scale[k*q.d*q.d:]
	switch q.cov {
	case Diagonal:
		for j := range d {
			kl += gammaKL(q.nu[k]/2, scale[j*d+j]/2, p.nu/2, p.scale[j*d+j]/2)
		}
		return kl
	case Spherical:
		return gammaKL(q.nu[k]/2, scale[0]/2, p.nu/2, p.scale[0]/2)
	}
	nu, n := q.nu[k], float64(d)
	return lnB(nu, q.logP[k], d) - lnB(p.nu, p.logDet, d) + (nu-p.nu)/2*q.logDet[k] +
		nu/2*(traceOf(p.scale, q.root[k*d*d:(k+1)*d*d], d)-n)
}

// lnB is the logarithm of the Wishart density's constant (Bishop 2006, eq. B.79) by ln|W⁻¹|.
func lnB(nu, logP float64, d int) float64 {
	return nu/2*(logP-float64(d)*math.Ln2) - lnMultiGamma(nu/2, d)
}

// gammaKL is KL(Gamma(a, b) ‖ Gamma(a₀, b₀)), shape and rate.
func gammaKL(a, b, a0, b0 float64) float64 {
	return (a-a0)*digamma(a) - lgamma(a) + lgamma(a0) + a0*math.Log(b/b0) + a*(b0-b)/b
}
