package eval

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// The p-value is one more than the count of normal scores that are at least as large, over n + 1.
func TestConformalPValuesCountRows(t *testing.T) {
	for i := range 60 {
		key := rng.New(11).At(uint64(i))
		normal, _ := tiedSample(key.Named("normal"), 1+i, 2+i%9)
		scores, _ := tiedSample(key.Named("new"), 1+i%7, 3+i%9)
		got := must(ConformalPValues(normal, scores))(t)
		for j, s := range scores {
			count := 1
			for _, v := range normal {
				count += b2i(v >= s)
			}
			near(t, "p", got[j], float64(count)/float64(len(normal)+1), 1e-15)
		}
	}
}

// A p-value of at most α and a score above the threshold at α are the same event, and so a normal
// row has such a p-value with probability at most α.
func TestConformalPValuesAndThresholdsAgree(t *testing.T) {
	const n, fresh = 199, 4000
	z := make([]float64, n+fresh)
	rng.New(12).NormalFloat64(z)
	p := must(ConformalPValues(z[:n], z[n:]))(t)
	for _, alpha := range []float64{.01, .05, .1, .5} {
		limit := must(ConformalThreshold(z[:n], alpha))(t)
		for i, v := range z[n:] {
			if (v > limit) != (p[i] <= alpha+1e-12) {
				t.Fatalf("α = %v: score %v, threshold %v, p %v", alpha, v, limit, p[i])
			}
		}
	}
}

// Over many calibrations the share of normal rows flagged at 5 % keeps within the limits that a
// binomial count has in 99.9 % of cases: one new row a calibration, so that counts are independent.
func TestConformalFalseAlarmsAreBinomial(t *testing.T) {
	const trials, n, alpha = 4000, 39, .05
	flagged := 0
	z := make([]float64, n+1)
	for i := range trials {
		rng.New(13).At(uint64(i)).NormalFloat64(z)
		for j, v := range z {
			z[j] = math.Exp(3 * v) // any continuous distribution
		}
		flagged += b2i(must(ConformalPValues(z[:n], z[n:]))(t)[0] <= alpha)
	}
	lo, hi, err := BinomialInterval(trials, alpha, .999) // (n+1)α is whole: the rate is exact
	if err != nil {
		t.Fatal(err)
	}
	if flagged < lo || flagged > hi {
		t.Errorf("flagged %d of %d, want %d to %d", flagged, trials, lo, hi)
	}
}

func TestConformalPValuesRefuseBadInput(t *testing.T) {
	_, err := ConformalPValues(nil, []float64{1})
	fails(t, err, "none")
	_, err = ConformalPValues([]float64{1, math.NaN()}, []float64{1})
	fails(t, err, "normal score 1")
	_, err = ConformalPValues([]float64{1}, []float64{math.NaN()})
	fails(t, err, "score 0")
}
