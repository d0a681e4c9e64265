package data

import (
	"fmt"
	"slices"
	"strings"
)

// Words is a table of words: cells that name states rather than measure.
type Words struct {
	// Names are the names of the columns, from the first row.
	Names []string
	// Columns are the cells of each column from the second row on, without blanks around them.
	Columns [][]string
}

// ReadWords reads a table of words from a CSV file, or a TSV file by its name, either packed by
// gzip or not. The first row names the columns, all rows have as many cells.
func ReadWords(path string, lim Limits) (w *Words, err error) {
	format := "csv"
	if name := strings.TrimSuffix(strings.ToLower(path), ".gz"); strings.HasSuffix(name, ".tsv") {
		format = "tsv"
	}
	err = withSource(path, format, lim, func(s *source) error {
		w, err = decodeWords(s)
		return err
	})
	return w, err
}

// decodeWords reads the rows; cells that are alike share their bytes.
func decodeWords(s *source) (*Words, error) {
	c := &csvReader{src: s}
	first, second, err := c.start()
	if err != nil {
		return nil, err
	}
	w, same := &Words{}, map[string]string{}
	for j, name := range first.cells {
		if name = strings.TrimSpace(name); name == "" || slices.Contains(w.Names, name) {
			return nil, malformed("csv", fmt.Sprintf("row %d, column %d", first.line, j+1), "got the name %q, want names that differ", name)
		}
		w.Names = append(w.Names, name)
	}
	w.Columns = make([][]string, len(w.Names))
	for rec := second; rec.cells != nil; {
		if len(rec.cells) != len(w.Names) {
			return nil, malformed("csv", rowField(rec.line), "got %d cells, want %d, one a column", len(rec.cells), len(w.Names))
		}
		if len(w.Columns[0]) == s.lim.MaxRows {
			return nil, malformed("csv", rowField(rec.line), "got more than %d rows, want at most that many", s.lim.MaxRows)
		}
		for j, cell := range rec.cells {
			cell = strings.TrimSpace(cell)
			if _, ok := same[cell]; !ok {
				cell = strings.Clone(cell)
				same[cell] = cell
			}
			w.Columns[j] = append(w.Columns[j], same[cell])
		}
		if rec, err = c.record(); err != nil {
			return nil, err
		}
	}
	if len(w.Columns[0]) == 0 {
		return nil, malformed("csv", "row 2", "got no row below the names of columns, want at least one")
	}
	return w, nil
}
