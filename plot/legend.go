package plot

import (
	"fmt"
	"image/color"
)

// entry is one line of a legend: a name and how to draw its sample centred on a point.
type entry struct {
	name   string
	width  float64 // of the sample
	sample func(s *sheet, at point)
}

// lineEntry samples a line.
func lineEntry(name string, c color.Color, dashes ...float64) entry {
	return entry{name, 24, func(s *sheet, at point) {
		s.stroke([]point{{at.x - 12, at.y}, {at.x + 12, at.y}}, c, lineWidth, dashes...)
	}}
}

// boxEntry samples a filled area.
func boxEntry(name string, c color.Color) entry {
	return entry{name, 12, func(s *sheet, at point) {
		s.fill(box{at.x - 6, at.y - 6, at.x + 6, at.y + 6}, c)
	}}
}

// markEntry samples a marker.
func markEntry(name string, in shape, c color.RGBA) entry {
	return entry{name, 10, func(s *sheet, at point) { s.stamp(at, 5, in, c, 1) }}
}

// placed is an entry with its place in a legend.
type placed struct {
	entry
	x   float64
	row int
}

const (
	legendLine  = labelSize + 8
	legendTail  = 8 // below the last row
	legendGap   = 18
	sampleGap   = 7
	legendEntry = 260 // the widest name
	maxEntries  = 300 // more cannot find room
)

// arrange puts entries side by side where one row holds them all, else into columns of
// equal width. Past legendRows it counts the rest.
func arrange(entries []entry, width float64) (out []placed, rows int) {
	total, widest := -float64(legendGap), 0.0
	for i, e := range entries {
		e.name = nameType.fit(e.name, min(legendEntry, width-e.width-sampleGap))
		w := e.width + sampleGap + nameType.width(e.name)
		out = append(out, placed{e, total + legendGap, 0})
		total, widest = total+legendGap+w, max(widest, w)
		if i > maxEntries {
			break
		}
	}
	if len(out) == 0 {
		return nil, 0
	}
	if total <= width {
		return out, 1
	}
	cols := max(1, int((width+legendGap)/(widest+legendGap)))
	if most := cols * legendRows; len(entries) > most {
		rest := fmt.Sprintf("and %d more", len(entries)-most+1)
		out[most-1].entry = entry{name: rest, sample: func(*sheet, point) {}}
		out = out[:most]
	}
	for i := range out {
		out[i].x, out[i].row = float64(i%cols)*(widest+legendGap), i/cols
	}
	return out, (len(out) + cols - 1) / cols
}

// legendHeight is the height that entries take at a width.
func legendHeight(entries []entry, width float64) float64 {
	if _, rows := arrange(entries, width); rows > 0 {
		return float64(rows)*legendLine + legendTail
	}
	return 0
}

// legend draws the entries at the top of b, above all data, and returns the rest of b.
func (s *sheet) legend(b box, entries []entry) box {
	items, rows := arrange(entries, b.width())
	for _, p := range items {
		y := b.y0 + (float64(p.row)+0.5)*legendLine - 2
		p.sample(s, point{b.x0 + p.x + p.width/2, y})
		s.text(b.x0+p.x+p.width+sampleGap, y, p.name, nameType, left)
	}
	if rows > 0 {
		b.y0 += float64(rows)*legendLine + legendTail
	}
	return b
}
