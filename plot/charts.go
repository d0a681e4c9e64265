package plot

import (
	"fmt"
	"io"
)

// ChartsOptions says how charts are set. The zero value is one column of wide charts.
type ChartsOptions struct {
	// Cols is the number of charts beside each other; 0 is one.
	Cols int
	// Width and Height are those of one chart in CSS pixels, its legend aside; 0 is a usual size.
	Width, Height float64
}

// Charts draws charts of layers beside each other, each on axes of its own.
func Charts(w io.Writer, title string, specs []ChartSpec, opt ChartsOptions) error {
	if len(specs) == 0 {
		return fmt.Errorf("plot: Charts: charts: got none, want at least one")
	}
	if opt.Cols < 0 || opt.Cols > 8 || !(opt.Width >= 0 && opt.Width <= 4096) || !(opt.Height >= 0 && opt.Height <= 4096) {
		return fmt.Errorf("plot: Charts: options: got %d columns of %v×%v pixels, want at most 8 of 4096×4096", opt.Cols, opt.Width, opt.Height)
	}
	const gap = 32.0
	cols := min(max(opt.Cols, 1), len(specs))
	width, height := opt.Width, opt.Height
	if width == 0 && cols == 1 {
		width = chartW - 2*margin
	} else if width == 0 {
		width = 400
	}
	if height == 0 {
		height = 250
	}
	legend := 0.0
	for i, spec := range specs {
		if err := spec.check(fmt.Sprintf("Charts: chart %d", i)); err != nil {
			return err
		}
		legend = max(legend, legendHeight(spec.entries(), width))
	}
	top := 0.0
	if oneLine(title) != "" {
		top = titleSize + 16
	}
	tall, rows := height+legend, (len(specs)+cols-1)/cols
	s, err := newSheet("Charts", 2*margin+float64(cols)*(width+gap)-gap, 2*margin+top+float64(rows)*(tall+gap)-gap)
	if err != nil {
		return err
	}
	s.heading(s.page(), title)
	for i, spec := range specs {
		x, y := margin+float64(i%cols)*(width+gap), margin+top+float64(i/cols)*(tall+gap)
		spec.draw(s, s.subheading(box{x, y, x + width, y + tall}, spec.Title))
	}
	return s.write(w)
}

// subheading draws the title of one of several charts, if there is one, and returns the rest of b.
func (s *sheet) subheading(b box, title string) box {
	if oneLine(title) == "" {
		return b
	}
	t := typeface{labelSize + 1, true, ink}
	s.text(b.x0, b.y0+t.size/2, t.fit(title, b.width()), t, left)
	b.y0 += t.size + 9
	return b
}
