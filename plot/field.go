package plot

import (
	"fmt"
	"io"
)

// FieldSpec is a function over the plane as colours, with dots on it.
type FieldSpec struct {
	// Title stands above the picture, XLabel and YLabel name the axes.
	Title, XLabel, YLabel string
	// X and Y are the ranges of the axes.
	X, Y [2]float64
	// Values are those of a grid of cells, row by row from the bottom, each row from the left. A cell
	// without a number is marked.
	Values [][]float64
	// Name stands above the colour bar.
	Name string
	// Dots are points over the field; those outside are left out. DotsName stands in the legend.
	Dots     [][2]float64
	DotsName string
}

// Field draws a function over the plane, such as the density of codes, light where it is small.
func Field(w io.Writer, spec FieldSpec) error {
	vs, err := spec.check()
	if err != nil {
		return err
	}
	var entries []entry
	if len(spec.Dots) > 0 {
		entries = append(entries, markEntry(spec.DotsName, disc, hue(fieldDots)))
	}
	s, err := newSheet("Field", scatterW+barRoom, scatterH+legendHeight(entries, scatterW-2*margin))
	if err != nil {
		return err
	}
	b := s.legend(s.heading(s.page(), spec.Title), entries)
	b.x1 -= barRoom
	f := newFrame(s, b, axes{x: span{spec.X[0], spec.X[1]}, y: span{spec.Y[0], spec.Y[1]}, xLabel: spec.XLabel, yLabel: spec.YLabel})
	f.cells(spec.Values, vs)
	for _, p := range spec.Dots {
		if within(p[0], f.x) && within(p[1], f.y) {
			s.stamp(point{f.px(p[0]), f.py(p[1])}, 2, disc, hue(fieldDots), .8)
		}
	}
	s.colorBar(box{b.x1 + 24, f.in.y0, b.x1 + 38, f.in.y1}, blues, vs, spec.Name)
	return s.write(w)
}

// fieldDots is the number of the dots' colour.
const fieldDots = 1

// check refuses a field that cannot be drawn, and returns the range of its values.
func (c FieldSpec) check() (span, error) {
	for _, r := range [][2]float64{c.X, c.Y} {
		if !finite(r[0]) || !finite(r[1]) || !(r[0] < r[1]) {
			return span{}, fmt.Errorf("plot: Field: range: got %v, want finite ends in rising order", r)
		}
	}
	vs := empty()
	for i, row := range c.Values {
		if len(row) == 0 || len(row) != len(c.Values[0]) {
			return span{}, fmt.Errorf("plot: Field: row %d: got %d values, want %d as in row 0 and at least one", i, len(row), len(c.Values[0]))
		}
		for _, v := range row {
			vs.add(v)
		}
	}
	if !vs.ok() {
		return span{}, fmt.Errorf("plot: Field: values: got no finite one, want at least one")
	}
	return vs.padded(0), nil
}

// cells fills the frame with the colours of values; neighbours share the pixels between them.
func (f *frame) cells(values [][]float64, vs span) {
	h, w := float64(len(values)), float64(len(values[0]))
	for i, row := range values {
		for j, v := range row {
			b := box{
				f.in.x0 + float64(j)/w*f.in.width(), f.in.y1 - float64(i+1)/h*f.in.height(),
				f.in.x0 + float64(j+1)/w*f.in.width(), f.in.y1 - float64(i)/h*f.in.height(),
			}
			f.s.fill(b, ramp(blues, share(v, vs)))
		}
	}
}
