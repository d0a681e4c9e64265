package plot

import (
	"fmt"
	"io"
	"math"
)

// HeatSpec is a matrix drawn as coloured cells.
type HeatSpec struct {
	// Title stands above the map, XLabel and YLabel name columns and rows, Name the values.
	Title, XLabel, YLabel, Name string
	// Values are the rows, top to bottom, of equal length; cells that are not finite stay empty.
	Values [][]float64
	// Columns and Rows name them; nil numbers them from 1.
	Columns, Rows []string
	// Range is that of the colours; two equal ends take that of the values.
	Range [2]float64
}

const heatSide = 520.0 // longest side of a map of many cells

// HeatMap draws a matrix, light for small and dark for large values, with a colour bar.
func HeatMap(w io.Writer, spec HeatSpec) error {
	r, err := spec.check()
	if err != nil {
		return err
	}
	n, d := len(spec.Values), len(spec.Values[0])
	cellW, cellH := max(math.Floor(min(34, 1.4*heatSide/float64(d))), 1), max(math.Floor(min(22, heatSide/float64(n))*density)/density, 1.0/density)
	names := min(tickType.widest(append(spec.Rows[:len(spec.Rows):len(spec.Rows)], "0000")), 180)
	turned := tickType.widest(spec.Columns) > cellW-4
	above := tickSize + 10
	if turned && len(spec.Columns) > 0 {
		above = min(tickType.widest(spec.Columns), 120) + 10
	}
	x, y := margin+labelSize+12+names+8, margin+titleSize+16+labelSize+8+float64(above)
	width, height := cellW*float64(d), cellH*float64(n)
	s, err := newSheet("HeatMap", max(x+width+24+barRoom+margin, 400), max(y+height, y+120)+margin)
	if err != nil {
		return err
	}
	s.heading(s.page(), spec.Title)
	s.text(x+width/2, margin+titleSize+16+labelSize/2, spec.XLabel, labelType, center)
	s.upright(margin+labelSize/2, y+height/2, spec.YLabel, labelType, center)
	for i, row := range spec.Values {
		for j, v := range row {
			if finite(v) {
				s.fill(box{x + float64(j)*cellW, y + float64(i)*cellH, x + float64(j+1)*cellW, y + float64(i+1)*cellH}, ramp(blues, share(v, r)))
			}
		}
	}
	spec.names(s, x, y, cellW, cellH, turned)
	s.colorBar(box{x + width + 24, y, x + width + 38, y + max(height, 100)}, blues, r, spec.Name)
	return s.write(w)
}

// check refuses what cannot be drawn, and returns the range of the colours.
func (h HeatSpec) check() (r span, err error) {
	if len(h.Values) == 0 || len(h.Values[0]) == 0 {
		return r, fmt.Errorf("plot: HeatMap: values: got none, want at least one")
	}
	n, d := len(h.Values), len(h.Values[0])
	r = empty()
	for i, row := range h.Values {
		if len(row) != d {
			return r, fmt.Errorf("plot: HeatMap: row %d: got %d values, want %d as in row 0", i, len(row), d)
		}
		for _, v := range row {
			if finite(v) {
				r.add(v)
			}
		}
	}
	if h.Rows != nil && len(h.Rows) != n || h.Columns != nil && len(h.Columns) != d {
		return r, fmt.Errorf("plot: HeatMap: names: got %d of rows and %d of columns, want %d and %d", len(h.Rows), len(h.Columns), n, d)
	}
	switch {
	case h.Range[0] < h.Range[1] && finite(h.Range[0]) && finite(h.Range[1]):
		return span{h.Range[0], h.Range[1]}, nil
	case h.Range[0] != h.Range[1]:
		return r, fmt.Errorf("plot: HeatMap: range: got %v, want finite ends in rising order", h.Range)
	case !r.ok():
		return r, fmt.Errorf("plot: HeatMap: values: got no finite one, want at least one")
	}
	return r.padded(0), nil
}

// names labels rows and columns, or numbers some of them.
func (h HeatSpec) names(s *sheet, x, y, cellW, cellH float64, turned bool) {
	t := tickType
	every := func(n int, cell, room float64) int { return max(1, int(math.Ceil(room/cell))) }
	step := every(len(h.Values), cellH, tickSize+2)
	if h.Rows == nil && step > 1 {
		step = int(niceStep(float64(step)))
	}
	for i := range h.Values {
		at := y + (float64(i)+.5)*cellH
		switch {
		case h.Rows != nil && i%step == 0:
			s.text(x-8, at, t.fit(oneLine(h.Rows[i]), 180), t, right)
		case h.Rows == nil && (i+1)%step == 0:
			s.text(x-8, at, fmt.Sprint(i+1), t, right)
		}
	}
	room := t.width("000") + 6
	if turned {
		room = tickSize + 2
	}
	step = every(len(h.Values[0]), cellW, room)
	for j := range h.Values[0] {
		at := x + (float64(j)+.5)*cellW
		switch {
		case h.Columns != nil && turned && j%step == 0:
			s.upright(at, y-6, t.fit(oneLine(h.Columns[j]), 120), t, left)
		case h.Columns != nil && j%step == 0:
			s.text(at, y-6-tickSize/2, oneLine(h.Columns[j]), t, center)
		case h.Columns == nil && (j+1)%step == 0:
			s.text(at, y-6-tickSize/2, fmt.Sprint(j+1), t, center)
		}
	}
}
