package eval

import (
	"fmt"
	"math"
)

// checkProbs tells whether every row is a distribution over the same C ≥ 2 classes and every
// label one of them; what names the caller.
func checkProbs(what string, probs [][]float64, labels []int) error {
	if len(probs) != len(labels) || len(labels) == 0 {
		return fmt.Errorf("eval: %s: lengths: got %d rows and %d labels, want as many, and one at least", what, len(probs), len(labels))
	}
	classes := len(probs[0])
	for i, row := range probs {
		sum := 0.
		for k, p := range row {
			if !(p >= 0 && p <= 1+probTolerance) {
				return fmt.Errorf("eval: %s: row %d, class %d: got %v, want a probability", what, i, k, p)
			}
			sum += p
		}
		if len(row) != classes || classes < 2 {
			return fmt.Errorf("eval: %s: row %d: got %d classes, want %d, at least 2", what, i, len(row), max(2, classes))
		}
		if math.Abs(sum-1) > probTolerance {
			return fmt.Errorf("eval: %s: row %d: got probabilities that sum to %v, want 1", what, i, sum)
		}
		if labels[i] < 0 || labels[i] >= classes {
			return fmt.Errorf("eval: %s: row %d: label: got %d, want 0 … %d", what, i, labels[i], classes-1)
		}
	}
	return nil
}

// probTolerance is how far from 1 the sum of float32 probabilities of some thousand classes may be.
const probTolerance = 1e-3

// top returns the largest value of a row and its place.
func top(row []float64) (best int, value float64) {
	for k, v := range row {
		if v > row[best] {
			best = k
		}
	}
	return best, row[best]
}
