package plot

import (
	"fmt"
	"io"
)

// Panels draws several charts beside each other in cols columns, each with a scale of its
// own: the terms of a bound differ by orders of magnitude.
func Panels(w io.Writer, title string, specs []CurvesSpec, cols int) error {
	if len(specs) == 0 {
		return fmt.Errorf("plot: Panels: charts: got none, want at least one")
	}
	if cols < 1 || cols > 8 {
		return fmt.Errorf("plot: Panels: columns: got %d, want 1 to 8", cols)
	}
	const width, height, gap = 400.0, 250.0, 32.0
	cols = min(cols, len(specs))
	rows := (len(specs) + cols - 1) / cols
	legend := 0.0
	for i, spec := range specs {
		if err := spec.check(fmt.Sprintf("Panels: chart %d", i)); err != nil {
			return err
		}
		legend = max(legend, legendHeight(spec.entries(), width))
	}
	tall := height + legend
	top := 0.0
	if oneLine(title) != "" {
		top = titleSize + 16
	}
	s, err := newSheet("Panels", 2*margin+float64(cols)*(width+gap)-gap, 2*margin+top+float64(rows)*(tall+gap)-gap)
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
