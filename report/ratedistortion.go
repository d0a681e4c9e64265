package report

import (
	"fmt"
	"io"
	"math"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/plot"
)

// RateGroup are runs that differ by their seed alone.
type RateGroup struct {
	Name   string           // in the legend
	Points []eval.RatePoint // one a run
}

// RateDistortion draws runs in the plane of rate and distortion, with the frontier of those that no
// other beats and the line of equal bound through the best.
func RateDistortion(w io.Writer, title string, groups []RateGroup) error {
	spec := plot.ChartSpec{XLabel: "rate, KL from the prior in nats", YLabel: "distortion, −E ln p(x|z) in nats"}
	var all []eval.RatePoint
	for i, g := range groups {
		m := plot.Marks{Name: g.Name, Color: i%10 + 1, Shape: i / 10 % 4, Size: 5}
		for _, p := range g.Points {
			m.X, m.Y = append(m.X, p.Rate), append(m.Y, p.Distortion)
		}
		if len(g.Points) > 0 {
			spec.Marks, all = append(spec.Marks, m), append(all, g.Points...)
		}
	}
	if len(all) == 0 {
		return fmt.Errorf("report: rate and distortion: points: got none, want at least one")
	}
	front, err := eval.RateFrontier(all)
	if err != nil {
		return err
	}
	line := plot.Series{Name: "runs that no other beats in both", Color: 9}
	best := math.Inf(1)
	for _, p := range front {
		line.X, line.Y = append(line.X, p.Rate), append(line.Y, p.Distortion)
		best = min(best, p.Rate+p.Distortion)
	}
	if len(front) > 1 {
		spec.Lines = append(spec.Lines, line)
		spec.Guides = append(spec.Guides, equalBound(best, all))
	}
	return plot.Charts(w, title, []plot.ChartSpec{spec}, plot.ChartsOptions{Height: 420})
}

// equalBound is the line R + D = sum within the points' ranges.
func equalBound(sum float64, points []eval.RatePoint) plot.Series {
	x := [2]float64{math.Inf(1), math.Inf(-1)}
	y := x
	for _, p := range points {
		x = [2]float64{min(x[0], p.Rate), max(x[1], p.Rate)}
		y = [2]float64{min(y[0], p.Distortion), max(y[1], p.Distortion)}
	}
	lo, hi := max(x[0], sum-y[1]), min(x[1], sum-y[0])
	return plot.Series{Name: fmt.Sprintf("equal bound, %s nats", number(-sum, 1)), X: []float64{lo, hi}, Y: []float64{sum - lo, sum - hi}}
}
