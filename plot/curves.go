package plot

import (
	"fmt"
	"image/color"
	"io"
	"math"
)

// Series is one line of a chart.
type Series struct {
	// Name stands in the legend.
	Name string
	// X and Y are the points in drawing order. Without X they are numbered from 1. A point
	// that is not finite leaves a gap.
	X, Y []float64
	// Dashed sets the line apart, as for a validation curve in its training curve's colour.
	Dashed bool
	// Color is the number of a palette colour from 1 to 10; 0 takes the next one in turn.
	Color int
}

// CurvesSpec is a chart of lines over a common x axis.
type CurvesSpec struct {
	// Title stands above the chart.
	Title string
	// XLabel and YLabel name the axes with their units.
	XLabel, YLabel string
	// Series are the lines, drawn first to last.
	Series []Series
}

// Curves draws a chart of lines, such as the training and validation ELBO by epoch.
func Curves(w io.Writer, spec CurvesSpec) error {
	if err := spec.check("Curves"); err != nil {
		return err
	}
	s, err := newSheet("Curves", chartW, chartH+legendHeight(spec.entries(), chartW-2*margin))
	if err != nil {
		return err
	}
	spec.draw(s, s.heading(s.page(), spec.Title))
	return s.write(w)
}

// check refuses series that cannot be drawn.
func (c CurvesSpec) check(what string) error {
	points := 0
	for i, l := range c.Series {
		if l.X != nil && len(l.X) != len(l.Y) {
			return fmt.Errorf("plot: %s: series %d %q: got %d x and %d y, want as many", what, i, l.Name, len(l.X), len(l.Y))
		}
		if l.Color < 0 || l.Color > len(palette) {
			return fmt.Errorf("plot: %s: series %d %q: colour: got %d, want 0 to %d", what, i, l.Name, l.Color, len(palette))
		}
		for j := range l.Y {
			if x, y := l.at(j); finite(x) && finite(y) {
				points++
			}
		}
	}
	if points == 0 {
		return fmt.Errorf("plot: %s: points: got no finite one in %d series, want at least one", what, len(c.Series))
	}
	return nil
}

// at is the j-th point.
func (l Series) at(j int) (x, y float64) {
	if l.X == nil {
		return float64(j + 1), l.Y[j]
	}
	return l.X[j], l.Y[j]
}

// look is the colour and dash of the i-th series; the second ten colours are dotted.
func (c CurvesSpec) look(i int) (color.RGBA, []float64) {
	l := c.Series[i]
	n := i
	if l.Color > 0 {
		n = l.Color - 1
	}
	switch {
	case l.Dashed:
		return hue(n), []float64{6, 4}
	case l.Color == 0 && i >= len(palette):
		return hue(n), []float64{2, 3}
	}
	return hue(n), nil
}

// entries are the legend: none for a single series without a name.
func (c CurvesSpec) entries() []entry {
	var out []entry
	for i, l := range c.Series {
		if oneLine(l.Name) != "" {
			ink, dash := c.look(i)
			out = append(out, lineEntry(l.Name, ink, dash...))
		}
	}
	return out
}

// draw puts legend, axes and lines into b.
func (c CurvesSpec) draw(s *sheet, b box) {
	xs, ys, whole := empty(), empty(), true
	for _, l := range c.Series {
		for j := range l.Y {
			if x, y := l.at(j); finite(x) && finite(y) {
				xs.add(x)
				ys.add(y)
				whole = whole && x == math.Trunc(x)
			}
		}
	}
	if whole && xs.lo == xs.hi { // one epoch
		xs = span{xs.lo - 1, xs.hi + 1}
	}
	f := newFrame(s, s.legend(b, c.entries()), axes{
		x: xs.padded(0.015), y: ys.padded(0.05), xLabel: c.XLabel, yLabel: c.YLabel, wholeX: whole,
	})
	for i, l := range c.Series {
		ink, dash := c.look(i)
		for _, run := range f.runs(l) {
			if len(run) == 1 {
				s.stamp(run[0], 3.5, disc, ink, 1)
			}
			s.stroke(run, ink, f.lineWidth(len(run)), dash...)
		}
	}
}

// runs are the unbroken stretches of a series in sheet coordinates. Where many points
// share a pixel column, only the first, lowest, highest and last are kept: the
// picture is the same and drawing stays quick.
func (f *frame) runs(l Series) [][]point {
	var out [][]point
	var run []point
	end := func() {
		if len(run) > 0 {
			out = append(out, thin(run))
		}
		run = nil
	}
	for j := range l.Y {
		x, y := l.at(j)
		if !finite(x) || !finite(y) {
			end()
			continue
		}
		run = append(run, point{f.px(x), f.py(y)})
	}
	end()
	return out
}

// lineWidth is finer for runs so dense that a usual line would only fill their envelope.
func (f *frame) lineWidth(points int) float64 {
	if float64(points) > 1.5*f.in.width() {
		return lineWidth / 2
	}
	return lineWidth
}

// thin drops the inner points of each pixel column.
func thin(run []point) []point {
	var out []point
	for i := 0; i < len(run); {
		j, lo, hi := i, i, i
		for ; j < len(run) && int(run[j].x) == int(run[i].x); j++ {
			if run[j].y < run[lo].y {
				lo = j
			}
			if run[j].y > run[hi].y {
				hi = j
			}
		}
		last := -1
		for _, k := range [4]int{i, min(lo, hi), max(lo, hi), j - 1} {
			if k > last {
				out = append(out, run[k])
				last = k
			}
		}
		i = j
	}
	return out
}
