package forecast

import (
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/plot"
)

const spreadRows = 5000 // rows drawn behind the bins

// spread draws errors against the deviations predicted for them, and how sharp the predictions are.
func spread(s *scene) (picture, error) {
	errs, beyond, ence, err := s.errorChart()
	if err != nil {
		return picture{}, err
	}
	p := picture{specs: []plot.ChartSpec{errs, s.sharpnessChart()}, opt: plot.ChartsOptions{Cols: 2, Width: 430, Height: 360}}
	p.caption = "Left: rows in bins by the deviation predicted for them, at the root mean square of their errors with its 95 % interval. On the dashed line errors are as large as predicted; above it the model is too sure. " +
		"If the points rise, the model knows where it errs; if predictions differ little there is nothing to rise along."
	if finite(ence) && s.n > 1 {
		p.caption += fmt.Sprintf(" The mean relative distance of the bins from the line (ENCE) is %s.", percent(ence))
	}
	switch {
	case beyond == 1:
		p.caption += " The largest error lies above the chart."
	case beyond > 1:
		p.caption += fmt.Sprintf(" The %d largest errors lie above the chart.", beyond)
	}
	p.caption += " Right: the predicted deviations themselves; of two calibrated models the sharper one is better."
	if sd := spreadOf(s.Y); sd > 0 {
		p.caption += fmt.Sprintf(" Without any model the target has a deviation of %s.", short(sd))
	}
	return p, nil
}

// errorChart sets errors against predicted deviations; beyond counts the errors above the chart.
func (s *scene) errorChart() (c plot.ChartSpec, beyond int, ence float64, err error) {
	bins, ence, err := eval.SpreadSkill(s.sd, s.errors, min(10, max(1, s.n/10)))
	if err != nil {
		return c, 0, 0, err
	}
	shown := s.some("spread", spreadRows)
	size := make([]float64, s.n)
	for i, e := range s.errors {
		size[i] = math.Abs(e)
	}
	dots := plot.Marks{Name: "|error| of a row", X: pick(s.sd, shown), Y: pick(size, shown), Color: 5}
	points := plot.Marks{Name: "RMSE of a bin", Color: 1, Size: 4.5}
	top := 0.
	for _, b := range bins {
		points.X, points.Y = append(points.X, b.SD), append(points.Y, b.RMSE)
		points.Lo, points.Hi = append(points.Lo, b.Lo), append(points.Hi, b.Hi)
		top = math.Max(top, math.Max(b.SD, math.Min(b.Hi, 2*b.RMSE)))
	}
	quantiles, err := eval.Quantiles(size, .99)
	if err != nil {
		return c, 0, 0, err
	}
	most := slices.Max(s.sd)
	top = math.Max(1.1*math.Max(top, quantiles[0]), math.Max(most, 1e-9))
	for _, r := range shown {
		if size[r] > top {
			beyond++
		}
	}
	least := slices.Min(s.sd)
	room := math.Max(.05*(most-least), math.Max(.02*most, 1e-9))
	x := [2]float64{math.Max(0, least-room), most + room}
	return plot.ChartSpec{
		Title: "Error by predicted deviation", XLabel: "predicted deviation of " + s.target(), YLabel: "error of the mean, in the same unit",
		X: x, Y: [2]float64{0, top}, Guides: []plot.Series{{Name: "as predicted", X: x[:], Y: x[:]}},
		Marks: []plot.Marks{dots, points},
	}, beyond, ence, nil
}

// sharpnessChart is the histogram of predicted deviations.
func (s *scene) sharpnessChart() plot.ChartSpec {
	bars := histogram(s.sd, edges(s.sd, 20, 20), 100/float64(s.n))
	bars.Color, bars.Shade = 1, .75
	mean := rms(s.sd)
	mid := []float64{mean, mean}
	return plot.ChartSpec{
		Title: "Sharpness", XLabel: "predicted deviation of " + s.target(), YLabel: "share of test rows (%)", Bars: []plot.Bars{bars},
		Guides: []plot.Series{{Name: "root mean square, " + short(mean), X: mid, Y: []float64{0, slices.Max(bars.Heights)}}},
	}
}

// edges are the bounds of at most so many bins of equal width over the values, fewer for few
// values; values that are all equal get one bin with room around it, a share of 1/room of them.
func edges(v []float64, most int, room float64) []float64 {
	lo, hi := slices.Min(v), slices.Max(v)
	if bins := hi - lo; !(bins > 1e-9*math.Abs(hi)) {
		half := math.Max(math.Abs(lo)/room, 1e-9)
		return []float64{lo - half, lo + half}
	}
	n := min(most, max(4, int(math.Sqrt(float64(len(v))))))
	out := make([]float64, n+1)
	for k := range out {
		out[k] = lo + (hi-lo)*float64(k)/float64(n)
	}
	out[n] = hi
	return out
}

// histogram counts values between edges of equal width, each with a weight; the last bin holds
// its upper edge.
func histogram(v, edges []float64, weight float64) plot.Bars {
	b := plot.Bars{Edges: edges, Heights: make([]float64, len(edges)-1)}
	n := float64(len(b.Heights))
	lo, hi := edges[0], edges[len(edges)-1]
	for _, x := range v {
		if x >= lo && x <= hi {
			b.Heights[min(len(b.Heights)-1, int((x-lo)/(hi-lo)*n))] += weight
		}
	}
	return b
}
