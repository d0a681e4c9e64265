package forecast

import (
	"fmt"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/plot"
)

const intervalRows = 150 // more bars would touch

// intervals draws test rows by rising prediction with their 90 % intervals and true targets, and
// the same about the predicted mean.
func intervals(s *scene) (picture, error) {
	order := rising(means(s.Predictions))
	shown := spaced(s.n, intervalRows)
	for k, at := range shown {
		shown[k] = order[at]
	}
	ps := make([]bnn.Prediction, len(shown))
	for k, i := range shown {
		ps[k] = s.Predictions[i]
	}
	b := totalBand(ps, .9)
	x := [2]float64{0, float64(len(shown) + 1)}
	p := picture{opt: plot.ChartsOptions{Width: 920, Height: 300}}
	p.specs = []plot.ChartSpec{
		{XLabel: "test row, by rising prediction", YLabel: s.target(), X: x, Whole: true, Marks: s.intervalMarks(shown, b, make([]float64, s.n))},
		{Title: "The same rows about their predicted mean", XLabel: "test row, by rising prediction", YLabel: "true minus predicted, in the same unit", X: x, Whole: true,
			Marks: s.intervalMarks(shown, b, means(s.Predictions))},
	}
	p.caption = "Each bar is the central interval that should hold the true target nine times in ten; red diamonds lie outside theirs. Narrow bars with few diamonds are what one wants. " +
		s.coverageText(.9)
	if len(shown) < s.n {
		p.caption += fmt.Sprintf(" Drawn are %d of %s, evenly spaced by rank.", len(shown), rows(s.n))
	}
	return p, nil
}

// intervalMarks are the layers of some rows with their intervals, less an origin for each row.
func (s *scene) intervalMarks(shown []int, b band, origin []float64) []plot.Marks {
	bars := plot.Marks{Name: "90 % interval", NoPoint: true, Color: 1}
	mean := plot.Marks{Name: "predicted mean", Color: 1, Size: 2.2}
	in := plot.Marks{Name: "true, inside", Size: 2.6}
	out := plot.Marks{Color: 3, Shape: 2, Size: 4.2}
	for k, i := range shown {
		x, at := float64(k+1), origin[i]
		bars.X, bars.Lo, bars.Hi = append(bars.X, x), append(bars.Lo, b.lo[k]-at), append(bars.Hi, b.hi[k]-at)
		mean.X, mean.Y = append(mean.X, x), append(mean.Y, s.Predictions[i].Mean-at)
		side := &out
		if s.covered(i) {
			side = &in
		}
		side.X, side.Y = append(side.X, x), append(side.Y, s.Y[i]-at)
	}
	bars.Y = mean.Y
	out.Name = fmt.Sprintf("true, outside (%d of %d)", len(out.X), len(shown))
	return []plot.Marks{bars, mean, in, out}
}
