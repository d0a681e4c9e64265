package eval

import (
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// tiedSample draws n scores from a few levels, so that ties abound; positives lean up.
func tiedSample(key rng.Key, n, levels int) (scores []float64, positive []bool) {
	r := key.Rand()
	for i := range n {
		pos := i < 2 && i == 1 || i >= 2 && r.IntN(3) == 0
		scores = append(scores, float64(r.IntN(levels)+b2i(pos)*r.IntN(3)))
		positive = append(positive, pos)
	}
	return scores, positive
}

// pairwise is the definition of AUROC: all pairs of a positive and a negative.
func pairwise(scores []float64, positive []bool) float64 {
	var won, pairs float64
	for i, s := range scores {
		for j, u := range scores {
			if !positive[i] || positive[j] {
				continue
			}
			pairs++
			switch {
			case s > u:
				won++
			case s == u:
				won += 0.5
			}
		}
	}
	return won / pairs
}

// rates are the true- and false-positive counts of the rule score ≥ threshold.
func rates(scores []float64, positive []bool, threshold float64) (tp, fp, p int) {
	for i, s := range scores {
		p += b2i(positive[i])
		if s >= threshold {
			tp += b2i(positive[i])
			fp += b2i(!positive[i])
		}
	}
	return tp, fp, p
}

func TestAUROCEqualsTheCountOfPairs(t *testing.T) {
	for i := range 200 {
		key := rng.New(1).At(uint64(i))
		scores, positive := tiedSample(key, 2+i%60, 1+i%9)
		before := slices.Clone(scores)
		near(t, "AUROC", must(AUROC(scores, positive))(t), pairwise(scores, positive), 1e-14)
		if !slices.Equal(before, scores) {
			t.Fatal("AUROC reordered its input")
		}
	}
}

func TestAUROCOfKnownCases(t *testing.T) {
	for _, c := range []struct {
		scores   []float64
		positive []bool
		want     float64
	}{
		{[]float64{1, 2, 3, 4}, []bool{false, false, true, true}, 1},
		{[]float64{4, 3, 2, 1}, []bool{false, false, true, true}, 0},
		{[]float64{7, 7, 7, 7}, []bool{false, true, false, true}, 0.5},
		{[]float64{0.1, 0.4, 0.35, 0.8}, []bool{false, false, true, true}, 0.75},
		{[]float64{math.Inf(-1), 0, math.Inf(1)}, []bool{false, false, true}, 1},
	} {
		near(t, "AUROC", must(AUROC(c.scores, c.positive))(t), c.want, 1e-15)
	}
}

func TestFPRAtTPRIsTheBestThreshold(t *testing.T) {
	for i := range 200 {
		scores, positive := tiedSample(rng.New(2).At(uint64(i)), 2+i%50, 1+i%12)
		for _, tpr := range []float64{0.05, 0.5, 0.9, 0.95, 1} {
			want := math.Inf(1)
			for _, threshold := range scores {
				tp, fp, p := rates(scores, positive, threshold)
				if float64(tp) >= tpr*float64(p)-1e-9 {
					want = min(want, float64(fp)/float64(len(scores)-p))
				}
			}
			near(t, "FPRAtTPR", must(FPRAtTPR(scores, positive, tpr))(t), want, 1e-15)
		}
	}
}

func TestAUPRSumsPrecisionOverThresholds(t *testing.T) {
	near(t, "AUPR", must(AUPR([]float64{0.1, 0.4, 0.35, 0.8}, []bool{false, false, true, true}))(t), 0.5*1+0.5*2/3, 1e-15)
	for i := range 100 {
		scores, positive := tiedSample(rng.New(3).At(uint64(i)), 2+i%50, 1+i%12)
		levels := slices.Clone(scores)
		slices.Sort(levels)
		levels = slices.Compact(levels)
		slices.Reverse(levels)
		var want float64
		last := 0
		for _, threshold := range levels {
			tp, fp, p := rates(scores, positive, threshold)
			want += float64(tp-last) / float64(p) * float64(tp) / float64(tp+fp)
			last = tp
		}
		near(t, "AUPR", must(AUPR(scores, positive))(t), want, 1e-12)
	}
}

// The scores of both classes are N(0, 1) and N(1, 1), so the true area is Φ(1/√2). A 90 %
// interval over 200 data sets covers it Binomial(200, ≈0.9) times; the percentile
// bootstrap undercovers slightly at 2 × 60 examples, hence the expectation of 0.88. The
// limits are exact at a false-alarm rate of 0.1 %.
func TestAUROCIntervalCoversTheTruth(t *testing.T) {
	truth := 0.5 * math.Erfc(-1/math.Sqrt2/math.Sqrt2)
	covered := 0
	const replicates = 200
	for i := range replicates {
		key := rng.New(4).At(uint64(i))
		scores := make([]float64, 120)
		key.NormalFloat64(scores)
		positive := make([]bool, len(scores))
		for j := 60; j < len(scores); j++ {
			scores[j]++
			positive[j] = true
		}
		lo, hi, err := AUROCInterval(scores, positive, key.Named("bootstrap"), 200, 0.9)
		if err != nil {
			t.Fatal(err)
		}
		if area := must(AUROC(scores, positive))(t); !(lo < area && area < hi) {
			t.Fatalf("interval [%v, %v] misses its own estimate %v", lo, hi, area)
		}
		covered += b2i(lo <= truth && truth <= hi)
	}
	lo, hi, err := BinomialInterval(replicates, 0.88, 0.999)
	if err != nil {
		t.Fatal(err)
	}
	if covered < lo || covered > hi {
		t.Errorf("covered %d of %d times, want %d to %d", covered, replicates, lo, hi)
	}
}

func TestAUROCIntervalDependsOnTheKeyAlone(t *testing.T) {
	scores, positive := tiedSample(rng.New(5), 40, 30)
	lo1, hi1, _ := AUROCInterval(scores, positive, rng.New(6), 100, 0.95)
	lo2, hi2, _ := AUROCInterval(scores, positive, rng.New(6), 100, 0.95)
	lo3, hi3, _ := AUROCInterval(scores, positive, rng.New(7), 100, 0.95)
	if lo1 != lo2 || hi1 != hi2 {
		t.Error("the same key gave another interval")
	}
	if lo1 == lo3 && hi1 == hi3 {
		t.Error("another key gave the same interval")
	}
}

func TestRankingRefusesBadInput(t *testing.T) {
	both := []bool{true, false}
	_, err := AUROC([]float64{1}, both)
	fails(t, err, "AUROC", "1 scores and 2 classes")
	_, err = AUROC(nil, nil)
	fails(t, err, "0 positives and 0 negatives")
	_, err = AUPR([]float64{1, 2}, []bool{true, true})
	fails(t, err, "AUPR", "2 positives and 0 negatives")
	_, err = AUROC([]float64{1, math.NaN()}, both)
	fails(t, err, "score 1", "NaN")
	for _, tpr := range []float64{0, -1, 1.5, math.NaN()} {
		_, err = FPRAtTPR([]float64{1, 2}, both, tpr)
		fails(t, err, "FPRAtTPR", "true-positive rate")
	}
	_, _, err = AUROCInterval([]float64{1, 2}, both, rng.New(1), 0, 0.9)
	fails(t, err, "AUROCInterval", "resamples")
	_, _, err = AUROCInterval([]float64{1, 2}, both, rng.New(1), 10, 1)
	fails(t, err, "level")
	_, _, err = AUROCInterval([]float64{1}, both, rng.New(1), 10, 0.9)
	fails(t, err, "lengths")
}
