package forecast

import (
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/plot"
)

const scatterRows = 20_000 // rows of a scatter

// observed draws true targets against predicted means.
func observed(s *scene) (picture, error) {
	shown := s.some("observed", scatterRows)
	predicted := means(s.Predictions)
	dots := plot.Marks{X: pick(predicted, shown), Y: pick(s.Y, shown), Color: 1}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range [][]float64{predicted, s.Y} {
		lo, hi = math.Min(lo, slices.Min(v)), math.Max(hi, slices.Max(v))
	}
	if lo == hi {
		half := math.Max(1e-6, math.Abs(lo)) / 2
		lo, hi = lo-half, hi+half
	}
	room := (hi - lo) / 30
	both := [2]float64{lo - room, hi + room}
	diagonal := plot.Series{Name: "right on the mean", X: both[:], Y: both[:]}
	p := picture{opt: plot.ChartsOptions{Width: 520, Height: 520}}
	p.specs = []plot.ChartSpec{{
		XLabel: "predicted mean of " + s.target(), YLabel: "true " + s.target(), X: both, Y: both,
		Guides: []plot.Series{diagonal}, Marks: []plot.Marks{dots},
	}}
	p.caption = "Points on the dashed line are predicted exactly. A cloud that is less steep than the line predicts extremes too near the middle; one that bends away from it is biased there. " +
		fmt.Sprintf("The root mean square error is %s, the mean error (true minus predicted) %s.", short(rms(s.errors)), short(mean(s.errors)))
	if r2, ok := s.explained(); ok {
		p.caption += fmt.Sprintf(" R² is %s: the share of the target's variance that the mean explains.", short(r2))
	}
	if len(shown) < s.n {
		p.caption += fmt.Sprintf(" Drawn are %d of %s, chosen at random.", len(shown), rows(s.n))
	}
	return p, nil
}

// explained is R², 1 − Σ(y − ŷ)²/Σ(y − ȳ)².
func (s *scene) explained() (r2 float64, ok bool) {
	total := spreadOf(s.Y)
	if s.n < 2 || !(total > 0) {
		return 0, false
	}
	share := rms(s.errors) / total
	return 1 - share*share, true
}

func mean(v []float64) (m float64) {
	for _, x := range v {
		m += x / float64(len(v))
	}
	return m
}
