package plot

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
)

// draw puts legend, axes and layers into b.
func (c ChartSpec) draw(s *sheet, b box) {
	x, y := c.spans()
	a := axes{x: x, y: y, xLabel: c.XLabel, yLabel: c.YLabel, wholeX: c.Whole}
	if a.noX = len(c.Places) > 0; a.noX {
		a.bottom = tickSize + 8
	}
	f := newFrame(s, s.legend(b, c.entries()), a)
	f.places(c.Places)
	for _, a := range c.Areas {
		f.area(a)
	}
	for _, b := range c.Bars {
		f.histogram(b)
	}
	for _, l := range c.Guides {
		for _, run := range f.runs(f.clipped(l)) {
			s.stroke(run, softInk, 1.3, guideDash...)
		}
	}
	lines := CurvesSpec{Series: c.Lines}
	for i, l := range c.Lines {
		ink, dash := lines.look(i)
		for _, run := range f.runs(f.clipped(l)) {
			if len(run) == 1 {
				s.stamp(run[0], 3.5, disc, ink, 1)
			}
			s.stroke(run, ink, f.lineWidth(len(run)), dash...)
		}
	}
	for _, m := range c.Marks {
		f.marks(m)
	}
	f.rug(c.Rug)
}

// places writes names below x = 1, 2, …, each in the room up to its neighbours.
func (f *frame) places(names []string) {
	for i, name := range names {
		room := f.px(2) - f.px(1) - 4
		f.s.text(f.px(float64(i+1)), f.in.y1+8+tickSize/2, tickType.fit(name, room), tickType, center)
	}
}

// clip moves a value into a range.
func clip(v float64, r span) float64 { return math.Min(math.Max(v, r.lo), r.hi) }

// within tells whether a value lies in a range, but for rounding.
func within(v float64, r span) bool {
	slack := 1e-9 * (r.hi/2 - r.lo/2)
	return v >= r.lo-slack && v <= r.hi+slack
}

// clipped is a line without what lies left and right of the frame; above and below it runs
// along the edge.
func (f *frame) clipped(l Series) Series {
	out := Series{X: make([]float64, len(l.Y)), Y: make([]float64, len(l.Y))}
	for j := range l.Y {
		x, y := l.at(j)
		if out.X[j], out.Y[j] = x, clip(y, f.y); !within(x, f.x) || !finite(y) {
			out.Y[j] = math.NaN()
		}
	}
	return out
}

// area fills a band between its gaps.
func (f *frame) area(a Area) {
	var up, down []point
	end := func() {
		for i := len(down) - 1; i >= 0; i-- {
			up = append(up, down[i])
		}
		f.s.polygon(up, paintOf(a.Color, faded), a.Shade)
		up, down = nil, nil
	}
	for i, x := range a.X {
		if !within(x, f.x) || !finite(a.Lo[i]) || !finite(a.Hi[i]) {
			end()
			continue
		}
		up = append(up, point{f.px(x), f.py(clip(a.Hi[i], f.y))})
		down = append(down, point{f.px(x), f.py(clip(a.Lo[i], f.y))})
	}
	end()
}

// polygon fills a closed path.
func (s *sheet) polygon(pts []point, c color.RGBA, alpha float64) {
	if len(pts) < 3 {
		return
	}
	var path vg.Path
	for i, p := range pts {
		at := vg.Point{X: vg.Length(p.x), Y: vg.Length(s.h - p.y)}
		if i == 0 {
			path.Move(at)
		} else {
			path.Line(at)
		}
	}
	path.Close()
	s.canvas.SetColor(color.NRGBA{c.R, c.G, c.B, uint8(alpha*255 + .5)})
	s.canvas.Fill(path)
}

// histogram draws bars from 0, with a gap between those that are opaque and wide enough.
func (f *frame) histogram(b Bars) {
	c := paintOf(b.Color, faded)
	zero := f.py(clip(0, f.y))
	var outline []point
	for i, h := range b.Heights {
		if !finite(h) || !within(b.Edges[i], f.x) || !within(b.Edges[i+1], f.x) {
			continue
		}
		x0, x1, y := f.px(b.Edges[i]), f.px(b.Edges[i+1]), f.py(clip(h, f.y))
		outline = append(outline, point{x0, y}, point{x1, y})
		if b.Shade == 1 && x1-x0 > 4 {
			x0, x1 = x0+.5, x1-.5
		}
		f.s.tint(box{x0, math.Min(y, zero), x1, math.Max(y, zero)}, c, b.Shade)
	}
	if b.Shade < 1 && len(outline) > 0 {
		first, last := outline[0], outline[len(outline)-1]
		outline = append(append([]point{{first.x, zero}}, outline...), point{last.x, zero})
		f.s.stroke(outline, c, 1.5)
	}
}

// tint blends a colour over a rectangle, its edges rounded to device pixels.
func (s *sheet) tint(b box, c color.RGBA, alpha float64) {
	img, ok := s.pix.(*image.RGBA)
	if !ok {
		return
	}
	r := image.Rect(device(b.x0), device(b.y0), device(b.x1), device(b.y1)).Intersect(img.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			img.SetRGBA(x, y, mix(img.RGBAAt(x, y), c, alpha))
		}
	}
}

// marks draws intervals and then points; points shrink and thin out with their number.
func (f *frame) marks(m Marks) {
	c := paintOf(m.Color, ink)
	width := 1.5
	if len(m.X) > 120 {
		width = 1
	}
	for i, x := range m.X {
		if m.Lo == nil || !within(x, f.x) || !finite(m.Lo[i]) || !finite(m.Hi[i]) {
			continue
		}
		at := math.Round(f.px(x)*density) / density
		f.s.tint(box{at - width/2, f.py(clip(m.Hi[i], f.y)), at + width/2, f.py(clip(m.Lo[i], f.y))}, c, .75)
	}
	if m.NoPoint {
		return
	}
	r, alpha := markSize(len(m.X))
	if m.Size > 0 {
		r, alpha = m.Size, 1
	}
	for i, x := range m.X {
		if within(x, f.x) && within(m.Y[i], f.y) {
			f.s.stamp(point{f.px(x), f.py(m.Y[i])}, r, shapes[m.Shape], c, alpha)
		}
	}
}

// markSize is radius and opacity of so many points.
func markSize(n int) (r, alpha float64) {
	switch {
	case n > 5000:
		return 1.5, .35
	case n > 1000:
		return 2.1, .5
	case n > 200:
		return 2.9, .6
	case n > 60:
		return 3.4, .75
	}
	return 4, .85
}

// rug draws short strokes upwards from the axis.
func (f *frame) rug(values []float64) {
	for _, v := range values {
		if within(v, f.x) {
			at := math.Round(f.px(v)*density) / density
			f.s.tint(box{at - .5, f.in.y1 - 7, at + .5, f.in.y1}, softInk, .7)
		}
	}
}

// rangeEntry samples an interval.
func rangeEntry(name string, c color.RGBA) entry {
	return entry{name, 8, func(s *sheet, at point) {
		s.tint(box{at.x - 1, at.y - 7, at.x + 1, at.y + 7}, c, .75)
	}}
}
