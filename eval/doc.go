// Package eval measures what a trained model is worth: detection curves with their
// intervals, calibrated alarm thresholds, the calibration of probabilities and of predictive
// intervals, what codes know of the factors and classes behind their rows, how far samples are from
// data, paths between codes, linear baselines with known optima, and the small statistics that bounds
// are reported with.
//
// Two evaluations run graphs of a model: annealed importance sampling with its bounds from both
// sides ([AIS]), and the search for the best guide of each datum ([FindGaps]).
//
// Everything else is float64 over plain slices. Higher scores mean "more positive" (more
// anomalous) throughout. Inputs are never modified.
package eval
