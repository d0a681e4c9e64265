// Package switching holds linear dynamical systems that switch between K regimes,
//
//	s_1 … s_T a Markov chain,  z_1 ~ N(m, P),  z_t = A_{s_t} z_{t−1} + N(0, Q_{s_t}),  y_t = C z_t + N(0, R),
//
// fitted by structured variational inference (Ghahramani and Hinton 2000): the posterior is
// taken as q(s) q(z), a hidden Markov chain beside a Gaussian chain, each exact given the
// other, and the parameters maximise the bound. The exact posterior is a mixture of K^T
// Gaussians.
package switching
