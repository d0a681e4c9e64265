package eval

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

func TestTheFrontierIsWhatNoPointBeats(t *testing.T) {
	for i := range 200 {
		r := rng.New(1).At(uint64(i)).Rand()
		points := make([]RatePoint, 1+r.IntN(30))
		for j := range points {
			points[j] = RatePoint{Rate: float64(r.IntN(10)), Distortion: float64(r.IntN(10))}
		}
		got, err := RateFrontier(points)
		fine(t, err)
		for _, p := range points {
			beaten := slices.ContainsFunc(points, func(q RatePoint) bool {
				return q.Rate <= p.Rate && q.Distortion <= p.Distortion && (q.Rate < p.Rate || q.Distortion < p.Distortion)
			})
			if slices.Contains(got, p) == beaten {
				t.Fatalf("%+v: beaten is %v", p, beaten)
			}
		}
		for j := 1; j < len(got); j++ {
			if !(got[j].Rate > got[j-1].Rate && got[j].Distortion < got[j-1].Distortion) {
				t.Fatalf("got %+v before %+v", got[j-1], got[j])
			}
		}
	}
	_, err := RateFrontier([]RatePoint{{Name: "a", Rate: math.NaN()}})
	fails(t, err, `point 0 "a"`)
}

// The distortion of a normal source of variance s² at rate R is D = ½ s² e^{−2R} (half the squared
// error), so that D + βR is least at R = ½ ln(s²/β), where the slope is −β. Slopes between neighbours
// lie between the β of their ends.
func TestSlopesLieBetweenTheWeights(t *testing.T) {
	const s2 = 40.
	var points []RatePoint
	for _, beta := range []float64{.25, 4, 1, .5, 2} {
		r := .5 * math.Log(s2/beta)
		points = append(points, RatePoint{Beta: beta, Rate: r, Distortion: .5 * s2 * math.Exp(-2*r)})
	}
	front, err := RateFrontier(points)
	fine(t, err)
	if len(front) != len(points) {
		t.Fatalf("got %d points, want all %d", len(front), len(points))
	}
	for i, slope := range RateSlopes(front) {
		if lo, hi := front[i+1].Beta, front[i].Beta; !(slope > lo && slope < hi) {
			t.Errorf("slope %v, want %v to %v", slope, lo, hi)
		}
	}
	if got := RateSlopes(front[:1]); got != nil {
		t.Errorf("slopes of one point: got %v, want none", got)
	}
}

// Of a mean with groups of one row, the standard error is the sample deviation over √n.
func TestTheJackknifeOfAMeanIsItsStandardError(t *testing.T) {
	ctx, x := context.Background(), column(noise(30, 1, 3), 0)
	mean := func(rows []int) (float64, error) {
		sum := 0.
		for _, i := range rows {
			sum += x[i] / float64(len(rows))
		}
		return sum, nil
	}
	se, err := Jackknife(ctx, len(x), len(x), rng.New(1), mean)
	fine(t, err)
	near(t, "standard error", se, math.Sqrt(varianceOf(x)/29), 1e-14)
	coarse, err := Jackknife(ctx, len(x), 10, rng.New(1), mean)
	fine(t, err)
	near(t, "of ten groups", coarse, se, 2.5*se/math.Sqrt(18)) // 2.5 deviations of an estimate with 9 degrees
	_, err = Jackknife(ctx, 3, 4, rng.New(1), mean)
	fails(t, err, "groups: got 4 of 3")
	broken := errors.New("broken")
	if _, err = Jackknife(ctx, 3, 3, rng.New(1), func([]int) (float64, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Errorf("got %v, want that of the statistic", err)
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if _, err = Jackknife(stopped, 3, 3, rng.New(1), mean); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the context ended", err)
	}
}

// Each group is left out once.
func TestTheJackknifeLeavesOutEveryRowOnce(t *testing.T) {
	left := make([]int, 23)
	_, err := Jackknife(context.Background(), len(left), 5, rng.New(2), func(rows []int) (float64, error) {
		in := make([]bool, len(left))
		for _, i := range rows {
			in[i] = true
		}
		for i, v := range in {
			left[i] += b2i(!v)
		}
		return 0, nil
	})
	fine(t, err)
	for i, n := range left {
		if n != 1 {
			t.Errorf("row %d was left out %d times", i, n)
		}
	}
}
