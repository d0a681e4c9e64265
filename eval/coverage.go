package eval

import "fmt"

// Coverage is the share of targets that lie in their interval, lo ≤ y ≤ hi, with the exact
// confidence interval of that share at 95 %: nominal coverage outside it is a finding.
type Coverage struct {
	Share  float64 // of the targets
	Lo, Hi float64 // 95 % confidence interval of the share (Clopper & Pearson 1934)
	Width  float64 // mean of hi − lo, in the units of y: of two right ones the narrower is better
	Count  int     // targets
}

// IntervalCoverage compares targets with their intervals.
func IntervalCoverage(lo, hi, y []float64) (c Coverage, err error) {
	if len(lo) != len(y) || len(hi) != len(y) || len(y) == 0 {
		return c, fmt.Errorf("eval: IntervalCoverage: lengths: got %d and %d bounds for %d targets, want as many, and one at least", len(lo), len(hi), len(y))
	}
	inside := 0
	c.Count = len(y)
	for i, v := range y {
		if !(lo[i] <= hi[i]) {
			return c, fmt.Errorf("eval: IntervalCoverage: interval %d: got [%v, %v], want the lower bound first", i, lo[i], hi[i])
		}
		inside += b2i(lo[i] <= v && v <= hi[i])
		c.Width += (hi[i] - lo[i]) / float64(len(y))
	}
	c.Share = float64(inside) / float64(len(y))
	c.Lo, c.Hi, err = ProportionInterval(inside, len(y), .95)
	return c, err
}
