package eval

import (
	"fmt"
	"math"
)

// PointScores turns the scores of windows of length points each, which begin at starts, into one
// score a point of a series of n points: the mean of the windows that hold the point, or their
// maximum. A point that no window holds is NaN.
//
// The mean finds where a strange stretch is, the maximum smears it by a window to either side but
// misses no short one.
func PointScores(scores []float64, starts []int, length, n int, max bool) ([]float64, error) {
	if len(scores) != len(starts) {
		return nil, fmt.Errorf("eval: PointScores: got %d scores of %d windows, want as many", len(scores), len(starts))
	}
	if length < 1 || n < 1 {
		return nil, fmt.Errorf("eval: PointScores: got windows of %d points and a series of %d, want at least 1", length, n)
	}
	out, count := make([]float64, n), make([]int, n)
	for w, s := range starts {
		if s < 0 || s+length > n {
			return nil, fmt.Errorf("eval: PointScores: window %d: got points %d to %d, want them within 0 to %d", w, s, s+length-1, n-1)
		}
		for i := s; i < s+length; i++ {
			switch {
			case !max:
				out[i] += scores[w]
			case count[i] == 0 || scores[w] > out[i]:
				out[i] = scores[w]
			}
			count[i]++
		}
	}
	for i, c := range count {
		switch {
		case c == 0:
			out[i] = math.NaN()
		case !max:
			out[i] /= float64(c)
		}
	}
	return out, nil
}
