package eval

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/elbo-go/elbo/internal/rng"
)

// binormal draws negatives from N(0, 1) and positives from N(shift, sd²).
func binormal(key rng.Key, negatives, positives int, shift, sd float64) (scores []float64, positive []bool) {
	z := make([]float64, negatives+positives)
	key.NormalFloat64(z)
	for i, v := range z {
		pos := i >= negatives
		if pos {
			v = shift + sd*v
		}
		scores, positive = append(scores, v), append(positive, pos)
	}
	return scores, positive
}

// With counts of one the four figures are those of their own functions, ties or not.
func TestDetectHoldsTheFiguresOfTheSample(t *testing.T) {
	for i := range 50 {
		key := rng.New(3).At(uint64(i))
		scores, positive := tiedSample(key, 4+i, 2+i%9)
		d := must(Detect(scores, positive, key, 5, .9))(t)
		near(t, "AUROC", d.AUROC.Value, must(AUROC(scores, positive))(t), 1e-14)
		near(t, "AUPR", d.AUPR.Value, must(AUPR(scores, positive))(t), 1e-14)
		near(t, "FPR95", d.FPR95.Value, must(FPRAtTPR(scores, positive, .95))(t), 0)
		near(t, "sensitivity", d.Sensitivity.Value, must(TPRAtFPR(scores, positive, .05))(t), 0)
		if d.Positives+d.Negatives != len(scores) || d.Resamples != 5 || d.Level != .9 {
			t.Errorf("got %+v of %d scores", d, len(scores))
		}
		for _, e := range []Bootstrapped{d.AUROC, d.AUPR, d.FPR95, d.Sensitivity} {
			if !(0 <= e.Lo && e.Lo <= e.Hi && e.Hi <= 1) {
				t.Errorf("got interval %+v, want it within [0, 1]", e)
			}
		}
	}
}

// The interval of AUROC is that of [AUROCInterval] under the same key.
func TestDetectAndAUROCIntervalAgree(t *testing.T) {
	scores, positive := binormal(rng.New(4), 40, 30, 1, 1)
	lo, hi, err := AUROCInterval(scores, positive, rng.New(5), 100, .9)
	d := must(Detect(scores, positive, rng.New(5), 100, .9))(t)
	if err != nil || lo != d.AUROC.Lo || hi != d.AUROC.Hi {
		t.Errorf("got %+v, want %v to %v (%v)", d.AUROC, lo, hi, err)
	}
}

// The sensitivity is the best over all thresholds that keep the rate, by trying them all.
func TestTPRAtFPRTriesAllThresholds(t *testing.T) {
	for i := range 100 {
		key := rng.New(6).At(uint64(i))
		scores, positive := tiedSample(key, 3+i%40, 2+i%7)
		fpr := float64(i%10) / 10
		best := 0.
		for _, threshold := range scores {
			tp, fp, p := rates(scores, positive, threshold)
			if float64(fp) <= fpr*float64(len(scores)-p)+1e-9 {
				best = max(best, float64(tp)/float64(p))
			}
		}
		near(t, "sensitivity", must(TPRAtFPR(scores, positive, fpr))(t), best, 0)
	}
}

// The binormal model has AUROC = Φ(μ/√(1 + σ²)) and, at a false-positive rate of .05, the
// sensitivity Φ((μ − z)/σ) with z = Φ⁻¹(.95) (Hanley 1988). Intervals of 90 % from 200
// replicates hold the truth as often as a binomial count does in 99.9 % of cases; percentile
// intervals from 60 + 60 scores are known to be a little short, for which 3 % are allowed.
func TestBootstrapIntervalsCoverTheBinormalTruth(t *testing.T) {
	const replicates, level, shift, sd = 200, .9, 1.5, 1.2
	unit := distuv.UnitNormal
	truth := unit.CDF(shift / math.Sqrt(1+sd*sd))
	sensitivity := unit.CDF((shift - unit.Quantile(.95)) / sd)
	var area, rate int
	for i := range replicates {
		key := rng.New(7).At(uint64(i))
		scores, positive := binormal(key.Named("draw"), 60, 60, shift, sd)
		d := must(Detect(scores, positive, key.Named("bootstrap"), 300, level))(t)
		area += b2i(d.AUROC.Lo <= truth && truth <= d.AUROC.Hi)
		rate += b2i(d.Sensitivity.Lo <= sensitivity && sensitivity <= d.Sensitivity.Hi)
	}
	lo, _, err := BinomialInterval(replicates, level-.03, .999)
	if err != nil {
		t.Fatal(err)
	}
	_, hi, err := BinomialInterval(replicates, level+.03, .999)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("AUROC %.4f: %d of %d intervals hold it; sensitivity %.4f: %d; limits %d to %d", truth, area, replicates, sensitivity, rate, lo, hi)
	if area < lo || area > hi {
		t.Errorf("AUROC: %d of %d intervals hold the truth, want %d to %d", area, replicates, lo, hi)
	}
	if rate < lo {
		t.Errorf("sensitivity: %d of %d intervals hold the truth, want at least %d", rate, replicates, lo)
	}
}

func TestDetectRefusesBadInput(t *testing.T) {
	one, two := []float64{1}, []float64{1, 2}
	_, err := Detect(two, []bool{true}, rng.New(1), 10, .9)
	fails(t, err, "lengths")
	_, err = Detect(two, []bool{true, true}, rng.New(1), 10, .9)
	fails(t, err, "2 positives and 0 negatives")
	_, err = Detect(one, []bool{false}, rng.New(1), 10, .9)
	fails(t, err, "0 positives")
	_, err = Detect([]float64{1, math.NaN()}, []bool{true, false}, rng.New(1), 10, .9)
	fails(t, err, "NaN")
	_, err = Detect(two, []bool{true, false}, rng.New(1), 0, .9)
	fails(t, err, "resamples")
	_, err = Detect(two, []bool{true, false}, rng.New(1), 5, 1)
	fails(t, err, "level")
	_, err = TPRAtFPR(two, []bool{true, false}, 1)
	fails(t, err, "false-positive rate")
}
