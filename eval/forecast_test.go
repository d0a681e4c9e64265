package eval

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// The curve is what sorting and averaging every prefix gives; scores without ties.
func TestRejectionIsTheErrorOfThePrefixes(t *testing.T) {
	r := rng.New(11).Rand()
	n := 57
	scores, losses := make([]float64, n), make([]float64, n)
	for i := range scores {
		scores[i], losses[i] = r.Float64(), float64(r.IntN(3))
	}
	c := must(Rejection(scores, losses))(t)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
	area := 0.
	for refused := range n {
		sum := 0.
		for _, i := range order[:n-refused] {
			sum += losses[i]
		}
		near(t, "refused", c.Refused[refused], float64(refused)/float64(n), 1e-15)
		near(t, "risk", c.Risk[refused], sum/float64(n-refused), 1e-13)
		area += sum / float64(n-refused) / float64(n)
	}
	near(t, "area", c.Area, area, 1e-13)
}

// Equal scores are one step, and their area is the mean over all orders of the tie.
func TestRejectionOfTiedScores(t *testing.T) {
	c := must(Rejection([]float64{1, 1, 1}, []float64{1, 0, 0}))(t)
	if len(c.Risk) != 1 || c.Refused[0] != 0 {
		t.Fatalf("got %v at %v, want one point", c.Risk, c.Refused)
	}
	near(t, "risk", c.Risk[0], 1./3, 1e-15)
	near(t, "area", c.Area, 1./3, 1e-15)
	mean := 0.
	for _, losses := range [][]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}} {
		mean += must(Rejection([]float64{1, 2, 3}, losses))(t).Area / 3
	}
	near(t, "area over orders", mean, 1./3, 1e-15)
	c = must(Rejection([]float64{2, 1, 2, 3}, []float64{1, 0, 0, 1}))(t)
	for i, want := range [][2]float64{{0, .5}, {.25, 1. / 3}, {.75, 0}} {
		near(t, "refused", c.Refused[i], want[0], 1e-15)
		near(t, "risk", c.Risk[i], want[1], 1e-15)
	}
	_, err := Rejection(nil, nil)
	fails(t, err, "Rejection", "lengths")
	_, err = Rejection([]float64{1, math.NaN()}, []float64{1, 2})
	fails(t, err, "row 1")
}

func TestSpreadSkillByHand(t *testing.T) {
	bins, ence, err := SpreadSkill([]float64{2, 1, 2, 1}, []float64{-3, 1, 1, -1}, 2)
	if err != nil || len(bins) != 2 {
		t.Fatalf("got %v, %v, want two bins", bins, err)
	}
	near(t, "first SD", bins[0].SD, 1, 1e-15)
	near(t, "first RMSE", bins[0].RMSE, 1, 1e-15)
	near(t, "second SD", bins[1].SD, 2, 1e-15)
	near(t, "second RMSE", bins[1].RMSE, math.Sqrt(5), 1e-15)
	near(t, "ENCE", ence, (math.Sqrt(5)-2)/2/2, 1e-15)
	// χ²₂ is exponential: its p-quantile is −2 ln(1 − p).
	near(t, "lower bound", bins[1].Lo, math.Sqrt(2*5/(-2*math.Log(.025))), 1e-9)
	near(t, "upper bound", bins[1].Hi, math.Sqrt(2*5/(-2*math.Log(.975))), 1e-9)
}

// Whatever the bins, counts and mean squares add up to those of all rows, deviations rise, and
// rows of one deviation stay together.
func TestSpreadSkillKeepsTheSums(t *testing.T) {
	r := rng.New(12).Rand()
	for _, n := range []int{1, 2, 9, 10, 11, 400} {
		for _, levels := range []int{1, 3, 1 << 20} {
			sds, errors := make([]float64, n), make([]float64, n)
			var se, va float64
			for i := range sds {
				sds[i] = float64(1 + r.IntN(levels))
				errors[i] = sds[i] * r.NormFloat64()
				se, va = se+errors[i]*errors[i], va+sds[i]*sds[i]
			}
			bins, _, err := SpreadSkill(sds, errors, 10)
			if err != nil {
				t.Fatal(err)
			}
			count, sumSE, sumVA, last := 0, 0., 0., 0.
			for _, b := range bins {
				count += b.Count
				sumSE += float64(b.Count) * b.RMSE * b.RMSE
				sumVA += float64(b.Count) * b.SD * b.SD
				if b.SD <= last || !(b.Lo <= b.RMSE && b.RMSE <= b.Hi) && b.Count > 3 {
					t.Errorf("%d rows, %d levels: bin %+v after one of deviation %v", n, levels, b, last)
				}
				last = b.SD
			}
			if count != n || len(bins) > min(10, n, levels) {
				t.Errorf("%d rows, %d levels: got %d rows in %d bins", n, levels, count, len(bins))
			}
			near(t, "squared errors", sumSE, se, 1e-9*se)
			near(t, "variances", sumVA, va, 1e-9*va)
		}
	}
}

func TestSpreadSkillAtZeroDeviation(t *testing.T) {
	_, ence, err := SpreadSkill([]float64{0, 0}, []float64{0, 0}, 3)
	if err != nil || ence != 0 {
		t.Errorf("no spread and no error: got %v, %v, want 0", ence, err)
	}
	if _, ence, _ = SpreadSkill([]float64{0, 0}, []float64{0, 1}, 3); !math.IsInf(ence, 1) {
		t.Errorf("no spread and an error: got %v, want +Inf", ence)
	}
	_, _, err = SpreadSkill([]float64{1}, nil, 3)
	fails(t, err, "SpreadSkill", "1 deviations, 0 errors")
	_, _, err = SpreadSkill([]float64{-1}, []float64{1}, 3)
	fails(t, err, "row 0")
}

// The interval of RMSE holds the true one in 95 % of bins: 400 bins of 8 normal errors, the count
// within the 99.9 % range of the binomial.
func TestSpreadIntervalsCover(t *testing.T) {
	r := rng.New(13).Rand()
	inside := 0
	for range 400 {
		sds, errors := make([]float64, 8), make([]float64, 8)
		for i := range sds {
			sds[i], errors[i] = 1, 3*r.NormFloat64()
		}
		bins, _, err := SpreadSkill(sds, errors, 1)
		if err != nil {
			t.Fatal(err)
		}
		inside += b2i(bins[0].Lo <= 3 && 3 <= bins[0].Hi)
	}
	if lo, hi, _ := BinomialInterval(400, .95, .999); inside < lo || inside > hi {
		t.Errorf("covered %d of 400, want %d … %d", inside, lo, hi)
	}
}

func TestConfusionCountsByTrueAndPredictedClass(t *testing.T) {
	got := must(Confusion([][]float64{{.9, .1, 0}, {.2, .5, .3}, {.1, .8, .1}, {.5, .5, 0}}, []int{0, 2, 1, 1}))(t)
	for i, want := range [][]int{{1, 0, 0}, {1, 1, 0}, {0, 1, 0}} {
		if !slices.Equal(got[i], want) {
			t.Errorf("class %d: got %v, want %v", i, got[i], want)
		}
	}
	_, err := Confusion([][]float64{{.9, .1}}, []int{2})
	fails(t, err, "Confusion", "label")
}
