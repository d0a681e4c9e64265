// Package eval measures what a trained model is worth: detection curves with their
// intervals, calibrated alarm thresholds, paths between codes, linear baselines with known
// optima, and the small statistics that bounds are reported with.
//
// Everything is float64 over plain slices. Higher scores mean "more positive" (more
// anomalous) throughout. Inputs are never modified.
package eval
