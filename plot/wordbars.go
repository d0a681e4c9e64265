package plot

import (
	"fmt"
	"io"
	"math"
)

// BarGroup is a titled list of named values.
type BarGroup struct {
	// Title stands above the list, cut to one line.
	Title string
	// Names are the rows, top to bottom.
	Names []string
	// Values are the lengths of the bars, at least 0.
	Values []float64
	// Color is the number of a palette colour from 1 to 10, 0 grey.
	Color int
}

const (
	wordRow   = 19.0  // of a bar
	wordWidth = 250.0 // of a group
	wordGap   = 26.0
	wordNames = 104.0 // the widest name
)

// WordBars draws lists of named values as horizontal bars beside each other, all on one scale, such as
// the likeliest words of topics. Each bar carries its value.
func WordBars(w io.Writer, groups []BarGroup, title string, cols int) error {
	if len(groups) == 0 || cols < 1 || cols > 12 {
		return fmt.Errorf("plot: WordBars: got %d groups in %d columns, want at least one in 1 to 12", len(groups), cols)
	}
	rows, largest := 0, 0.
	for i, g := range groups {
		if len(g.Names) != len(g.Values) {
			return fmt.Errorf("plot: WordBars: group %d: got %d names and %d values, want as many", i, len(g.Names), len(g.Values))
		}
		if err := checkPaint("WordBars", "group", i, g.Color, 1); err != nil {
			return err
		}
		for j, v := range g.Values {
			if !finite(v) || v < 0 {
				return fmt.Errorf("plot: WordBars: group %d, value %d: got %v, want a finite number of at least 0", i, j, v)
			}
			largest = math.Max(largest, v)
		}
		rows = max(rows, len(g.Names))
	}
	cols = min(cols, len(groups))
	tall, top := labelSize+14+wordRow*float64(rows), 0.
	if oneLine(title) != "" {
		top = titleSize + 16
	}
	lines := (len(groups) + cols - 1) / cols
	s, err := newSheet("WordBars", 2*margin+float64(cols)*(wordWidth+wordGap)-wordGap, 2*margin+top+float64(lines)*(tall+wordGap)-wordGap)
	if err != nil {
		return err
	}
	s.heading(s.page(), title)
	for i, g := range groups {
		x, y := margin+float64(i%cols)*(wordWidth+wordGap), margin+top+float64(i/cols)*(tall+wordGap)
		s.words(g, box{x, y, x + wordWidth, y + tall}, largest)
	}
	return s.write(w)
}

// words draws one list; a bar as long as the room stands for the largest value of all.
func (s *sheet) words(g BarGroup, b box, largest float64) {
	b = s.subheading(b, g.Title)
	color := paintOf(g.Color, faded)
	valueRoom := smallType.width("0.0000") + 6
	room := b.width() - wordNames - 8 - valueRoom
	for j, name := range g.Names {
		mid, x := b.y0+wordRow*(float64(j)+.5), b.x0+wordNames+8
		s.text(x-8, mid, tickType.fit(oneLine(name), wordNames), tickType, right)
		long := 0.
		if largest > 0 {
			long = room * g.Values[j] / largest
		}
		s.fill(box{x, mid - wordRow/2 + 3, x + math.Max(long, 1), mid + wordRow/2 - 3}, color)
		s.text(x+long+5, mid, short(g.Values[j]), smallType, left)
	}
}
