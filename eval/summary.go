package eval

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// MeanStdErr is the mean of xs and its standard error s/√n, where s² has the divisor
// n − 1. Both are NaN for no values; the error is NaN for one.
func MeanStdErr(xs []float64) (mean, stdErr float64) {
	if len(xs) == 0 {
		return math.NaN(), math.NaN()
	}
	mean, sd := stat.MeanStdDev(xs, nil)
	if len(xs) == 1 {
		return mean, math.NaN()
	}
	return mean, sd / math.Sqrt(float64(len(xs)))
}

// Quantiles are the p-quantiles of xs for each p in [0, 1], linear between order
// statistics: position (n − 1) p (Hyndman & Fan 1996, definition 7).
func Quantiles(xs []float64, ps ...float64) ([]float64, error) {
	if len(xs) == 0 {
		return nil, fmt.Errorf("eval: Quantiles: values: got none, want at least one")
	}
	if i := slices.IndexFunc(xs, math.IsNaN); i >= 0 {
		return nil, fmt.Errorf("eval: Quantiles: value %d: got NaN, want a number", i)
	}
	sorted := slices.Clone(xs)
	slices.Sort(sorted)
	out := make([]float64, len(ps))
	for i, p := range ps {
		if !(p >= 0 && p <= 1) {
			return nil, fmt.Errorf("eval: Quantiles: probability %d: got %v, want a value in [0, 1]", i, p)
		}
		out[i] = sortedQuantile(sorted, p)
	}
	return out, nil
}

// sortedQuantile is one quantile of ascending values.
func sortedQuantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := int(at)
	t := at - float64(i)
	if t == 0 || i+1 == len(sorted) { // also keeps 0·Inf out
		return sorted[i]
	}
	return (1-t)*sorted[i] + t*sorted[i+1]
}

// checkOpenUnit refuses what does not lie strictly between 0 and 1.
func checkOpenUnit(what string, v float64) error {
	if !(v > 0 && v < 1) {
		return fmt.Errorf("eval: %s: got %v, want a value strictly between 0 and 1", what, v)
	}
	return nil
}

// floorTol and ceilTol round down and up but take a product of decimal fractions that
// misses an integer by rounding, such as 100·0.07, for that integer.
func floorTol(x float64) int { return int(math.Floor(x * (1 + 1e-12))) }

func ceilTol(x float64) int { return int(math.Ceil(x * (1 - 1e-12))) }

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
