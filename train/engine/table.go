package engine

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Table is what a model says of items, or items that it has drawn: a row an item.
type Table struct {
	Columns []string // names of the cells
	Rows    [][]any  // texts, whole numbers or float64, one a column
	Ends    []int    // rows before which a group such as a sentence ends; nil where rows stand alone
	Notes   []string // what else is known, a sentence each
}

// Formats lists the formats of [Table.Write]: a table with a header, JSON lines, and columns
// parted by blanks with an empty line after each group.
var Formats = []string{".csv", ".jsonl", ".txt"}

// Write writes the table in one of Formats.
func (t *Table) Write(w io.Writer, format string) error {
	out := bufio.NewWriter(w)
	write, ok := map[string]func(io.Writer) error{".csv": t.writeCSV, ".jsonl": t.writeJSON, ".txt": t.writeColumns}[format]
	if !ok {
		return fmt.Errorf("engine: table: format: got %q, want one of %s", format, strings.Join(Formats, ", "))
	}
	if err := write(out); err != nil {
		return fmt.Errorf("engine: table: %w", err)
	}
	return out.Flush()
}

// cells are the texts of a row; numbers keep every bit.
func cells(row []any) []string {
	out := make([]string, len(row))
	for j, v := range row {
		if x, ok := v.(float64); ok {
			out[j] = strconv.FormatFloat(x, 'g', -1, 64)
		} else {
			out[j] = fmt.Sprint(v)
		}
	}
	return out
}

func (t *Table) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(t.Columns); err != nil {
		return err
	}
	for _, row := range t.Rows {
		if err := out.Write(cells(row)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// writeJSON writes an object a row, its fields in the order of the columns.
func (t *Table) writeJSON(w io.Writer) error {
	names := make([][]byte, len(t.Columns))
	for j, c := range t.Columns {
		names[j], _ = json.Marshal(c)
	}
	for _, row := range t.Rows {
		line := []byte{'{'}
		for j, v := range row {
			cell, err := json.Marshal(v)
			if err != nil {
				return err
			}
			if j > 0 {
				line = append(line, ',')
			}
			line = append(append(append(line, names[j]...), ':'), cell...)
		}
		if _, err := w.Write(append(line, '}', '\n')); err != nil {
			return err
		}
	}
	return nil
}

func (t *Table) writeColumns(w io.Writer) error {
	ends := t.Ends
	for i, row := range t.Rows {
		if len(ends) > 0 && ends[0] == i {
			ends = ends[1:]
			fmt.Fprintln(w)
		}
		if _, err := fmt.Fprintln(w, strings.Join(cells(row), " ")); err != nil {
			return err
		}
	}
	if t.Ends != nil {
		fmt.Fprintln(w)
	}
	return nil
}
