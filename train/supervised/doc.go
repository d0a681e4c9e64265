// Package supervised trains models that predict a target column, keeps their runs in directories
// and judges them: Bayesian neural nets so far. The training rows are fitted, the validation rows
// calibrate what comes out (the width of intervals, the temperature of probabilities), and the
// test rows are only reported on.
//
// A run directory holds the files of package rundir and
//
//	net.json          the fitted network, by bnn.Net.Save
//	calibration.json  what the validation rows say
package supervised
