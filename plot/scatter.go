package plot

import (
	"fmt"
	"image/color"
	"io"
)

const (
	scatterW, scatterH = 680.0, 580.0
	barRoom            = 92.0 // of a colour bar with its labels
)

// Scatter draws points coloured by label, such as latent means by class. A label is an
// index into classes or negative for none; without labels all points share one colour.
// Points that are not finite are left out and counted below the chart.
func Scatter(w io.Writer, xy [][2]float64, labels []int32, classes []string, title, xlabel, ylabel string) error {
	if labels != nil && len(labels) != len(xy) {
		return fmt.Errorf("plot: Scatter: labels: got %d for %d points, want one each", len(labels), len(xy))
	}
	entries, err := classEntries(labels, classes)
	if err != nil {
		return err
	}
	cloud, err := newCloud("Scatter", xy)
	if err != nil {
		return err
	}
	s, err := newSheet("Scatter", scatterW, scatterH+legendHeight(entries, scatterW-2*margin))
	if err != nil {
		return err
	}
	f := cloud.frame(s, s.legend(s.heading(s.page(), title), entries), xlabel, ylabel)
	cloud.draw(f, func(i int) (color.RGBA, shape) {
		if labels == nil {
			return hue(0), disc
		}
		return classLook(labels[i])
	})
	return s.write(w)
}

// classEntries are the legend: the classes that occur.
func classEntries(labels []int32, classes []string) ([]entry, error) {
	seen := make([]bool, len(classes))
	none := false
	for i, l := range labels {
		if int(l) >= len(classes) {
			return nil, fmt.Errorf("plot: Scatter: label %d: got %d, want less than the %d classes", i, l, len(classes))
		}
		if l < 0 {
			none = true
		} else {
			seen[l] = true
		}
	}
	var entries []entry
	for c, ok := range seen {
		if ok {
			ink, in := classLook(int32(c))
			entries = append(entries, markEntry(classes[c], in, ink))
		}
	}
	if none && len(entries) > 0 {
		entries = append(entries, markEntry("no label", disc, faded))
	}
	return entries, nil
}

// classLook is the colour and marker of a class: after ten colours the marker changes.
func classLook(label int32) (color.RGBA, shape) {
	if label < 0 {
		return faded, disc
	}
	return hue(int(label)), shapes[int(label)/len(palette)%len(shapes)]
}

// ScatterValues draws points coloured by a continuous value with a colour bar, such as
// latent means by a factor of variation.
func ScatterValues(w io.Writer, xy [][2]float64, values []float64, name, title, xlabel, ylabel string) error {
	if len(values) != len(xy) {
		return fmt.Errorf("plot: ScatterValues: values: got %d for %d points, want one each", len(values), len(xy))
	}
	cloud, err := newCloud("ScatterValues", xy)
	if err != nil {
		return err
	}
	vs := empty()
	for _, v := range values {
		vs.add(v)
	}
	if !vs.ok() {
		return fmt.Errorf("plot: ScatterValues: values: got no finite one, want at least one")
	}
	vs = vs.padded(0)
	s, err := newSheet("ScatterValues", scatterW+barRoom, scatterH)
	if err != nil {
		return err
	}
	b := s.heading(s.page(), title)
	b.x1 -= barRoom
	f := cloud.frame(s, b, xlabel, ylabel)
	cloud.draw(f, func(i int) (color.RGBA, shape) { return ramp(viridis, share(values[i], vs)), disc })
	s.colorBar(box{b.x1 + 24, f.in.y0, b.x1 + 38, f.in.y1}, viridis, vs, name)
	return s.write(w)
}

// colorBar draws a vertical scale with its name above it.
func (s *sheet) colorBar(b box, stops []color.RGBA, r span, name string) {
	steps := device(b.height())
	for i := range steps {
		y := b.y0 + float64(i)/density
		s.fill(box{b.x0, y, b.x1, y + 1.0/density}, ramp(stops, 1-(float64(i)+0.5)/float64(steps)))
	}
	for _, t := range ticks(r.lo, r.hi, 10, false) {
		s.text(b.x1+7, b.y1-share(t.at, r)*b.height(), t.label, tickType, left)
	}
	name = labelType.fit(name, barRoom)
	s.text(s.w-margin, b.y0-14, name, labelType, right)
}

// cloud is a set of points with those that can be drawn.
type cloud struct {
	xy   [][2]float64
	x, y span
	lost int // points that are not finite
}

func newCloud(what string, xy [][2]float64) (*cloud, error) {
	c := &cloud{xy: xy, x: empty(), y: empty()}
	for _, p := range xy {
		if finite(p[0]) && finite(p[1]) {
			c.x.add(p[0])
			c.y.add(p[1])
		} else {
			c.lost++
		}
	}
	if !c.x.ok() {
		return nil, fmt.Errorf("plot: %s: points: got no finite one of %d, want at least one", what, len(xy))
	}
	return c, nil
}

// frame draws the axes and says what is missing.
func (c *cloud) frame(s *sheet, b box, xlabel, ylabel string) *frame {
	if c.lost > 0 {
		txt := fmt.Sprintf("%d of %d points are not finite and left out", c.lost, len(c.xy))
		s.text(b.x1, b.y1-smallSize/2, txt, smallType, right)
		b.y1 -= smallSize + 6
	}
	return newFrame(s, b, axes{x: c.x.padded(0.04), y: c.y.padded(0.04), xLabel: xlabel, yLabel: ylabel})
}

// draw stamps the points; they shrink and thin out with their number.
func (c *cloud) draw(f *frame, look func(i int) (color.RGBA, shape)) {
	r, alpha := 4.5, 0.85
	switch n := len(c.xy); {
	case n > 5000:
		r, alpha = 1.9, 0.6
	case n > 1000:
		r, alpha = 2.5, 0.7
	case n > 200:
		r, alpha = 3.4, 0.8
	}
	for i, p := range c.xy {
		if finite(p[0]) && finite(p[1]) {
			ink, in := look(i)
			f.s.stamp(point{f.px(p[0]), f.py(p[1])}, r, in, ink, alpha)
		}
	}
}
