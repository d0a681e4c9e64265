package forecast

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/plot"
)

const shareRows = 400 // places of the areas

// shares is the epistemic share of the variance by row; a certain prediction has none.
func (s *scene) shares() []float64 {
	out := make([]float64, s.n)
	for i, p := range s.Predictions {
		if e := math.Hypot(p.Epistemic, p.Aleatoric); e > 0 {
			out[i] = p.Epistemic / e * (p.Epistemic / e)
		}
	}
	return out
}

// sources draws what the predicted variance is made of, row by row.
func sources(s *scene) (picture, error) {
	shares := s.shares()
	order := rising(shares)
	low := plot.Area{Name: "epistemic", Color: 2, Shade: .75}
	high := plot.Area{Name: "aleatoric", Color: 1, Shade: .6}
	for k, at := range spaced(s.n, shareRows) {
		x, v := float64(k), 100*shares[order[at]]
		if n := min(s.n, shareRows); n > 1 {
			x = 100 * float64(k) / float64(n-1)
		}
		low.X, low.Lo, low.Hi = append(low.X, x), append(low.Lo, 0), append(low.Hi, v)
		high.X, high.Lo, high.Hi = append(high.X, x), append(high.Lo, v), append(high.Hi, 100)
	}
	if s.n == 1 { // an area needs a width
		for _, a := range []*plot.Area{&low, &high} {
			a.X, a.Lo, a.Hi = []float64{0, 100}, append(a.Lo, a.Lo[0]), append(a.Hi, a.Hi[0])
		}
	}
	shown := s.some("sources", scatterRows)
	dots := plot.Marks{Color: 4}
	top := 1e-9
	for _, i := range shown {
		p := s.Predictions[i]
		dots.X, dots.Y = append(dots.X, p.Aleatoric), append(dots.Y, p.Epistemic)
		top = math.Max(top, math.Max(p.Aleatoric, p.Epistemic))
	}
	both := [2]float64{0, 1.04 * top}
	p := picture{opt: plot.ChartsOptions{Cols: 2, Width: 430, Height: 360}}
	p.specs = []plot.ChartSpec{
		{Title: "Share of the predicted variance", XLabel: "test rows, by rising epistemic share (%)", YLabel: "share of the variance (%)",
			X: [2]float64{0, 100}, Y: [2]float64{0, 100}, Areas: []plot.Area{low, high}},
		{Title: "Deviations of each row", XLabel: "aleatoric deviation of " + s.target(), YLabel: "epistemic deviation of " + s.target(), X: both, Y: both,
			Guides: []plot.Series{{Name: "equal", X: both[:], Y: both[:]}}, Marks: []plot.Marks{dots}},
	}
	p.caption = "The predicted variance is a sum: aleatoric, the noise of the target that stays, and epistemic, what the weights leave open and more rows like this one would take away. " +
		fmt.Sprintf("On average %s of the variance is epistemic. ", percent(mean(shares))) +
		"Rows above the diagonal on the right are unlike those that the model was trained on."
	return p, nil
}
