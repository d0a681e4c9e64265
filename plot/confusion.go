package plot

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"strconv"
)

// oranges is a light-to-dark map that stays apart from blues for readers with a colour-vision
// deficiency.
var oranges = []color.RGBA{hex(0xfff5e6), hex(0xffd591), hex(0xffa90e), hex(0xc96a00), hex(0x7a3d00)}

// MaxConfusion is the number of classes up to which a matrix can be drawn.
const MaxConfusion = 1200

const (
	namedClasses  = 40  // more have no room for their names
	classNameRoom = 150 // the widest name
)

// Confusion draws a matrix of counts: a row for each true class, a column for each predicted one.
// Right ones are blue, wrong ones orange, both darker with their share of the row; small shares of
// wrong ones are set off. Cells that are large enough carry count and share.
func Confusion(w io.Writer, counts [][]int, classes []string, title string) error {
	if len(classes) == 0 || len(counts) != len(classes) || len(classes) > MaxConfusion {
		return fmt.Errorf("plot: Confusion: classes: got %d rows and %d names, want as many, from 1 to %d", len(counts), len(classes), MaxConfusion)
	}
	for i, row := range counts {
		if len(row) != len(classes) {
			return fmt.Errorf("plot: Confusion: row %d: got %d counts, want %d", i, len(row), len(classes))
		}
		for j, n := range row {
			if n < 0 {
				return fmt.Errorf("plot: Confusion: row %d, column %d: got %d, want a count of at least 0", i, j, n)
			}
		}
	}
	m := layMatrix(counts, classes)
	s, err := newSheet("Confusion", m.w, m.h)
	if err != nil {
		return err
	}
	m.draw(s, s.heading(s.page(), title))
	return s.write(w)
}

// matrix is the layout of a confusion matrix.
type matrix struct {
	counts     [][]int
	classes    []string
	totals     []int   // of the rows
	cell, x, y float64 // side of a cell, place of the first
	turned     bool    // names of the columns read upwards
	w, h       float64
}

func layMatrix(counts [][]int, classes []string) *matrix {
	m := &matrix{counts: counts, classes: classes, cell: cellSide(len(classes)), totals: make([]int, len(classes))}
	for i, row := range counts {
		for _, n := range row {
			m.totals[i] += n
		}
	}
	names := tickType.widest([]string{strconv.Itoa(len(classes))})
	tall := float64(tickSize)
	if len(classes) <= namedClasses {
		names = min(m.nameType().widest(oneLines(classes)), classNameRoom)
		if m.turned = names+8 > m.cell; m.turned {
			tall = names
		}
	}
	side := m.cell * float64(len(classes))
	m.x = margin + labelSize + 12 + names + 8
	m.w = max(m.x+side+margin, 380)
	m.y = margin + titleSize + 12 + legendHeight(confusionEntries, m.w-2*margin) + labelSize + 10 + tall + 6
	m.h = m.y + side + margin
	return m
}

// trueLabel and predictedLabel name the axes.
const trueLabel, predictedLabel = "true class", "predicted class"

// confusionEntries are the legend.
var confusionEntries = []entry{
	boxEntry("right, darker with its share of the row", ramp(blues, .7)), boxEntry("wrong", ramp(oranges, .5)),
}

// cellSide is the side of a cell of so many classes.
func cellSide(n int) float64 {
	switch {
	case n <= 4:
		return 84
	case n <= 12:
		return 56
	case n <= namedClasses:
		return max(17, 680/float64(n))
	}
	return max(1.0/density, math.Floor(density*720/float64(n))/density)
}

// nameType shrinks names with the cells.
func (m *matrix) nameType() typeface {
	if m.cell < 20 {
		return typeface{smallSize, false, ink}
	}
	return typeface{tickSize, false, ink}
}

func oneLines(txts []string) []string {
	out := make([]string, len(txts))
	for i, t := range txts {
		out[i] = oneLine(t)
	}
	return out
}

func (m *matrix) draw(s *sheet, b box) {
	side := m.cell * float64(len(m.classes))
	b = s.legend(b, confusionEntries)
	across := labelType.width(predictedLabel) / 2 // a narrow matrix is narrower than its label
	s.text(max(m.x+side/2, m.x+across), b.y0+labelSize/2, predictedLabel, labelType, center)
	s.upright(b.x0+labelSize/2, m.y+side/2, trueLabel, labelType, center)
	m.names(s)
	s.fill(box{m.x - 1, m.y - 1, m.x + side + 1, m.y + side + 1}, gridInk)
	for i := range m.classes {
		for j := range m.classes {
			m.drawCell(s, i, j)
		}
	}
}

// names labels rows and columns, or numbers some of them where names have no room.
func (m *matrix) names(s *sheet) {
	step, t := 1, m.nameType()
	if len(m.classes) > namedClasses {
		step, t = int(niceStep(float64(len(m.classes))/10)), tickType
	}
	for i := 0; i < len(m.classes); i += step {
		name := t.fit(m.classes[i], classNameRoom)
		if step > 1 {
			name = strconv.Itoa(i)
		}
		mid := (float64(i) + .5) * m.cell
		s.text(m.x-8, m.y+mid, name, t, right)
		if m.turned {
			s.upright(m.x+mid, m.y-6, name, t, left)
		} else {
			s.text(m.x+mid, m.y-6-t.size/2, name, t, center)
		}
	}
}

// drawCell fills one cell.
func (m *matrix) drawCell(s *sheet, i, j int) {
	n := m.counts[i][j]
	ground, share := paper, 0.0
	if n > 0 {
		share = float64(n) / float64(m.totals[i])
		if ground = ramp(blues, .08+.92*share); i != j {
			ground = ramp(oranges, .08+.92*math.Pow(share, .6))
		}
	}
	x, y, edge := m.x+float64(j)*m.cell, m.y+float64(i)*m.cell, 0.0
	if m.cell >= 8 {
		edge = .5
	}
	s.fill(box{x + edge, y + edge, x + m.cell - edge, y + m.cell - edge}, ground)
	if n == 0 || m.cell < 20 {
		return
	}
	mid, below := y+m.cell/2, y+m.cell/2
	if m.cell >= 50 {
		mid, below = mid-8, below+9
		s.text(x+m.cell/2, below, percent(share), typeface{smallSize, false, onto(ground)}, center)
	}
	t := typeface{labelSize, false, onto(ground)}
	if m.cell < 34 || t.width(strconv.Itoa(n))+4 > m.cell {
		t.size = smallSize
	}
	s.text(x+m.cell/2, mid, t.fit(strconv.Itoa(n), m.cell), t, center)
}

// percent prints a share in few characters.
func percent(share float64) string {
	switch p := 100 * share; {
	case share > 0 && p < .1:
		return "<.1 %"
	case p < 9.95:
		return strconv.FormatFloat(p, 'f', 1, 64) + " %"
	default:
		return strconv.FormatFloat(p, 'f', 0, 64) + " %"
	}
}
