package plot

import (
	"cmp"
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Measure is one number for each latent dimension.
type Measure struct {
	Label  string    // of its axis, with the unit
	Values []float64 // one a dimension
}

// KLBars draws the KL divergence of each latent dimension in nats, largest first, with
// the active dimensions in colour and their number in the title. Bars carry the index of
// their dimension where there is room.
func KLBars(w io.Writer, klPerDim []float64, active []bool, title string) error {
	return dimensionBars(w, "KLBars", []Measure{{"KL (nats)", klPerDim}}, active, title)
}

// DimensionBars draws measures of the latent dimensions below each other, each on a scale of its own, as
// [KLBars] does; all have the order of the first, by falling value, so that the bars of a dimension stand
// in one column.
func DimensionBars(w io.Writer, measures []Measure, active []bool, title string) error {
	return dimensionBars(w, "DimensionBars", measures, active, title)
}

// dimensionBars draws the measures for what.
func dimensionBars(w io.Writer, what string, measures []Measure, active []bool, title string) error {
	if len(measures) == 0 {
		return fmt.Errorf("plot: %s: measures: got none, want at least one", what)
	}
	for _, m := range measures {
		if len(m.Values) == 0 || len(m.Values) != len(active) {
			return fmt.Errorf("plot: %s: dimensions: got %d %s values and %d flags, want as many and at least one", what, len(m.Values), firstWord(m.Label), len(active))
		}
		for i, v := range m.Values {
			if !finite(v) {
				return fmt.Errorf("plot: %s: dimension %d: got %v, want a finite number", what, i, v)
			}
		}
	}
	order, count, n := make([]int, len(active)), 0, len(active)
	for i, on := range active {
		order[i] = i
		if on {
			count++
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(measures[0].Values[b], measures[0].Values[a]) })
	entries := []entry{
		boxEntry(fmt.Sprintf("active (%d)", count), hue(0)),
		boxEntry(fmt.Sprintf("inactive (%d)", n-count), faded),
	}
	s, err := newSheet(what, chartW, chartH+float64(len(measures)-1)*measureH)
	if err != nil {
		return err
	}
	if oneLine(title) != "" {
		title += " — "
	}
	b := s.legend(s.heading(s.page(), fmt.Sprintf("%s%d of %d active", title, count, n)), entries)
	for i, m := range measures {
		in := b
		in.y1 -= float64(len(measures)-1-i) * measureH
		b.y0 = in.y1 + measureGap
		s.measure(in, m, order, active, measures[0].Label)
	}
	return s.write(w)
}

// The height of a further measure, and the gap above it.
const (
	measureH   = 240.0
	measureGap = 24.0
)

// firstWord is the name in a label, without its unit.
func firstWord(label string) string {
	name, _, _ := strings.Cut(label, " ")
	return name
}

// measure draws the bars of one measure inside b, in an order that is by the first one.
func (s *sheet) measure(b box, m Measure, order []int, active []bool, first string) {
	ys := span{0, 0}
	for _, v := range m.Values {
		ys.add(v)
	}
	n := len(order)
	few := n <= indexedBars
	f := newFrame(s, b, axes{
		x: span{0.5, float64(n) + 0.5}, y: barSpan(ys), yLabel: m.Label, xLabel: barLabel(few, firstWord(first)), noX: few, wholeX: true, bottom: indexRoom(few),
	})
	for rank, i := range order {
		f.dimension(rank+1, i, n, m.Values[i], active[i])
	}
}

// dimension draws the bar of one of n dimensions at its rank, with its value and index
// where there is room.
func (f *frame) dimension(rank, index, n int, value float64, active bool) {
	ink := faded
	if active {
		ink = hue(0)
	}
	x := f.px(float64(rank))
	f.bar(float64(rank), value, ink)
	if n <= indexedBars {
		f.s.text(x, f.in.y1+6+tickSize/2, strconv.Itoa(index), f.barType(n), center)
	}
	if n <= valuedBars {
		f.s.note(x, f.py(max(value, 0))-9, short(value))
	}
}

const (
	indexedBars = 40 // more bars have no room for their index
	valuedBars  = 16 // nor for their value
)

// widestBar keeps the bars of very few dimensions from looking like a wall.
const widestBar = 90.0

// note writes a small value over the grid lines.
func (s *sheet) note(x, y float64, txt string) {
	half := smallType.width(txt)/2 + 2
	s.fill(box{x - half, y - smallSize/2, x + half, y + smallSize/2}, paper)
	s.text(x, y, txt, smallType, center)
}

// barSpan starts at zero and leaves room above for values.
func barSpan(ys span) span {
	if ys.hi == 0 && ys.lo == 0 {
		return span{0, 1}
	}
	w := ys.hi - ys.lo
	if w > math.MaxFloat64/2 { // room above would overflow
		return ys
	}
	if ys.lo < 0 {
		ys.lo -= 0.04 * w
	}
	return span{ys.lo, ys.hi + 0.08*w}
}

func barLabel(few bool, by string) string {
	if few {
		return "latent dimension, by falling " + by
	}
	return "rank of the latent dimension"
}

// indexRoom is the height below the axis that indices take.
func indexRoom(few bool) float64 {
	if few {
		return tickSize + 8
	}
	return 0
}

// barType shrinks the index of a bar with its width.
func (f *frame) barType(n int) typeface {
	if f.in.width()/float64(n) < 22 {
		return smallType
	}
	return tickType
}

// bar fills one bar around x from zero to v; edges fall on device pixels, and a gap
// remains where bars are at least three device pixels wide.
func (f *frame) bar(x, v float64, c color.Color) {
	x0, x1 := f.px(x-0.5), f.px(x+0.5)
	gap := 0.0
	if x1-x0 >= 3.0/density {
		gap = max(0.5/density, min(0.12*(x1-x0), 6), (x1-x0-widestBar)/2)
	}
	y0, y1 := f.py(max(v, 0)), f.py(min(v, 0))
	if v != 0 && y1-y0 < 1.0/density { // a sliver shows that there is something
		y0 = y1 - 1.0/density
	}
	f.s.fill(box{x0 + gap, math.Min(y0, y1), x1 - gap, y1}, c)
}
