// Package mixture fits Gaussian mixtures by variational Bayes (Bishop 2006, section 10.2):
//
//	π ~ Dir(α₀) or sticks,  (μ_k, Λ_k) ~ NW(m₀, β₀, W₀, ν₀),  x_n | z_n = k ~ N(μ_k, Λ_k⁻¹),
//	q(z, π, μ, Λ) = ∏ q(z_n) · q(π) · ∏ q(μ_k, Λ_k).
//
// A sweep is one pass over the rows: it computes the responsibilities r_nk of a block of rows and
// at once adds the block to the weighted counts, sums and squares from which the posterior of
// the parameters follows. Rows are split in fixed parts whose sums are added in order, so that
// results do not depend on the number of threads. Nats everywhere; N rows, D columns, K components.
package mixture
