package plot

import "math"

// span is a range of values on an axis.
type span struct{ lo, hi float64 }

// empty is the span that holds nothing yet.
func empty() span { return span{math.Inf(1), math.Inf(-1)} }

// add widens the span to hold v; values that are not finite are left out.
func (r *span) add(v float64) {
	if finite(v) {
		r.lo, r.hi = min(r.lo, v), max(r.hi, v)
	}
}

func (r span) ok() bool { return r.lo <= r.hi }

// padded adds a share of the width on both sides; a single value gets room around it.
func (r span) padded(share float64) span {
	w := r.hi - r.lo
	if w > math.MaxFloat64/2 { // room around it would overflow
		return r
	}
	if w <= 1e-12*max(math.Abs(r.lo), math.Abs(r.hi)) || w < 1e-300 {
		half := max(0.1*math.Abs(r.lo), 1e-6)
		if r.lo == 0 {
			half = 1
		}
		return span{r.lo - half, r.hi + half}
	}
	return span{r.lo - share*w, r.hi + share*w}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// frame maps data onto a rectangle of a sheet.
type frame struct {
	s    *sheet
	in   box // the data rectangle
	x, y span
}

// axes says how a frame is labelled.
type axes struct {
	x, y           span
	xLabel, yLabel string
	wholeX         bool
	noX            bool // no ticks on x: the caller labels it
	bottom         float64
}

// newFrame draws grid, ticks and labels inside b and returns the map onto what is left.
// The label of y stands above its axis, where it reads without turning the head.
func newFrame(s *sheet, b box, a axes) *frame {
	if oneLine(a.yLabel) != "" {
		s.text(b.x0, b.y0+labelSize/2, labelType.fit(a.yLabel, b.width()), labelType, left)
		b.y0 += labelSize + 9
	}
	f := &frame{s: s, in: b, x: a.x, y: a.y}
	f.in.y1 -= a.bottom
	if !a.noX {
		f.in.y1 -= tickSize + 8
	}
	if oneLine(a.xLabel) != "" {
		f.in.y1 -= labelSize + 8
	}
	f.in.y0 += tickSize / 2
	ys := ticks(a.y.lo, a.y.hi, int(max(2, f.in.height()/36)), false)
	var labels []string
	for _, t := range ys {
		labels = append(labels, t.label)
	}
	f.in.x0 += max(tickType.widest(labels), 16) + 10
	f.in.x1 -= 8
	for _, t := range ys {
		ink := gridInk
		if t.at == 0 {
			ink = axisInk
		}
		s.hline(f.in.x0, f.in.x1, f.py(t.at), ink)
		s.text(f.in.x0-8, f.py(t.at), t.label, tickType, right)
	}
	if !a.noX {
		f.xTicks(a)
	}
	s.hline(f.in.x0, f.in.x1, f.in.y1, axisInk)
	if oneLine(a.xLabel) != "" {
		s.text((f.in.x0+f.in.x1)/2, b.y1-labelSize/2, labelType.fit(a.xLabel, f.in.width()), labelType, center)
	}
	return f
}

// xTicks draws as many ticks on x as their labels leave room for.
func (f *frame) xTicks(a axes) {
	for most := int(max(2, f.in.width()/60)); most >= 1; most-- {
		xs := ticks(a.x.lo, a.x.hi, most, a.wholeX)
		if most > 1 && f.crowded(xs) {
			continue
		}
		for _, t := range xs {
			f.s.vline(f.px(t.at), f.in.y1, f.in.y1+4, axisInk)
			f.s.text(f.px(t.at), f.in.y1+8+tickSize/2, t.label, tickType, center)
		}
		return
	}
}

// crowded tells whether neighbouring labels come closer than 14 pixels.
func (f *frame) crowded(xs []tick) bool {
	for i := 1; i < len(xs); i++ {
		room := f.px(xs[i].at) - f.px(xs[i-1].at)
		if (tickType.width(xs[i].label)+tickType.width(xs[i-1].label))/2+14 > room {
			return true
		}
	}
	return false
}

// px and py are the position of a value, in CSS pixels.
func (f *frame) px(v float64) float64 {
	return f.in.x0 + share(v, f.x)*f.in.width()
}

func (f *frame) py(v float64) float64 {
	return f.in.y1 - share(v, f.y)*f.in.height()
}

// share is how far v lies along a span; halves keep the width of a huge span finite.
func share(v float64, r span) float64 {
	return (v/2 - r.lo/2) / (r.hi/2 - r.lo/2)
}
