package topic

import "math"

// expectations fills beta = exp(E ln β) = exp ψ(λ_vk) / exp ψ(Λ_k) for the terms that need it;
// a nil need is all.
func (m *Model) expectations(beta []float64, need func(v int) bool, threads int) {
	norm := m.sums()
	for k, s := range norm {
		norm[k] = 1 / expDigamma(s)
	}
	parallel(m.Vocabulary, threads, 256, func(from, to int) {
		for v := from; v < to; v++ {
			if need != nil && !need(v) {
				continue
			}
			out := beta[v*m.Topics : (v+1)*m.Topics]
			for k, l := range m.row(v) {
				out[k] = expDigamma(l) * norm[k]
			}
		}
	})
}

// update is the step λ ← (1−ρ) λ + ρ λ̂ along the natural gradient (Hoffman et al. 2013, eq. 32),
// with the estimate λ̂_vk = η + scale Σ_d n_dv φ_dvk from the documents of l. At ρ = 1 it is the
// update of batch variational Bayes.
func (m *Model) update(l *local, beta []float64, rho, scale float64, threads int) {
	parallel(m.Vocabulary, threads, 64, func(from, to int) {
		counts := make([]float64, m.Topics)
		for v := from; v < to; v++ {
			l.count(v, beta, counts)
			m.blend(v, counts, rho, scale)
		}
	})
}

// topicBound is the topics' part of the bound, Σ_k E ln p(β_k) − E ln q(β_k), where beta holds
// exp(E ln β).
func (m *Model) topicBound(beta []float64, threads int) float64 {
	const block = 256
	parts := make([]float64, (m.Vocabulary+block-1)/block)
	parallel(len(parts), threads, 1, func(from, to int) {
		for p := from; p < to; p++ {
			for i := p * block * m.Topics; i < min((p+1)*block, m.Vocabulary)*m.Topics; i++ {
				parts[p] += (m.Eta-m.Lambda[i])*math.Log(beta[i]) + lgamma(m.Lambda[i])
			}
		}
	})
	v, k := float64(m.Vocabulary), float64(m.Topics)
	bound := k * (lgamma(v*m.Eta) - v*lgamma(m.Eta))
	for _, p := range parts {
		bound += p
	}
	for _, s := range m.sums() {
		bound -= lgamma(s)
	}
	return bound
}
