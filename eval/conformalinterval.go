package eval

import (
	"fmt"
	"math"
	"slices"
)

// ConformalScale is the factor by which predictive intervals of rows held out from training have
// to be widened (or narrowed) to cover a new exchangeable one with at least the given probability,
// whatever the distribution: split-conformal regression (Lei et al. 2018, algorithm 2) with the
// normalised residual |y − mean|/sd as score. The interval of a new row is mean ± q·sd.
//
// With sd all 1 the intervals are of one width, |y − mean| ≤ q.
func ConformalScale(mean, sd, y []float64, level float64) (q float64, err error) {
	if len(mean) != len(y) || len(sd) != len(y) {
		return 0, fmt.Errorf("eval: ConformalScale: lengths: got %d means and %d deviations for %d targets, want as many", len(mean), len(sd), len(y))
	}
	scores := make([]float64, len(y))
	for i, v := range y {
		if !(sd[i] > 0) {
			return 0, fmt.Errorf("eval: ConformalScale: row %d: deviation: got %v, want it above 0", i, sd[i])
		}
		scores[i] = math.Abs(v-mean[i]) / sd[i]
	}
	return conformalQuantile("ConformalScale", scores, level)
}

// ConformalMargin is what the bounds of intervals of rows held out from training have to move
// outward (inward where it is negative) for that: conformalized quantile regression (Romano,
// Patterson & Candès 2019, theorem 1) with the score max(lo − y, y − hi). The interval of a new
// row is [lo − m, hi + m].
func ConformalMargin(lo, hi, y []float64, level float64) (m float64, err error) {
	if len(lo) != len(y) || len(hi) != len(y) {
		return 0, fmt.Errorf("eval: ConformalMargin: lengths: got %d and %d bounds for %d targets, want as many", len(lo), len(hi), len(y))
	}
	scores := make([]float64, len(y))
	for i, v := range y {
		scores[i] = math.Max(lo[i]-v, v-hi[i])
	}
	return conformalQuantile("ConformalMargin", scores, level)
}

// conformalQuantile is the ⌈(n+1)·level⌉-th smallest score, which a new one does not exceed with
// probability level at least; what names the caller.
func conformalQuantile(what string, scores []float64, level float64) (float64, error) {
	if err := checkOpenUnit(what+": level", level); err != nil {
		return 0, err
	}
	if i := slices.IndexFunc(scores, math.IsNaN); i >= 0 {
		return 0, fmt.Errorf("eval: %s: row %d: got NaN, want numbers", what, i)
	}
	k := ceilTol(float64(len(scores)+1) * level)
	if k > len(scores) {
		return 0, fmt.Errorf("eval: %s: rows: got %d, want at least %d for a level of %v", what, len(scores), ceilTol(level/(1-level)), level)
	}
	sorted := slices.Clone(scores)
	slices.Sort(sorted)
	return sorted[k-1], nil
}
