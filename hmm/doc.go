// Package hmm holds hidden Markov models: a chain of hidden states z_1 … z_T, each of which
// emits one row of the observations,
//
//	p(x, z) = π(z_1) Π_t A(z_{t−1}, z_t) Π_t p(x_t | z_t).
//
// A Model has point parameters and is fitted by expectation maximisation (Baum et al. 1970); a
// Bayes has a posterior over its parameters and is fitted by variational Bayes (MacKay 1997,
// Beal 2003, chapter 3). Both run the same two passes over a sequence (Rabiner 1989).
//
// A sequence is a slice of T·D values, row after row; D is the Dim of the emission.
package hmm

import "errors"

// ErrImpossible is returned where the observations have probability zero under the model.
var ErrImpossible = errors.New("hmm: the observations have probability zero under the model")

// ErrFell is returned by a fit whose bound fell by more than rounding explains.
var ErrFell = errors.New("hmm: the bound fell")

// ErrCollapsed is returned where the covariance of a state has become singular; a prior on
// the covariance prevents it.
var ErrCollapsed = errors.New("hmm: the covariance of a state has collapsed")
