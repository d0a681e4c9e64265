// Package statespace holds the linear-Gaussian state space model,
//
//	z_1 ~ N(m, P),  z_t = A z_{t−1} + N(0, Q),  y_t = C z_t + N(0, R),
//
// its filter (Kalman 1960), its smoother (Rauch, Tung and Striebel 1965) and its fit by
// expectation maximisation (Shumway and Stoffer 1982; Ghahramani and Hinton 1996). A Bayes has a
// posterior over its parameters (Beal 2003, chapter 5) and finds how many hidden values it needs.
//
// Matrices are gonum's; a sequence is a slice of T·D values, row after row.
package statespace
