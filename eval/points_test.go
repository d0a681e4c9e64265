package eval

import (
	"math"
	"testing"

	"github.com/elbo-go/elbo/internal/rng"
)

// Each point has the mean or the maximum of the windows that hold it, found by looking at all.
func TestPointScoresEqualTheWindowsThatHoldThePoint(t *testing.T) {
	for i := range 200 {
		r := rng.New(21).At(uint64(i)).Rand()
		n := 1 + r.IntN(40)
		length := 1 + r.IntN(n)
		var starts []int
		var scores []float64
		for range r.IntN(30) {
			starts, scores = append(starts, r.IntN(n-length+1)), append(scores, r.NormFloat64())
		}
		for _, largest := range []bool{false, true} {
			got := must(PointScores(scores, starts, length, n, largest))(t)
			for p := range n {
				sum, top, count := 0., math.Inf(-1), 0.
				for w, s := range starts {
					if s <= p && p < s+length {
						sum, top, count = sum+scores[w], max(top, scores[w]), count+1
					}
				}
				want := sum / count // NaN without a window
				if largest && count > 0 {
					want = top
				}
				if math.IsNaN(want) != math.IsNaN(got[p]) || math.Abs(got[p]-want) > 1e-12 {
					t.Fatalf("point %d of %d, max %t: got %v, want %v", p, n, largest, got[p], want)
				}
			}
		}
	}
}

func TestPointScoresRefuseBadInput(t *testing.T) {
	_, err := PointScores([]float64{1}, nil, 2, 5, true)
	fails(t, err, "1 scores of 0 windows")
	_, err = PointScores(nil, nil, 0, 5, true)
	fails(t, err, "windows of 0 points")
	_, err = PointScores([]float64{1}, []int{4}, 2, 5, true)
	fails(t, err, "points 4 to 5")
	_, err = PointScores([]float64{1}, []int{-1}, 2, 5, true)
	fails(t, err, "window 0")
}
