package forecast

import (
	"fmt"
	"math"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/plot"
)

// calibration draws the coverage of central intervals and the histogram of PIT values.
func calibration(s *scene) (picture, error) {
	cover, gap, err := s.coverageChart()
	if err != nil {
		return picture{}, err
	}
	hist, pit, err := s.pitChart()
	if err != nil {
		return picture{}, err
	}
	p := picture{specs: []plot.ChartSpec{cover, hist}, opt: plot.ChartsOptions{Cols: 2, Width: 430, Height: 380}}
	p.caption = "Left: how many of the true targets lie in central intervals that should hold a given share; below the diagonal the intervals are too narrow, above it too wide. " +
		fmt.Sprintf("The mean distance from the diagonal is %s. ", percent(gap)) +
		"Right: the probability that the prediction gave to targets up to the true one (PIT), flat if right; piles at both ends mean intervals too narrow, a hump too wide, a slope a bias. " +
		"The grey bands hold what a right model gives 19 times in 20 at each place."
	if s.n >= 10 {
		p.caption += fmt.Sprintf(" For uniform values, a distance from flat as large as this one's has probability %s (Kolmogorov and Smirnov).", short(pit.PValue))
	}
	return p, nil
}

// coverageChart sets nominal against observed coverage; gap is the mean distance of the two.
func (s *scene) coverageChart() (c plot.ChartSpec, gap float64, err error) {
	seen := plot.Series{Name: "observed", X: []float64{0}, Y: []float64{0}, Color: 1}
	const steps = 19 // 5 % … 95 %
	lo, hi := make([]float64, s.n), make([]float64, s.n)
	for k := 1; k <= steps; k++ {
		level := float64(k) / (steps + 1)
		for i := range s.n { // an interval of the target is one of its PIT value
			lo[i], hi[i] = (1-level)/2, (1+level)/2
		}
		cov, err := eval.IntervalCoverage(lo, hi, s.u)
		if err != nil {
			return c, 0, err
		}
		gap += math.Abs(cov.Share-level) / steps
		seen.X, seen.Y = append(seen.X, 100*level), append(seen.Y, 100*cov.Share)
	}
	dots := plot.Marks{X: seen.X[1:], Y: seen.Y[1:], Color: 1, Size: 3}
	seen.X, seen.Y = append(seen.X, 100), append(seen.Y, 100)
	room := plot.Area{Name: "a right model, 95 %", Shade: .55}
	for k := range 101 {
		l, h, err := eval.BinomialInterval(s.n, float64(k)/100, .95)
		if err != nil {
			return c, 0, err
		}
		room.X = append(room.X, float64(k))
		room.Lo, room.Hi = append(room.Lo, 100*float64(l)/float64(s.n)), append(room.Hi, 100*float64(h)/float64(s.n))
	}
	ends := []float64{0, 100}
	return plot.ChartSpec{
		Title: "Coverage of central intervals", XLabel: "nominal coverage (%)", YLabel: "observed coverage (% of test rows)",
		X: [2]float64{-1, 101}, Y: [2]float64{-1, 101}, Areas: []plot.Area{room}, Guides: []plot.Series{{X: ends, Y: ends}},
		Lines: []plot.Series{seen}, Marks: []plot.Marks{dots},
	}, gap, nil
}

// pitBins is the number of bins for so many rows.
func pitBins(n int) int {
	switch {
	case n < 50:
		return 5
	case n < 400:
		return 10
	}
	return 20
}

// pitChart gathers the PIT values.
func (s *scene) pitChart() (c plot.ChartSpec, pit eval.PIT, err error) {
	bins := pitBins(s.n)
	if pit, err = eval.PITHistogram(s.u, bins); err != nil {
		return c, pit, err
	}
	l, h, err := eval.BinomialInterval(s.n, 1/float64(bins), .95)
	if err != nil {
		return c, pit, err
	}
	share := func(k int) float64 { return 100 * float64(k) / float64(s.n) }
	bars := plot.Bars{Name: "test rows", Color: 1, Shade: .75, Edges: []float64{0}}
	for b, k := range pit.Counts {
		bars.Edges, bars.Heights = append(bars.Edges, float64(b+1)/float64(bins)), append(bars.Heights, share(k))
	}
	ends, flat := []float64{0, 1}, 100/float64(bins)
	return plot.ChartSpec{
		Title: "Where the truth lies in its prediction", XLabel: "PIT value, F(true target)", YLabel: "share of test rows (%)",
		X: [2]float64{-.01, 1.01}, Bars: []plot.Bars{bars},
		Areas:  []plot.Area{{Name: "a right model, 95 %", X: ends, Lo: []float64{share(l), share(l)}, Hi: []float64{share(h), share(h)}, Shade: .55}},
		Guides: []plot.Series{{X: ends, Y: []float64{flat, flat}}},
	}, pit, nil
}
