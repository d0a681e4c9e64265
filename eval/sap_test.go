package eval

import (
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// bestIntervals tries every set of at most classes−1 edges between the values that occur, and every
// class of each interval.
func bestIntervals(z []float64, level []int, classes int) (best float64) {
	values := slices.Clone(z)
	slices.Sort(values)
	values = slices.Compact(values)
	count := make([]float64, classes)
	for _, l := range level {
		count[l]++
	}
	for mask := range 1 << (len(values) - 1) { // bit i: an edge before value i+1
		gain, parts := 0., 1
		weight := make([]float64, classes)
		for v, value := range values {
			if v > 0 && mask>>(v-1)&1 == 1 {
				gain += slices.Max(weight)
				clear(weight)
				parts++
			}
			for i := range z {
				if z[i] == value {
					weight[level[i]] += 1 / count[level[i]]
				}
			}
		}
		if parts <= classes {
			best = max(best, gain+slices.Max(weight))
		}
	}
	return best
}

func TestThresholdsAreTheBestOfAll(t *testing.T) {
	for i := range 100 {
		r := rng.New(6).At(uint64(i)).Rand()
		classes := 2 + r.IntN(3)
		z, level := make([]float64, 10+r.IntN(20)), []int(nil)
		for j := range z {
			z[j] = float64(r.IntN(8)) - 3.5
			level = append(level, (int(z[j]+4)/2+r.IntN(2))%classes)
		}
		level, classes = numbered(level)
		classes = max(classes, 2)
		found := newThresholds(z, level, classes)
		present := float64(len(slices.Compact(slices.Sorted(slices.Values(level)))))
		near(t, "balanced accuracy", found.balancedAccuracy(z, level), bestIntervals(z, level, classes)/present, 1e-12)
		if len(found.class) > classes || len(found.at) != len(found.class)-1 || !slices.IsSorted(found.at) {
			t.Errorf("got %d intervals at %v, want at most %d in order", len(found.class), found.at, classes)
		}
	}
}

// Two ordered factors a, b with codes (a + b, b) by hand: a is half of the variance of a + b, so that
// its squared correlations are ½ and 0, those of b ½ and 1.
func TestSAPOfOrderedFactorsByHand(t *testing.T) {
	f := gridFactors(5, 5)
	f[0].Ordered = true
	var z [][]float64
	for i := range f[0].Level {
		a, b := float64(f[0].Level[i]), float64(f[1].Level[i])
		z = append(z, []float64{a + b, b})
	}
	sap, table, err := SAP(z, f, rng.New(1))
	fine(t, err)
	for j, row := range [][]float64{{.5, .5}, {0, 1}} {
		for k, v := range row {
			near(t, "R²", table[j][k], v, 1e-14)
		}
	}
	near(t, "SAP", sap, .5, 1e-14)
	// A kind of three whose order means nothing: levels 0 and 2 lie together, 1 apart. Two intervals
	// find one of the three wholly, and the other two as one: a = 2/3, S = ½.
	kinds := gridFactors(3, 200)[:1]
	z = nil
	for _, l := range kinds[0].Level {
		z = append(z, []float64{float64(l % 2), 1})
	}
	_, table, err = SAP(z, kinds, rng.New(2))
	fine(t, err)
	near(t, "S of two kinds that lie together", table[0][0], .5, 1e-14)
	near(t, "S of an element that says nothing", table[1][0], 0, 1e-14)
}

func TestSquaredCorrelationOfWhatDoesNotVaryIsNothing(t *testing.T) {
	near(t, "values", squaredCorrelation([]float64{2, 2, 2}, []int{1, 2, 3}), 0, 0)
	near(t, "levels", squaredCorrelation([]float64{1, 2, 3}, []int{1, 1, 1}), 0, 0)
	near(t, "a line downwards", squaredCorrelation([]float64{3, 2, 1}, []int{0, 1, 2}), 1, 1e-15)
	// Covariance 0.3 of variances 2/3 and 2/9: values 0 1 2, levels 0 0 1.
	near(t, "three rows", squaredCorrelation([]float64{0, 1, 2}, []int{0, 0, 1}), math.Pow(1./3, 2)/(2./3*2./9), 1e-14)
}

func TestSAPWantsRowsToJudgeOn(t *testing.T) {
	_, _, err := SAP([][]float64{{1}, {2}}, []Factor{{Name: "a", Level: []int{0, 1}}}, rng.New(1))
	fails(t, err, "SAP: rows: got 2, want at least 4")
}
