// Package bnn holds Bayesian neural networks for tables: a multilayer perceptron whose
// weights have a distribution, so that a prediction comes with an interval.
//
// The variational posterior is q(w) = ∏N(w; μ, σ²), σ = softplus(ρ). Training minimises, in
// nats a row,
//
//	loss = −(1/B) Σ_{i in batch} ln p(yᵢ|xᵢ, w) + KL(q ‖ p)/N,  w ~ q,
//
// with N the number of training rows: it belongs to the table, no caller can mis-scale it. A
// last batch of fewer than B rows counts for as much less, so that an epoch's steps add up to
// the loss of the whole table.
//
// Weights that are independent along the columns of a row fit badly where columns go together, as
// neighbouring pixels do; along the principal axes of the rows ([AxesKinds]) the same prior has a
// nearer posterior, which for a linear model is the exact one.
//
// Every method (variational, dropout, ensemble, Laplace, SWAG, Langevin) ends in draws of
// weights; a [Prediction] is the equal mixture of what the draws predict.
package bnn
