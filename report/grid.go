package report

import (
	"io"

	"github.com/elbo-go/elbo/plot"
)

// maxCells is the number of columns up to which the cells of a table can be read; longer rows
// are series and are drawn as lines.
const maxCells = 24

// isImage tells whether rows are shown as images, isSeries whether they are shown as lines; all
// others are shown as cells of a table.
func (s *scene) isImage() bool  { return s.show.IsImage() }
func (s *scene) isSeries() bool { return !s.isImage() && s.dim > maxCells }

// columns names the columns of a table; nil if they have no names.
func (s *scene) columns() []string {
	if len(s.show.Columns) != s.dim {
		return nil
	}
	names := make([]string, s.dim)
	for j, c := range s.show.Columns {
		names[j] = c.Name
	}
	return names
}

// unit says in what unit the rows of a table are.
func (s *scene) unit() string {
	for _, c := range s.show.Columns {
		if c.Scale != 1 || c.Mean != 0 {
			return "standard deviations"
		}
	}
	return "value"
}

// layout labels a grid of rows.
type layout struct {
	title      string
	rows, cols []string // labels
	join       string   // stands between the two labels of a line of cells
	gap        int      // as in plot.GridOptions
}

// at returns the i-th label, if there is one.
func at(labels []string, i int) string {
	if i < len(labels) {
		return labels[i]
	}
	return ""
}

// grid draws rows in cols columns: images as tiles, series as a chart of cols lines for each
// row of the grid, rows of a table as lines of cells that carry both their labels.
func (s *scene) grid(w io.Writer, rows [][]float32, cols int, l layout) error {
	if s.isImage() {
		return plot.Grid(w, rows, s.show.Shape, cols, plot.GridOptions{Title: l.title, RowLabels: l.rows, ColLabels: l.cols, Gap: l.gap})
	}
	if s.isSeries() && cols > 1 {
		return s.charts(w, rows, cols, l)
	}
	labels := make([]string, len(rows))
	for i := range rows {
		labels[i] = at(l.rows, i/cols) + l.join + at(l.cols, i%cols)
	}
	names := s.columns()
	return plot.RowHeat(w, rows, names, plot.RowHeatOptions{Title: l.title, RowLabels: labels, Shared: names == nil})
}

// charts draws each row of a grid of series as one chart.
func (s *scene) charts(w io.Writer, rows [][]float32, cols int, l layout) error {
	var specs []plot.CurvesSpec
	for i := 0; i < len(rows); i += cols {
		spec := plot.CurvesSpec{Title: at(l.rows, i/cols), XLabel: "column", YLabel: s.unit()}
		for c, row := range rows[i:min(i+cols, len(rows))] {
			line := plot.Series{Name: at(l.cols, c), Y: make([]float64, len(row))}
			for j, v := range row {
				line.Y[j] = float64(v)
			}
			spec.Series = append(spec.Series, line)
		}
		specs = append(specs, spec)
	}
	return plot.Panels(w, l.title, specs, 2)
}
