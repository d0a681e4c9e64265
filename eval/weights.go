package eval

import "math"

// LogMeanExp is ln (1/K Σ_k exp w_k), computed around the largest w so that it neither
// overflows nor vanishes. It is NaN for no values, −Inf if all are −Inf.
func LogMeanExp(ws []float64) float64 {
	if len(ws) == 0 {
		return math.NaN()
	}
	return logSumExp(ws, 1) - math.Log(float64(len(ws)))
}

// ESS is the effective sample size of importance weights given as logarithms,
// (Σ w)² / Σ w² (Kish 1965): K for equal weights, 1 if a single one dominates. It is 0 if
// there is no weight or all are zero.
func ESS(logw []float64) float64 {
	s := logSumExp(logw, 1)
	if math.IsInf(s, -1) {
		return 0
	}
	return math.Exp(2*s - logSumExp(logw, 2))
}

// logSumExp is ln Σ_k exp(t w_k). Infinite maxima are returned as they are, because
// w − max would be NaN.
func logSumExp(ws []float64, t float64) float64 {
	top := math.Inf(-1)
	for _, w := range ws {
		if math.IsNaN(w) {
			return w
		}
		top = max(top, t*w)
	}
	if math.IsInf(top, 0) {
		return top
	}
	var sum float64
	for _, w := range ws {
		sum += math.Exp(t*w - top)
	}
	return top + math.Log(sum)
}
