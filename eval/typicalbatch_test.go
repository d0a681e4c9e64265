package eval

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// normalScores draws n scores of mean 5 and deviation 2, moved by a shift.
func normalScores(key rng.Key, n int, shift float64) []float64 {
	x := make([]float64, n)
	key.NormalFloat64(x)
	for i := range x {
		x[i] = 5 + shift + 2*x[i]
	}
	return x
}

// Batches of normal rows have a p-value of at most 5 % in 5 % of cases, up to chance: 400 batches from
// calibrations of their own, and the limits that a binomial count keeps in 99.9 % of cases, with .01 for the
// spread of Ĥ, whose variance is a hundredth of the batch's.
func TestTypicalBatchesKeepTheirRate(t *testing.T) {
	const trials, m = 400, 20
	small := 0
	for i := range trials {
		key := rng.New(41).At(uint64(i))
		p := must(TypicalBatches(normalScores(key.Named("normal"), 100*m, 0), normalScores(key.Named("new"), m, 0), m, 200, key))(t)
		small += b2i(p[0] <= .05)
	}
	lo, _, err := BinomialInterval(trials, .04, .999)
	if err != nil {
		t.Fatal(err)
	}
	_, hi, err := BinomialInterval(trials, .06, .999)
	if err != nil {
		t.Fatal(err)
	}
	if small < lo || small > hi {
		t.Errorf("%d of %d batches have p ≤ .05, want %d to %d", small, trials, lo, hi)
	}
}

// A shift of half a deviation, up or down, that one row cannot show is found in batches of 100: its
// mean lies 5 standard errors off.
func TestTypicalBatchesFindShiftsEitherWay(t *testing.T) {
	normal := normalScores(rng.New(42), 2000, 0)
	for _, shift := range []float64{-1, 1} {
		scores := normalScores(rng.New(43), 1050, shift)
		batches := must(TypicalBatches(normal, scores, 100, 500, rng.New(44)))(t)
		if len(batches) != 10 {
			t.Fatalf("got %d batches, want the 10 whole ones", len(batches))
		}
		for i, p := range batches {
			if p > .02 {
				t.Errorf("shift %v, batch %d: p = %v, want it small", shift, i, p)
			}
		}
		single := must(TypicalBatches(normal, scores, 1, 500, rng.New(44)))(t)
		found := 0
		for _, p := range single {
			found += b2i(p <= .05)
		}
		if found > 150 { // P(|z + ½| > 1.96) = .079
			t.Errorf("shift %v: %d of %d single rows have p ≤ .05, want few", shift, found, len(single))
		}
	}
}

func TestTypicalBatchesRefuseBadInput(t *testing.T) {
	some := []float64{1, 2, 3}
	for _, c := range []struct {
		normal, scores []float64
		m, n           int
		says           string
	}{
		{some, some, 0, 5, "rows of a batch"}, {some, some, 4, 5, "want 1 to 3"}, {some, some, 1, 0, "resamples"},
		{some[:1], some, 1, 5, "normal scores"}, {[]float64{1, math.NaN()}, some, 1, 5, "NaN"}, {some, []float64{math.NaN()}, 1, 5, "NaN"},
	} {
		_, err := TypicalBatches(c.normal, c.scores, c.m, c.n, rng.New(1))
		fails(t, err, c.says)
	}
}
