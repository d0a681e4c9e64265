package plot

import (
	"fmt"
	"io"
	"strconv"
)

// PairedLinesOptions says how pairs of rows are drawn. The zero value numbers the features.
type PairedLinesOptions struct {
	// Title stands above the panels, YLabel above each value axis.
	Title, YLabel string
	// Names are the features, shown where there is room.
	Names []string
	// Cols is the number of panels beside each other; 0 chooses.
	Cols int
}

const (
	maxPanels          = 24
	pairW, pairH       = 300.0, 170.0
	pairGapX, pairGapY = 28.0, 26.0
)

// PairedLines draws each input row and its reconstruction as two lines over the features,
// one panel a row on a common scale, for tables and series that are no images. Only the
// first 24 rows are drawn.
func PairedLines(w io.Writer, inputs, outputs [][]float32, opt PairedLinesOptions) error {
	if len(inputs) == 0 || len(inputs) != len(outputs) {
		return fmt.Errorf("plot: PairedLines: rows: got %d inputs and %d outputs, want as many and at least one", len(inputs), len(outputs))
	}
	if opt.Cols < 0 || opt.Cols > maxPanels {
		return fmt.Errorf("plot: PairedLines: columns: got %d, want 0 to %d", opt.Cols, maxPanels)
	}
	d := len(inputs[0])
	ys := empty()
	for i := range inputs {
		if len(inputs[i]) != d || len(outputs[i]) != d {
			return fmt.Errorf("plot: PairedLines: row %d: got %d inputs and %d outputs, want %d as in row 0", i, len(inputs[i]), len(outputs[i]), d)
		}
		for j := range d {
			ys.add(float64(inputs[i][j]))
			ys.add(float64(outputs[i][j]))
		}
	}
	if !ys.ok() {
		return fmt.Errorf("plot: PairedLines: values: got no finite one, want at least one")
	}
	if len(opt.Names) != 0 && len(opt.Names) != d {
		return fmt.Errorf("plot: PairedLines: names: got %d, want one for each of %d features", len(opt.Names), d)
	}
	n := min(len(inputs), maxPanels)
	return drawPairs(w, inputs[:n], outputs[:n], ys.padded(0.06), opt)
}

func drawPairs(w io.Writer, inputs, outputs [][]float32, ys span, opt PairedLinesOptions) error {
	n, d := len(inputs), len(inputs[0])
	cols := opt.Cols
	if cols == 0 {
		cols = min(3, n)
	}
	cols = min(cols, n)
	entries := []entry{lineEntry("input", hue(0)), lineEntry("reconstruction", hue(1), 5, 3)}
	foot := nameRoom(opt.Names)
	rows := (n + cols - 1) / cols
	top := legendHeight(entries, pairW)
	if oneLine(opt.Title) != "" {
		top += titleSize + 12
	}
	s, err := newSheet("PairedLines", 2*margin+float64(cols)*(pairW+pairGapX)-pairGapX,
		2*margin+top+float64(rows)*(pairH+foot+pairGapY)-pairGapY)
	if err != nil {
		return err
	}
	s.legend(s.heading(s.page(), opt.Title), entries)
	for i := range n {
		x := margin + float64(i%cols)*(pairW+pairGapX)
		y := margin + top + float64(i/cols)*(pairH+foot+pairGapY)
		label := "row " + strconv.Itoa(i+1)
		if oneLine(opt.YLabel) != "" {
			label += ", " + opt.YLabel
		}
		f := newFrame(s, box{x, y, x + pairW, y + pairH + foot}, axes{
			x: span{0.5, float64(d) + 0.5}, y: ys, yLabel: label, wholeX: true, noX: foot > 0, bottom: foot,
		})
		f.featureNames(opt.Names, foot)
		f.trace(inputs[i], 0)
		f.trace(outputs[i], 1, 5, 3)
	}
	return s.write(w)
}

// nameRoom is the height below an axis that feature names take; 0 where they do not fit.
func nameRoom(names []string) float64 {
	if len(names) == 0 || len(names) > 20 {
		return 0
	}
	return min(tickType.widest(names), 110) + 10
}

func (f *frame) featureNames(names []string, room float64) {
	if room == 0 {
		return
	}
	for j, name := range names {
		f.s.upright(f.px(float64(j+1)), f.in.y1+6, tickType.fit(name, 110), tickType, right)
	}
}

// trace draws one row over the feature numbers, with a dot at each value of few features.
func (f *frame) trace(row []float32, c int, dashes ...float64) {
	l := Series{Y: make([]float64, len(row))}
	for j, v := range row {
		l.Y[j] = float64(v)
	}
	for _, run := range f.runs(l) {
		f.s.stroke(run, hue(c), 1.6, dashes...)
		if len(row) <= 20 || len(run) == 1 {
			for _, p := range run {
				f.s.stamp(p, 2.6, disc, hue(c), 1)
			}
		}
	}
}
