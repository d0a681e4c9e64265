package plot

import (
	"fmt"
	"image/color"
	"math"
)

// ChartSpec is a chart of layers over common axes: areas, bars, guides, lines, marks and a rug,
// drawn in this order.
type ChartSpec struct {
	// Title stands above the chart, XLabel and YLabel name the axes with their units.
	Title, XLabel, YLabel string
	// X and Y are the ranges of the axes; two equal ends take what the layers cover. Marks
	// outside are left out, lines and areas run along the edge.
	X, Y [2]float64
	// Whole keeps the ticks of x whole numbers.
	Whole bool
	// Places name x = 1, 2, … in place of numbers.
	Places []string
	// Areas are filled bands, Bars histograms.
	Areas []Area
	Bars  []Bars
	// Guides are grey dashed lines to compare with, Lines those of the data.
	Guides, Lines []Series
	// Marks are points, with an interval each where they have one.
	Marks []Marks
	// Rug are values of x, short strokes along the axis.
	Rug []float64
}

// Area is a band between two curves over x.
type Area struct {
	// Name stands in the legend.
	Name string
	// X are the places in drawing order, Lo and Hi the bounds there. A place that is not
	// finite leaves a gap.
	X, Lo, Hi []float64
	// Color is the number of a palette colour from 1 to 10, 0 grey.
	Color int
	// Shade is the opacity, above 0 and at most 1.
	Shade float64
}

// Bars is a histogram.
type Bars struct {
	// Name stands in the legend.
	Name string
	// Edges are the n+1 bounds of n bars in rising order, Heights where they end.
	Edges, Heights []float64
	// Color is the number of a palette colour from 1 to 10, 0 grey.
	Color int
	// Shade is the opacity, above 0 and at most 1; what is not opaque gets an outline.
	Shade float64
}

// Marks is a set of points that look alike.
type Marks struct {
	// Name stands in the legend.
	Name string
	// X and Y are the points; those that are not finite are left out.
	X, Y []float64
	// Lo and Hi bound an interval around each y; nil for none.
	Lo, Hi []float64
	// Color is the number of a palette colour from 1 to 10, 0 ink.
	Color int
	// Shape is a disc (0), square (1), diamond (2) or triangle (3).
	Shape int
	// Size is the radius in CSS pixels; 0 falls with the number of points. NoPoint leaves the
	// intervals alone.
	Size    float64
	NoPoint bool
}

// check refuses layers that cannot be drawn.
func (c ChartSpec) check(what string) error {
	for i, a := range c.Areas {
		if len(a.X) != len(a.Lo) || len(a.X) != len(a.Hi) {
			return fmt.Errorf("plot: %s: area %d %q: got %d x, %d and %d bounds, want as many", what, i, a.Name, len(a.X), len(a.Lo), len(a.Hi))
		}
		if err := checkPaint(what, "area", i, a.Color, a.Shade); err != nil {
			return err
		}
	}
	for i, b := range c.Bars {
		if len(b.Edges) != len(b.Heights)+1 {
			return fmt.Errorf("plot: %s: bars %d %q: got %d edges and %d heights, want one edge more", what, i, b.Name, len(b.Edges), len(b.Heights))
		}
		if err := checkPaint(what, "bars", i, b.Color, b.Shade); err != nil {
			return err
		}
	}
	for i, m := range c.Marks {
		if len(m.X) != len(m.Y) || len(m.Lo) != len(m.Hi) || m.Lo != nil && len(m.Lo) != len(m.X) {
			return fmt.Errorf("plot: %s: marks %d %q: got %d x, %d y, %d and %d bounds, want as many", what, i, m.Name, len(m.X), len(m.Y), len(m.Lo), len(m.Hi))
		}
		if m.Shape < 0 || m.Shape >= len(shapes) || !(m.Size >= 0 && m.Size <= 50) {
			return fmt.Errorf("plot: %s: marks %d %q: got shape %d of size %v, want 0 to %d of at most 50", what, i, m.Name, m.Shape, m.Size, len(shapes)-1)
		}
		if err := checkPaint(what, "marks", i, m.Color, 1); err != nil {
			return err
		}
	}
	return c.checkRest(what)
}

// checkPaint refuses a colour or an opacity that there is not.
func checkPaint(what, layer string, i, color int, shade float64) error {
	if color < 0 || color > len(palette) || !(shade > 0 && shade <= 1) {
		return fmt.Errorf("plot: %s: %s %d: got colour %d and shade %v, want 0 to %d and above 0 to 1", what, layer, i, color, shade, len(palette))
	}
	return nil
}

// checkRest looks at lines, ranges and whether there is anything to draw.
func (c ChartSpec) checkRest(what string) error {
	for i, l := range append(c.Guides[:len(c.Guides):len(c.Guides)], c.Lines...) {
		if l.X != nil && len(l.X) != len(l.Y) {
			return fmt.Errorf("plot: %s: line %d %q: got %d x and %d y, want as many", what, i, l.Name, len(l.X), len(l.Y))
		}
		if err := checkPaint(what, "line", i, l.Color, 1); err != nil {
			return err
		}
	}
	for _, r := range [][2]float64{c.X, c.Y} {
		if !finite(r[0]) || !finite(r[1]) || r[0] > r[1] {
			return fmt.Errorf("plot: %s: range: got %v, want finite ends in rising order", what, r)
		}
	}
	if x, y := c.cover(); !x.ok() || !y.ok() {
		return fmt.Errorf("plot: %s: layers: got no finite point, want at least one", what)
	}
	return nil
}

// each calls fn for every point of the layers.
func (c ChartSpec) each(fn func(x, y float64)) {
	for _, a := range c.Areas {
		for i, x := range a.X {
			fn(x, a.Lo[i])
			fn(x, a.Hi[i])
		}
	}
	for _, b := range c.Bars {
		for i, h := range b.Heights {
			fn(b.Edges[i], 0)
			fn(b.Edges[i+1], h)
		}
	}
	for _, l := range append(c.Guides[:len(c.Guides):len(c.Guides)], c.Lines...) {
		for j := range l.Y {
			fn(l.at(j))
		}
	}
	for _, m := range c.Marks {
		for i, x := range m.X {
			if !m.NoPoint {
				fn(x, m.Y[i])
			}
			if m.Lo != nil {
				fn(x, m.Lo[i])
				fn(x, m.Hi[i])
			}
		}
	}
}

// cover is the range of the finite points of the layers.
func (c ChartSpec) cover() (x, y span) {
	x, y = empty(), empty()
	c.each(func(px, py float64) {
		if finite(px) && finite(py) {
			x.add(px)
			y.add(py)
		}
	})
	return x, y
}

// spans are the ranges of the axes, with room around what the layers cover. Bars stand on 0.
func (c ChartSpec) spans() (x, y span) {
	x, y = c.cover()
	if x = x.padded(0.02); c.Whole && x.hi-x.lo < 1 {
		x = span{x.lo - 1, x.hi + 1}
	}
	bottom := len(c.Bars) > 0 && y.lo >= 0
	if y = y.padded(0.05); bottom {
		y.lo = 0
	}
	if c.X[0] < c.X[1] {
		x = span{c.X[0], c.X[1]}
	}
	if c.Y[0] < c.Y[1] {
		y = span{c.Y[0], c.Y[1]}
	}
	return x, y
}

// paintOf is a palette colour from 1, or the colour for 0.
func paintOf(number int, none color.RGBA) color.RGBA {
	if number == 0 {
		return none
	}
	return hue(number - 1)
}

// entries are the legend.
func (c ChartSpec) entries() (out []entry) {
	add := func(e entry) {
		if oneLine(e.name) != "" {
			out = append(out, e)
		}
	}
	for _, m := range c.Marks {
		e := markEntry(m.Name, shapes[m.Shape], paintOf(m.Color, ink))
		if m.NoPoint {
			e = rangeEntry(m.Name, paintOf(m.Color, ink))
		}
		add(e)
	}
	lines := CurvesSpec{Series: c.Lines}
	for i, l := range c.Lines {
		ink, dash := lines.look(i)
		add(lineEntry(l.Name, ink, dash...))
	}
	for _, a := range c.Areas {
		add(boxEntry(a.Name, mix(paper, paintOf(a.Color, faded), math.Min(1, a.Shade*1.2))))
	}
	for _, b := range c.Bars {
		add(boxEntry(b.Name, mix(paper, paintOf(b.Color, faded), b.Shade)))
	}
	for _, g := range c.Guides {
		add(lineEntry(g.Name, softInk, guideDash...))
	}
	return out
}

// guideDash sets guides apart from dashed lines of data.
var guideDash = []float64{4, 4}
