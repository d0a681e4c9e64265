package eval

import (
	"fmt"
	"sort"

	"gonum.org/v1/gonum/mathext"
)

// BinomialInterval is the range of counts that n trials of probability p are expected in:
// the largest lo and smallest hi with P(X < lo) ≤ (1−level)/2 and P(X > hi) ≤ (1−level)/2.
// The tails are exact, from the incomplete beta function, so that a test that expects a
// count within [lo, hi] has a false-alarm rate of at most 1 − level.
func BinomialInterval(n int, p, level float64) (lo, hi int, err error) {
	if n < 0 {
		return 0, 0, fmt.Errorf("eval: BinomialInterval: trials: got %d, want at least 0", n)
	}
	if !(p >= 0 && p <= 1) {
		return 0, 0, fmt.Errorf("eval: BinomialInterval: probability: got %v, want a value in [0, 1]", p)
	}
	if err := checkOpenUnit("BinomialInterval: level", level); err != nil {
		return 0, 0, err
	}
	tail := (1 - level) / 2
	// P(X ≤ k) rises with k: lo is the first k with P(X ≤ k) > tail.
	lo = sort.Search(n, func(k int) bool { return binomialCDF(n, p, k) > tail })
	hi = sort.Search(n, func(k int) bool { return binomialSurvival(n, p, k) <= tail })
	return lo, hi, nil
}

// ProportionInterval is the exact confidence interval of a proportion of which k out of n
// trials were successes (Clopper & Pearson 1934).
func ProportionInterval(k, n int, level float64) (lo, hi float64, err error) {
	if n < 1 || k < 0 || k > n {
		return 0, 0, fmt.Errorf("eval: ProportionInterval: counts: got %d of %d, want 0 ≤ successes ≤ trials and a trial", k, n)
	}
	if err := checkOpenUnit("ProportionInterval: level", level); err != nil {
		return 0, 0, err
	}
	tail := (1 - level) / 2
	lo, hi = 0, 1
	if k > 0 {
		lo = mathext.InvRegIncBeta(float64(k), float64(n-k+1), tail)
	}
	if k < n {
		hi = mathext.InvRegIncBeta(float64(k+1), float64(n-k), 1-tail)
	}
	return lo, hi, nil
}

// binomialCDF is P(X ≤ k).
func binomialCDF(n int, p float64, k int) float64 {
	if k >= n {
		return 1
	}
	return mathext.RegIncBeta(float64(n-k), float64(k+1), 1-p)
}

// binomialSurvival is P(X > k), without the cancellation of 1 − P(X ≤ k).
func binomialSurvival(n int, p float64, k int) float64 {
	if k >= n {
		return 0
	}
	return mathext.RegIncBeta(float64(k+1), float64(n-k), p)
}
