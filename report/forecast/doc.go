// Package forecast turns the predictions of a supervised run into pictures and one report: how the
// fit went, what the model predicts, whether its uncertainty can be trusted, and what that
// uncertainty is made of.
//
// Every figure is one row of a table and has two halves: a function that computes charts as
// plain numbers, and package plot, which draws them. Files depend on the input alone; all are
// drawn before the first is written, and each is replaced atomically.
package forecast
