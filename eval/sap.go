package eval

import (
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/internal/rng"
)

// thresholdBins is the number of quantiles that thresholds of a code are looked for at.
const thresholdBins = 100

// SAP is the separated attribute predictability of codes, N×L (Kumar et al. 2018, section 3),
//
//	(1/F) Σ_k [S_j(k)k − max_{j ≠ j(k)} S_jk],  j(k) = argmax_j S_jk.
//
// S_jk is the squared correlation of element j with a factor whose levels are ordered. For the
// others it is the balanced accuracy a of the best thresholds on the element, as many as parts for
// the levels take, found on half of the rows and judged on the other; as a blind guess has a = 1/C,
// S = max(0, (a − 1/C)/(1 − 1/C)) here, so that 1 is the best score for both kinds. The table S, L×F,
// comes with it.
func SAP(codes [][]float64, factors []Factor, key rng.Key) (sap float64, table [][]float64, err error) {
	d, err := newFactored("SAP", codes, factors)
	if err != nil {
		return 0, nil, err
	}
	if len(codes) < 4 {
		return 0, nil, fmt.Errorf("eval: SAP: rows: got %d, want at least 4", len(codes))
	}
	order := key.Perm(len(codes))
	half := len(order) / 2
	for j := range codes[0] {
		z := column(codes, j)
		row := make([]float64, len(factors))
		for k, level := range d.level {
			if d.ordered[k] {
				row[k] = squaredCorrelation(z, factors[k].Level)
				continue
			}
			t := newThresholds(gather(z, order[:half]), gather(level, order[:half]), d.levels[k])
			a, chance := t.balancedAccuracy(gather(z, order[half:]), gather(level, order[half:])), 1/float64(d.levels[k])
			row[k] = math.Max(0, (a-chance)/(1-chance))
		}
		table = append(table, row)
	}
	for k := range factors {
		first, second, _ := topTwo(column(table, k))
		sap += (first - second) / float64(len(factors))
	}
	return sap, table, nil
}

// squaredCorrelation is R² of the linear regression of whole numbers on values; 0 where either does
// not vary.
func squaredCorrelation(x []float64, level []int) float64 {
	y := make([]float64, len(level))
	for i, l := range level {
		y[i] = float64(l)
	}
	vx, vy := varianceOf(x), varianceOf(y)
	if vx == 0 || vy == 0 {
		return 0
	}
	n, mx, my, cov := float64(len(x)), 0., 0., 0.
	for i := range x {
		mx += x[i] / n
		my += y[i] / n
	}
	for i := range x {
		cov += (x[i] - mx) * (y[i] - my) / n
	}
	return math.Min(1, cov*cov/(vx*vy))
}

// thresholds part a line into intervals with a class each.
type thresholds struct {
	at      []float64 // where the second and further intervals begin, rising
	class   []int     // of each interval
	classes int
}

// newThresholds finds the intervals, at most as many as classes, that classify values with the best
// balanced accuracy, by dynamic programming over quantiles: best[m][b], of the first b quantiles in m
// intervals, is the largest over a < b of best[m−1][a] and the heaviest class of quantiles a to b. A
// row weighs one over the number of its class.
func newThresholds(z []float64, level []int, classes int) *thresholds {
	edges, weight := weighted(z, level, classes)
	bins := len(weight) - 1 // weight holds sums of the quantiles before
	best := make([][]float64, classes+1)
	from, class := make([][]int, classes+1), make([][]int, classes+1)
	for m := range best {
		best[m], from[m], class[m] = make([]float64, bins+1), make([]int, bins+1), make([]int, bins+1)
		for b := range best[m] {
			best[m][b] = math.Inf(-1)
		}
	}
	best[0][0] = 0
	for m := 1; m <= classes; m++ {
		for b := 1; b <= bins; b++ {
			for a := range b {
				if math.IsInf(best[m-1][a], -1) {
					continue
				}
				v, c := heaviest(weight[a], weight[b])
				if best[m-1][a]+v > best[m][b] {
					best[m][b], from[m][b], class[m][b] = best[m-1][a]+v, a, c
				}
			}
		}
	}
	t, m := &thresholds{classes: classes}, 1
	for k := range classes + 1 {
		if best[k][bins] > best[m][bins] {
			m = k
		}
	}
	for b := bins; m > 0; m-- {
		t.class = append(t.class, class[m][b])
		if b = from[m][b]; m > 1 {
			t.at = append(t.at, edges[b])
		}
	}
	slices.Reverse(t.at)
	slices.Reverse(t.class)
	return t
}

// heaviest returns the class that gains most weight between two sums, and its gain.
func heaviest(before, after []float64) (gain float64, class int) {
	gain = math.Inf(-1)
	for c := range after {
		if v := after[c] - before[c]; v > gain {
			gain, class = v, c
		}
	}
	return gain, class
}

// weighted returns the least value of each quantile, and the weight of each class in the quantiles
// before it, with the sum of all at the end.
func weighted(z []float64, level []int, classes int) (edges []float64, weight [][]float64) {
	count := make([]float64, classes)
	for _, l := range level {
		count[l]++
	}
	sorted := slices.Clone(z)
	slices.Sort(sorted)
	if edges = slices.Compact(slices.Clone(sorted)); len(edges) > thresholdBins {
		edges = edges[:0]
		for b := range thresholdBins {
			edges = append(edges, sorted[b*len(sorted)/thresholdBins])
		}
		edges = slices.Compact(edges)
	}
	weight = make([][]float64, len(edges)+1)
	for b := range weight {
		weight[b] = make([]float64, classes)
	}
	for i, v := range z {
		at, found := slices.BinarySearch(edges, v)
		weight[at+b2i(found)][level[i]] += 1 / count[level[i]]
	}
	for b := 1; b < len(weight); b++ {
		for c := range classes {
			weight[b][c] += weight[b-1][c]
		}
	}
	return edges, weight
}

// balancedAccuracy is the mean over the classes that occur of the share of their rows that lie in an
// interval of theirs.
func (t *thresholds) balancedAccuracy(z []float64, level []int) float64 {
	right, count := make([]float64, t.classes), make([]float64, t.classes)
	for i, v := range z {
		at, found := slices.BinarySearch(t.at, v)
		count[level[i]]++
		right[level[i]] += float64(b2i(t.class[at+b2i(found)] == level[i]))
	}
	sum, n := 0., 0.
	for c, k := range count {
		if k > 0 {
			sum += right[c] / k
			n++
		}
	}
	return sum / n
}
