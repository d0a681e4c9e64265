package eval

import (
	"fmt"
	"math"
)

// Temperature is the T > 0 for which softmax(logits/T) has the least negative log-likelihood of
// the labels, of rows held out from training (Guo et al. 2017, section 4.2). It changes no
// ranking of the classes. Logits may be the logarithms of probabilities.
//
// The likelihood is concave in 1/T, whose derivative bisection brings to 0 between T = 1e-3 and
// 1e3; the nearer of these is returned where it has no sign change in between.
func Temperature(logits [][]float64, labels []int) (float64, error) {
	if len(logits) != len(labels) || len(labels) == 0 {
		return 0, fmt.Errorf("eval: Temperature: lengths: got %d rows and %d labels, want as many, and one at least", len(logits), len(labels))
	}
	for i, row := range logits {
		if labels[i] < 0 || labels[i] >= len(row) {
			return 0, fmt.Errorf("eval: Temperature: row %d: label: got %d, want 0 … %d", i, labels[i], len(row)-1)
		}
		for k, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return 0, fmt.Errorf("eval: Temperature: row %d, class %d: got %v, want a finite logit", i, k, v)
			}
		}
	}
	// d/dβ of Σ [β z_label − ln Σ exp β z] = Σ [z_label − E_softmax(βz) z], falling in β.
	slope := func(beta float64) (sum float64) {
		for i, row := range logits {
			sum += row[labels[i]]
			for k, p := range Softmax(row, 1/beta) {
				sum -= p * row[k]
			}
		}
		return sum
	}
	lo, hi := math.Log(1e-3), math.Log(1e3)
	if slope(math.Exp(lo)) <= 0 {
		return math.Exp(-lo), nil
	}
	if slope(math.Exp(hi)) >= 0 {
		return math.Exp(-hi), nil
	}
	for range 100 {
		if mid := (lo + hi) / 2; slope(math.Exp(mid)) > 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return math.Exp(-(lo + hi) / 2), nil
}

// Softmax returns exp(z_k/T)/Σ exp(z/T).
func Softmax(logits []float64, temperature float64) []float64 {
	_, most := top(logits)
	out := make([]float64, len(logits))
	sum := 0.
	for k, z := range logits {
		out[k] = math.Exp((z - most) / temperature)
		sum += out[k]
	}
	for k := range out {
		out[k] /= sum
	}
	return out
}
