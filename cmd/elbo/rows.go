package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"github.com/elbo-go/elbo"
	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/atomicfile"
	"github.com/elbo-go/elbo/plot"
)

// Extensions of --out: rows with a picture, and rows alone.
var (
	withPicture = []string{".png", ".csv", ".npy", ".npz", ".jsonl"}
	rowsAlone   = withPicture[1:]
)

// readRows reads rows for a model, in the units of the data. Tables need the columns of
// training by name; columns that the model does not know are left out.
func readRows(m *elbo.Model, path, label string) (*data.Set, error) {
	c, columns := m.Run().Config, m.Run().Info.Columns
	opt := data.ReadOptions{AllowNaN: c.AllowNaN}
	for _, col := range columns {
		if !c.AllowNaN { // missing cells alone need the stored mean
			col.Mean, col.Scale = 0, 1
		}
		opt.Columns = append(opt.Columns, col)
	}
	labels := []string{label}
	if label == "" {
		labels = []string{c.Label, "label", ""}
	}
	set, err := readLabeled(path, opt, labels)
	if err != nil {
		return nil, err
	}
	if set.Dim() != m.Dim() {
		return nil, fmt.Errorf("%s: got rows of %d values (shape %v), want %d (shape %v) as in training", path, set.Dim(), set.Shape, m.Dim(), m.Shape())
	}
	if c.AllowNaN {
		for i := range set.X {
			if j := i % m.Dim(); j < len(columns) {
				set.X[i] = float32(float64(set.X[i])*columns[j].Scale + columns[j].Mean)
			}
		}
	}
	set.Shape, set.Columns = m.Shape(), columns
	return set, nil
}

// readLabeled reads a file with the first label column of a list that it has.
func readLabeled(path string, opt data.ReadOptions, labels []string) (set *data.Set, err error) {
	for i, l := range labels {
		if l == "" && i < len(labels)-1 {
			continue
		}
		opt.Label = l
		if set, _, err = data.ReadFile(path, opt); err == nil {
			return set, nil
		}
		var format *data.FormatError
		if !errors.As(err, &format) || format.Field != "label column" {
			return nil, err
		}
	}
	return nil, err
}

// rowSet makes a set of the model's kind from rows in the units of the data.
func rowSet(m *elbo.Model, rows [][]float32) *data.Set {
	s := &data.Set{Name: m.Run().Dir, Shape: m.Shape(), Columns: m.Run().Info.Columns}
	for _, r := range rows {
		s.X = append(s.X, r...)
	}
	return s
}

// wantOut demands --out where the result is best looked at.
func (f *runFlags) wantOut(m *elbo.Model) error {
	if err := f.checkOut(withPicture...); err != nil {
		return err
	}
	if f.out == "" && !f.json && (&data.Set{Shape: m.Shape()}).IsImage() {
		return misusef("--out FILE is missing: pictures go to %s; or add --json for JSON lines on the standard output", oneOf(withPicture))
	}
	return nil
}

// emit writes rows to --out, or to the standard output as CSV or JSON lines. The picture is
// what a .png shows; a single image is written pixel by pixel, so that it can be read back.
func (f *runFlags) emit(out io.Writer, s *data.Set, picture func(io.Writer) error) error {
	if f.out == "" {
		return printRows(out, s, f.json)
	}
	if isPNG(f.out) && !(s.IsImage() && s.Len() == 1) {
		return f.emitPicture(out, picture, s.Len())
	}
	if err := data.WriteFile(f.out, s); err != nil {
		return err
	}
	return f.done(out, s.Len())
}

// done reports a file that was written.
func (f *runFlags) done(out io.Writer, rows int) error {
	switch {
	case f.json:
		return json.NewEncoder(out).Encode(map[string]any{"file": f.out, "rows": rows})
	case f.quiet:
		return nil
	}
	_, err := fmt.Fprintf(out, "%s: %d %s\n", f.out, rows, plural(rows, "row"))
	return err
}

// plural forms the plural of a regular noun.
func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// printRows prints a set as CSV or JSON lines.
func printRows(out io.Writer, s *data.Set, asJSON bool) error {
	if asJSON {
		return data.Write(out, ".jsonl", s)
	}
	return data.Write(out, ".csv", s)
}

// gallery draws rows as a grid of images, or as a table of coloured cells.
func gallery(s *data.Set, cols int, rowLabels, colLabels []string, title string) func(io.Writer) error {
	return func(w io.Writer) error {
		if !s.IsImage() {
			return plot.RowHeat(w, s.Rows(), columnNames(s), plot.RowHeatOptions{Title: title, RowLabels: tableLabels(rowLabels, colLabels)})
		}
		return plot.Grid(w, s.Rows(), s.Shape, cols, plot.GridOptions{RowLabels: rowLabels, ColLabels: colLabels, Title: title})
	}
}

// tableLabels labels the rows of a table by row and column of the grid that they come from.
func tableLabels(rows, cols []string) []string {
	if len(rows) == 0 {
		return cols
	}
	var out []string
	for _, r := range rows {
		for _, c := range cols {
			out = append(out, r+" "+c)
		}
	}
	return out
}

// columnNames names the values of a row.
func columnNames(s *data.Set) []string {
	out := make([]string, s.Dim())
	for j := range out {
		out[j] = fmt.Sprintf("x%d", j)
		if j < len(s.Columns) {
			out[j] = s.Columns[j].Name
		}
	}
	return out
}

// square is the number of columns of a grid of n tiles that is about as wide as high.
func square(n int) int { return int(math.Ceil(math.Sqrt(float64(n)))) }

// isPNG tells whether a file is to be a picture.
func isPNG(path string) bool { return strings.EqualFold(filepath.Ext(path), ".png") }

// emitPicture writes a picture of n rows to --out.
func (f *runFlags) emitPicture(out io.Writer, picture func(io.Writer) error, n int) error {
	if err := atomicfile.WriteFile(f.out, picture); err != nil {
		return fmt.Errorf("%d rows as a picture: %w; ask for fewer, or choose another format, such as .npy", n, err)
	}
	return f.done(out, n)
}
