package eval

import (
	"fmt"
	"math"
	"slices"
)

// ConformalThreshold is the split-conformal alarm threshold: the k-th smallest of n scores
// of normal data held out from training, k = ⌈(n+1)(1−fpr)⌉. If a new normal example is
// exchangeable with them, the probability that it scores strictly above the threshold is
// at most fpr, whatever the distribution (Vovk, Gammerman & Shafer 2005, ch. 4).
func ConformalThreshold(normalScores []float64, fpr float64) (float64, error) {
	if err := checkOpenUnit("ConformalThreshold: false-positive rate", fpr); err != nil {
		return 0, err
	}
	n := len(normalScores)
	if i := slices.IndexFunc(normalScores, math.IsNaN); i >= 0 {
		return 0, fmt.Errorf("eval: ConformalThreshold: score %d: got NaN, want a number", i)
	}
	// (n+1) − ⌊(n+1)·fpr⌋ is the same k without the rounding error of 1−fpr.
	k := n + 1 - floorTol(float64(n+1)*fpr)
	if k > n {
		return 0, fmt.Errorf("eval: ConformalThreshold: normal scores: got %d, want at least %d for a false-positive rate of %v",
			n, ceilTol(1/fpr)-1, fpr)
	}
	sorted := slices.Clone(normalScores)
	slices.Sort(sorted)
	return sorted[k-1], nil
}
