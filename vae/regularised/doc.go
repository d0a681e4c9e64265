// Package regularised holds VAEs that pay for more than their bound: for the total correlation of codes, for
// their covariances, or for their discrepancy from the prior. Most are a [vae.Amortized] whose
// hook adds the penalty:
//
//	m := vae.Amortized{Size: c.Latent, Guide: c.GaussianGuide, Data: c.Mirrored}
//	m.Beside = func(s *model.Scope, b vae.Batch, l vi.Latent, t *vi.Terms) { t.Penalty = … }
package regularised
