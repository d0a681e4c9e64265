package plot

import (
	"fmt"
	"io"
	"math"
)

// RowHeatOptions says how a table is drawn. The zero value scales each column by itself.
type RowHeatOptions struct {
	// Title stands above the table.
	Title string
	// RowLabels stand left of the rows.
	RowLabels []string
	// Shared gives all columns one scale, for features of one unit.
	Shared bool
}

const (
	cellH    = 26.0
	cellText = 46.0 // narrowest cell that shows its value
)

// RowHeat draws rows of a table as coloured cells, as Grid does for images: samples,
// traversals or inputs with their reconstructions. names are the columns; cells that are
// wide enough carry their value.
func RowHeat(w io.Writer, rows [][]float32, names []string, opt RowHeatOptions) error {
	if len(rows) == 0 || len(rows[0]) == 0 {
		return fmt.Errorf("plot: RowHeat: rows: got none with values, want at least one")
	}
	d := len(rows[0])
	for i, row := range rows {
		if len(row) != d {
			return fmt.Errorf("plot: RowHeat: row %d: got %d values, want %d as in row 0", i, len(row), d)
		}
	}
	if len(names) != 0 && len(names) != d {
		return fmt.Errorf("plot: RowHeat: names: got %d, want one for each of %d columns", len(names), d)
	}
	if len(opt.RowLabels) > len(rows) {
		return fmt.Errorf("plot: RowHeat: row labels: got %d, want at most %d", len(opt.RowLabels), len(rows))
	}
	h := layHeat(rows, names, opt)
	s, err := newSheet("RowHeat", h.w, h.h)
	if err != nil {
		return err
	}
	h.draw(s, rows, names, opt)
	return s.write(w)
}

// heat is the layout of a table.
type heat struct {
	cell, x, y float64 // width of a cell, place of the first
	turned     bool    // column names read upwards
	scale      []span
	w, h       float64
}

func layHeat(rows [][]float32, names []string, opt RowHeatOptions) *heat {
	d := len(rows[0])
	widest := min(nameType.widest(names), 140)
	h := &heat{cell: max(4, min(84, 1000/float64(d))), x: margin, y: margin, scale: columnSpans(rows, opt.Shared)}
	h.turned = widest+10 > h.cell
	if oneLine(opt.Title) != "" {
		h.y += titleSize + 14
	}
	switch {
	case len(names) == 0:
	case h.turned && h.cell >= smallSize:
		h.y += widest + 10
	case !h.turned:
		h.y += labelSize + 8
	}
	if len(opt.RowLabels) > 0 {
		h.x += min(labelType.widest(opt.RowLabels), 180) + 12
	}
	h.w = max(h.x+h.cell*float64(d)+margin, 380)
	h.h = h.y + cellH*float64(len(rows)) + margin + tickSize + 14
	return h
}

// columnSpans are the scales of the columns.
func columnSpans(rows [][]float32, shared bool) []span {
	all := empty()
	out := make([]span, len(rows[0]))
	for j := range out {
		out[j] = empty()
		for _, row := range rows {
			out[j].add(float64(row[j]))
			all.add(float64(row[j]))
		}
	}
	for j := range out {
		if shared {
			out[j] = all
		}
	}
	return out
}

func (h *heat) draw(s *sheet, rows [][]float32, names []string, opt RowHeatOptions) {
	s.heading(s.page(), opt.Title)
	for j, name := range names {
		x := h.x + (float64(j)+0.5)*h.cell
		switch {
		case !h.turned:
			s.text(x, h.y-6-labelSize/2, nameType.fit(name, h.cell), nameType, center)
		case h.cell >= smallSize:
			s.upright(x, h.y-6, nameType.fit(name, 140), nameType, left)
		}
	}
	for i, row := range rows {
		y := h.y + float64(i)*cellH
		if i < len(opt.RowLabels) {
			s.text(h.x-10, y+cellH/2, labelType.fit(opt.RowLabels[i], 180), labelType, right)
		}
		for j, v := range row {
			h.drawCell(s, box{h.x + float64(j)*h.cell, y, h.x + float64(j+1)*h.cell, y + cellH}, float64(v), h.scale[j])
		}
	}
	note := "light: lowest of its column, dark: highest"
	if opt.Shared {
		r := h.scale[0]
		note = fmt.Sprintf("light: %s, dark: %s", short(r.lo), short(r.hi))
	}
	s.text(h.x, h.y+cellH*float64(len(rows))+10+tickSize/2, tickType.fit(note, s.w-h.x-margin), tickType, left)
}

// drawCell fills one cell, leaving a hairline between cells that are wide enough.
func (h *heat) drawCell(s *sheet, b box, v float64, r span) {
	t := 0.5 // a constant column
	switch {
	case !finite(v):
		t = math.NaN()
	case r.hi > r.lo:
		t = share(v, r)
	}
	ground := ramp(blues, t)
	edge := 0.0
	if h.cell >= 8 {
		edge = 0.5
	}
	s.fill(box{b.x0 + edge, b.y0 + 0.5, b.x1 - edge, b.y1 - 0.5}, ground)
	if h.cell >= cellText {
		s.text((b.x0+b.x1)/2, (b.y0+b.y1)/2, short(v), typeface{tickSize, false, onto(ground)}, center)
	}
}
