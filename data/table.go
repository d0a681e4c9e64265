package data

import (
	"fmt"
	"math"
	"os"
)

// Table is N rows of D numbers with the precision of their file, in the order of the file.
type Table struct {
	// Name is the path that the rows came from.
	Name string
	// Columns names the D columns.
	Columns []string
	// X holds the rows, N×D, row-major.
	X []float64
	// Labels holds the class of each row as an index into Classes, −1 for none; nil if no row has any.
	Labels []int32
	// Classes names the labels.
	Classes []string
}

// Len returns N, the number of rows.
func (t *Table) Len() int { return len(t.X) / max(len(t.Columns), 1) }

// ReadTable reads a table as [ReadFile] does, but keeps float64: the cells of a CSV or TSV file as
// they are written, those of other formats as float32 hold them. Values are not standardised;
// stored columns choose and order those of the table, and their means stand in for missing cells.
func ReadTable(path string, opt ReadOptions) (*Table, *Report, error) {
	opt.Standardize = false
	if format := formatOf(path); format != "csv" && format != "tsv" {
		return tableOf(path, opt)
	}
	if err := checkColumns(opt.Columns); err != nil {
		return nil, nil, err
	}
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("data: %s: got a folder, device, pipe or socket, want a file", path)
	}
	rep := &Report{Path: path, Format: formatOf(path)}
	var t *Table
	err := withSource(path, rep.Format, opt.Limits, func(s *source) error {
		c, err := readCSV(s, opt)
		if err != nil {
			return err
		}
		set, fill, err := c.describe(rep)
		if err != nil {
			return err
		}
		t = &Table{Name: path, Labels: set.Labels, Classes: set.Classes, X: c.values(fill)}
		for _, col := range set.Columns {
			t.Columns = append(t.Columns, col.Name)
		}
		rep.Rows, rep.Shape = t.Len(), []int{len(t.Columns)}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return t, rep, nil
}

// values returns the rows as they were read, missing cells filled in.
func (c *csvReader) values(fill []float64) []float64 {
	out := make([]float64, 0, c.rows*len(fill))
	for b, block := range c.store.blocks {
		for i, v := range block {
			if math.IsNaN(v) {
				v = fill[i%len(fill)] // blocks hold whole rows
			}
			out = append(out, v)
		}
		c.store.blocks[b] = nil
	}
	return out
}

// tableOf makes a table of the rows of a format that has float32.
func tableOf(path string, opt ReadOptions) (*Table, *Report, error) {
	names := opt.Columns
	opt.Columns = nil
	set, rep, err := ReadFile(path, opt)
	if err != nil {
		return nil, nil, err
	}
	t := &Table{Name: path, Labels: set.Labels, Classes: set.Classes, X: make([]float64, len(set.X))}
	for i, v := range set.X {
		t.X[i] = float64(v)
	}
	for j := range set.Dim() {
		t.Columns = append(t.Columns, columnName(j))
	}
	if n := len(names); n > 0 && n != set.Dim() {
		return nil, nil, inFile(path, malformed(rep.Format, "columns", "got %d, want %d as in training", set.Dim(), n))
	}
	for j, c := range names {
		t.Columns[j] = c.Name
	}
	return t, rep, nil
}
