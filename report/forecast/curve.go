package forecast

import (
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/plot"
)

const (
	curvePoints = 241  // places at which a curve is predicted
	curveMarks  = 3000 // test rows drawn over it
)

// curve draws the prediction over the one input column with its bands, and below the same about
// its mean, where bands can be read that are narrow beside the range of the mean.
func curve(s *scene) (picture, error) {
	at, ps, err := s.sweep()
	if err != nil {
		return picture{}, err
	}
	mean, points := means(ps), s.some("curve", curveMarks)
	here, zero := means(s.Predictions), make([]float64, max(s.n, len(at)))
	draw := func(title, y string, of func([]bnn.Prediction, float64) band, line, dots []float64) plot.ChartSpec {
		return plot.ChartSpec{
			Title: title, XLabel: s.Columns[0], YLabel: y, Areas: bandAreas(at, of(ps, .9), of(ps, .5), line),
			Lines: []plot.Series{{Name: "mean", X: at, Y: minus(mean, line), Color: 1}}, Marks: []plot.Marks{s.curveMarks(points, dots)},
		}
	}
	p := picture{opt: plot.ChartsOptions{Cols: 2, Width: 480, Height: 310}}
	over := []plot.ChartSpec{draw("All uncertainty", s.target(), totalBand, zero, zero), draw("Noise alone (aleatoric)", s.target(), noiseBand, zero, zero)}
	about := []plot.ChartSpec{draw("All uncertainty, about the mean", "true minus predicted, in the same unit", totalBand, mean, here),
		draw("Noise alone, about the mean", "true minus predicted, in the same unit", noiseBand, mean, here)}
	shared(over)
	shared(about)
	p.specs = append(over, about...)
	p.caption = "The line is the predicted mean; half of all targets should fall into the dark band, nine in ten into both together. " +
		"The right charts keep only the noise that stays however many rows one collects; what the left ones add is ignorance of the weights (epistemic), which should grow where no rows are. " +
		"The lower charts show the same less the mean."
	if s.At != nil {
		p.caption += " The curve reaches beyond the test rows by a quarter of their range on each side."
	}
	if len(points) < s.n {
		p.caption += fmt.Sprintf(" Of %s, %d are drawn.", rows(s.n), len(points))
	}
	return p, nil
}

// bandAreas are the areas of two bands, less a line.
func bandAreas(at []float64, outer, inner band, line []float64) []plot.Area {
	return []plot.Area{
		{Name: "90 %", X: at, Lo: minus(outer.lo, line), Hi: minus(outer.hi, line), Color: 1, Shade: .2},
		{Name: "50 %", X: at, Lo: minus(inner.lo, line), Hi: minus(inner.hi, line), Color: 1, Shade: .35},
	}
}

// curveMarks are some test rows, less an origin for each.
func (s *scene) curveMarks(points []int, origin []float64) plot.Marks {
	m := plot.Marks{Name: "test rows", Size: dotSize(len(points)), X: make([]float64, len(points)), Y: make([]float64, len(points))}
	for i, r := range points {
		m.X[i], m.Y[i] = float64(s.X[r][0]), s.Y[r]-origin[r]
	}
	return m
}

// minus is a − b for each of a.
func minus(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i, v := range a {
		out[i] = v - b[i]
	}
	return out
}

// dotSize keeps points from hiding a curve; many are left to the usual sizes.
func dotSize(n int) float64 {
	if n > 200 {
		return 0
	}
	return 2
}

// sweep predicts along the column: over half as much again as its range, or at the test rows alone.
func (s *scene) sweep() (at []float64, ps []bnn.Prediction, err error) {
	order := slices.Clone(count(s.n))
	slices.SortStableFunc(order, func(a, b int) int {
		return int(b2f(s.X[a][0] > s.X[b][0]) - b2f(s.X[a][0] < s.X[b][0]))
	})
	lo, hi := float64(s.X[order[0]][0]), float64(s.X[order[s.n-1]][0])
	if s.At == nil {
		for _, k := range spaced(s.n, 2*curvePoints) {
			if i := order[k]; len(at) == 0 || float64(s.X[i][0]) > at[len(at)-1] {
				at, ps = append(at, float64(s.X[i][0])), append(ps, s.Predictions[i])
			}
		}
		return at, ps, nil
	}
	if lo == hi {
		half := math.Max(1, math.Abs(lo)) / 2
		lo, hi = lo-half, hi+half
	}
	x := make([][]float32, curvePoints)
	for i := range x {
		v := float32(math.Min(math.Max(lo-(hi-lo)/4+1.5*(hi-lo)*float64(i)/(curvePoints-1), -math.MaxFloat32), math.MaxFloat32))
		x[i], at = []float32{v}, append(at, float64(v))
	}
	ps, err = s.predict(x)
	return at, ps, err
}

// predict asks the caller's function and checks what it returns.
func (s *scene) predict(x [][]float32) ([]bnn.Prediction, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	ps, err := s.At(x)
	if err != nil {
		return nil, fmt.Errorf("predicting %d rows: %w", len(x), err)
	}
	if len(ps) != len(x) {
		return nil, fmt.Errorf("predicting: got %d predictions, want %d", len(ps), len(x))
	}
	for i, p := range ps {
		if err := checkPrediction(p, 0); err != nil {
			return nil, fmt.Errorf("predicting row %v: %w", x[i], err)
		}
	}
	return ps, nil
}

// shared gives charts one range of y: what their areas, lines and marks cover, and a twentieth.
func shared(specs []plot.ChartSpec) {
	lo, hi := math.Inf(1), math.Inf(-1)
	add := func(vs ...[]float64) {
		for _, v := range vs {
			lo, hi = math.Min(lo, slices.Min(v)), math.Max(hi, slices.Max(v))
		}
	}
	for _, c := range specs {
		for _, a := range c.Areas {
			add(a.Lo, a.Hi)
		}
		for _, l := range c.Lines {
			add(l.Y)
		}
		for _, m := range c.Marks {
			add(m.Y)
		}
	}
	room := (hi - lo) / 20
	if !finite(room) {
		return
	}
	for i := range specs {
		specs[i].Y = [2]float64{lo - room, hi + room}
	}
}
