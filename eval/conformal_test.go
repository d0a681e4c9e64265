package eval

import (
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

func TestConformalThresholdIsTheRightOrderStatistic(t *testing.T) {
	scores := func(n int) []float64 { // n … 1, so that the k-th smallest is k
		s := make([]float64, n)
		for i := range s {
			s[i] = float64(n - i)
		}
		return s
	}
	for _, c := range []struct {
		n    int
		fpr  float64
		want float64
	}{
		{9, 0.1, 9}, {19, 0.1, 18}, {99, 0.05, 95}, {100, 0.05, 96}, {99, 0.01, 99},
		{1, 0.5, 1}, {999, 0.07, 930}, {199, 0.29, 142}, {10, 0.999, 1},
	} {
		near(t, "threshold", must(ConformalThreshold(scores(c.n), c.fpr))(t), c.want, 0)
	}
}

func TestConformalThresholdNamesTheSmallestSample(t *testing.T) {
	for _, c := range []struct {
		fpr  float64
		want int
		say  string
	}{{0.1, 9, "at least 9 "}, {0.05, 19, "at least 19 "}, {0.01, 99, "at least 99 "}, {0.03, 33, "at least 33 "}, {0.001, 999, "at least 999 "}} {
		_, err := ConformalThreshold(make([]float64, c.want-1), c.fpr)
		fails(t, err, c.say)
		if _, err := ConformalThreshold(make([]float64, c.want), c.fpr); err != nil {
			t.Errorf("%d scores at %v: %v", c.want, c.fpr, err)
		}
	}
	for _, fpr := range []float64{0, 1, -0.1, math.NaN()} {
		_, err := ConformalThreshold([]float64{1, 2}, fpr)
		fails(t, err, "false-positive rate")
	}
	_, err := ConformalThreshold([]float64{1, math.NaN()}, 0.5)
	fails(t, err, "score 1", "NaN")
}

// With n = 19 + k scores and one new one, all exchangeable and without ties, the alarm
// rate is exactly ⌊(n+1)·fpr⌋/(n+1). One new score a replicate makes the alarms
// independent, so their number is binomial: 99 % limits on the two-sided test, a
// false-alarm rate of 1 % for each of the sizes; and the guarantee rate ≤ fpr is tested
// one-sided at 0.1 %.
func TestConformalAlarmRateIsTheNominalOne(t *testing.T) {
	const replicates, fpr = 4000, 0.1
	for _, n := range []int{9, 25, 99} {
		alarms := 0
		scores := make([]float64, n+1)
		for i := range replicates {
			rng.New(11).At(uint64(n)).At(uint64(i)).NormalFloat64(scores)
			for j, s := range scores { // heavy tails: the distribution must not matter
				scores[j] = math.Sinh(3 * s)
			}
			alarms += b2i(scores[n] > must(ConformalThreshold(scores[:n], fpr))(t))
		}
		exact := math.Floor(float64(n+1)*fpr+1e-9) / float64(n+1)
		lo, hi, err := BinomialInterval(replicates, exact, 0.99)
		if err != nil {
			t.Fatal(err)
		}
		if alarms < lo || alarms > hi {
			t.Errorf("n = %d: %d alarms in %d, want %d to %d for a rate of %v", n, alarms, replicates, lo, hi, exact)
		}
		if _, most, _ := BinomialInterval(replicates, fpr, 0.998); alarms > most {
			t.Errorf("n = %d: %d alarms, more than %d: the guarantee of %v does not hold", n, alarms, most, fpr)
		}
	}
}

// Ties only make the rule more cautious.
func TestConformalGuaranteeHoldsWithTies(t *testing.T) {
	const replicates, fpr, n = 2000, 0.2, 24
	alarms := 0
	for i := range replicates {
		r := rng.New(12).At(uint64(i)).Rand()
		scores := make([]float64, n)
		for j := range scores {
			scores[j] = float64(r.IntN(3))
		}
		before := slices.Clone(scores)
		alarms += b2i(float64(r.IntN(3)) > must(ConformalThreshold(scores, fpr))(t))
		if !slices.Equal(before, scores) {
			t.Fatal("the input was reordered")
		}
	}
	// One-sided at 0.1 %.
	if _, most, _ := BinomialInterval(replicates, fpr, 0.998); alarms > most {
		t.Errorf("%d alarms in %d, want at most %d", alarms, replicates, most)
	}
}
