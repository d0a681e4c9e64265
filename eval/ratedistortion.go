package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// RatePoint is what one run reaches in the plane of rate and distortion (Alemi et al. 2018, eq. 3
// and 4), in nats. Rate + Distortion is minus the ELBO, and no less than the entropy of the data.
type RatePoint struct {
	Name       string  // of the run
	Beta       float64 // weight of the rate in training
	Rate       float64 // R, the mean KL divergence of q(z|x) from the prior
	Distortion float64 // D, the mean of −E_q ln p(x|z)
}

// RateFrontier returns the points that no other beats: at their rate none has less distortion, at
// their distortion none a lower rate. They come by rising rate, and so by falling distortion.
func RateFrontier(points []RatePoint) ([]RatePoint, error) {
	for i, p := range points {
		if math.IsNaN(p.Rate+p.Distortion) || math.IsInf(p.Rate+p.Distortion, 0) {
			return nil, fmt.Errorf("eval: RateFrontier: point %d %q: got rate %v and distortion %v, want finite numbers", i, p.Name, p.Rate, p.Distortion)
		}
	}
	sorted := slices.Clone(points)
	slices.SortStableFunc(sorted, func(a, b RatePoint) int {
		return cmp.Or(cmp.Compare(a.Rate, b.Rate), cmp.Compare(a.Distortion, b.Distortion))
	})
	var out []RatePoint
	for _, p := range sorted {
		if len(out) == 0 || p.Distortion < out[len(out)-1].Distortion {
			out = append(out, p)
		}
	}
	return out, nil
}

// RateSlopes are −ΔD/ΔR between neighbours of a frontier. Along the best that a family of models
// reaches, the slope is the β that the point was trained with (Alemi et al. 2018, section 2), so that
// each lies between the β of its ends where training came that far.
func RateSlopes(frontier []RatePoint) []float64 {
	var out []float64
	for i := 1; i < len(frontier); i++ {
		a, b := frontier[i-1], frontier[i]
		out = append(out, (a.Distortion-b.Distortion)/(b.Rate-a.Rate))
	}
	return out
}
