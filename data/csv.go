package data

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// The roles of a column; a feature's role is its index among the features.
const (
	roleLabel  = -1
	roleNames  = -2
	roleUnused = -3
)

// record is one record and the line where it starts.
type record struct {
	cells []string // nil at the end of the file
	line  int
}

// csvReader turns the records of a CSV file into rows. A row's number in errors is the line of
// the file where it starts, counted from 1, header included.
type csvReader struct {
	src    *source
	opt    ReadOptions
	csv    *csv.Reader
	names  []string
	role   []int
	stats  []columnStats // one a feature
	labels classIndex
	store  cellStore[float64]
	rows   int
}

// decodeCSV reads a table into float32 rows, standardised as the options ask for.
func decodeCSV(s *source, opt ReadOptions, rep *Report) (*Set, error) {
	c, err := readCSV(s, opt)
	if err != nil {
		return nil, err
	}
	set, fill, err := c.describe(rep)
	if err != nil {
		return nil, err
	}
	return set, c.standardize(set, fill)
}

// readCSV reads a table. The first record is a header if it holds no number, if it names the
// label column, or if one of its words stands over a number.
func readCSV(s *source, opt ReadOptions) (*csvReader, error) {
	c := &csvReader{src: s, opt: opt}
	first, second, err := c.start()
	if err != nil {
		return nil, err
	}
	if c.isHeader(first.cells, second.cells) {
		err = c.header(first)
		first.cells = nil
	} else {
		for j := range first.cells {
			c.names = append(c.names, columnName(j))
		}
	}
	if err == nil {
		err = c.assign(first.cells != nil)
	}
	for _, rec := range []record{first, second} {
		if err == nil && rec.cells != nil {
			err = c.add(rec)
		}
	}
	if err == nil {
		err = c.rest()
	}
	return c, err
}

// start opens the reader and returns its first two records, the second empty if there is none.
func (c *csvReader) start() (first, second record, err error) {
	head, _ := c.src.Peek(3)
	switch {
	case string(head) == "\xef\xbb\xbf":
		c.src.Discard(3)
	case len(head) >= 2 && (string(head[:2]) == "\xff\xfe" || string(head[:2]) == "\xfe\xff"):
		return first, second, malformed("csv", "encoding", "got UTF-16, want UTF-8")
	}
	comma := byte(',')
	if c.src.format == "tsv" {
		comma = '\t'
	}
	c.csv = csv.NewReader(&csvGuard{r: c.src, comma: comma, lim: c.src.lim, row: 1})
	c.csv.Comma = rune(comma)
	c.csv.FieldsPerRecord = -1
	c.csv.TrimLeadingSpace = comma == ','
	if first, err = c.record(); err != nil {
		return first, second, err
	}
	if first.cells == nil {
		return first, second, malformed("csv", "row 1", "got an empty file, want a header or a row of numbers")
	}
	second, err = c.record()
	c.csv.ReuseRecord = true
	if sep := parted(first.cells, second.cells); err == nil && sep != "" {
		err = malformed("csv", "row 1", "got cells parted by %s, want commas, or tabs in a file named .tsv", sep)
	}
	return first, second, err
}

// parted names what parts the cells of a table that has no comma in its first line: the same
// sign, equally often in two lines.
func parted(first, second []string) string {
	if len(first) != 1 {
		return ""
	}
	line := strings.Join(second, ",")
	for _, sep := range []struct{ sign, name string }{{";", "semicolons"}, {"\t", "tabs"}, {"|", "bars"}} {
		if n := strings.Count(first[0], sep.sign); n > 0 && n == strings.Count(line, sep.sign) {
			return sep.name
		}
	}
	return ""
}

// record returns the next record.
func (c *csvReader) record() (record, error) {
	cells, err := c.csv.Read()
	if err == nil {
		line, _ := c.csv.FieldPos(0)
		return record{cells, line}, nil
	}
	if err == io.EOF {
		return record{}, nil
	}
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		fe := malformed("csv", fmt.Sprintf("row %d, byte %d", pe.Line, pe.Column), "got %v, want fields in matching quotes", pe.Err)
		fe.Err = err
		return record{}, fe
	}
	return record{}, c.src.cause("record", err)
}

// isHeader tells whether the first record names the columns.
func (c *csvReader) isHeader(first, second []string) bool {
	numbers := 0
	for j, f := range first {
		if isNumber(f) {
			numbers++
			continue
		}
		if c.opt.Label != "" && strings.TrimSpace(f) == c.opt.Label {
			return true
		}
		if !isMissing(f) && j < len(second) && isNumber(second[j]) {
			return true
		}
	}
	return numbers == 0
}

// header takes the names.
func (c *csvReader) header(rec record) error {
	seen := map[string]int{}
	for j, f := range rec.cells {
		name := strings.Clone(strings.TrimSpace(f))
		if name == "" && j > 0 {
			name = columnName(j)
		}
		if k, ok := seen[name]; ok {
			return malformed("csv", rowField(rec.line), "got column name %s twice, in columns %d and %d, want different names", quote(name), k+1, j+1)
		}
		seen[name] = j
		c.names = append(c.names, name)
	}
	return nil
}

// rowNames are the headers of a first column that holds names of rows: R and pandas write them.
var rowNames = []string{"", "rownames", "Unnamed: 0"}

// assign gives each column its role.
func (c *csvReader) assign(headless bool) error {
	c.role = make([]int, len(c.names))
	for j := range c.role {
		c.role[j] = j
	}
	for _, name := range c.opt.Drop {
		j := slices.Index(c.names, name)
		if j < 0 {
			return c.absent("columns to drop", name)
		}
		c.role[j] = roleUnused
	}
	if c.opt.Label != "" {
		j := slices.Index(c.names, c.opt.Label)
		if j < 0 {
			return c.absent("label column", c.opt.Label)
		}
		if c.role[j] == roleUnused {
			return malformed("csv", "columns to drop", "got %s, which is the label column, want others", quote(c.opt.Label))
		}
		c.role[j] = roleLabel
	}
	if !headless && c.role[0] >= 0 && len(c.names) > 1 && slices.Contains(rowNames, c.names[0]) {
		c.role[0] = roleNames
	}
	if len(c.opt.Columns) > 0 {
		return c.choose()
	}
	d := 0
	for j, r := range c.role {
		if r >= 0 {
			c.role[j] = d
			d++
		}
	}
	if d == 0 {
		return malformed("csv", "columns", "got no feature column, want at least one besides %s", list(c.names))
	}
	c.stats = make([]columnStats, d)
	return nil
}

// absent returns the error for a column that is asked for and not there.
func (c *csvReader) absent(what, name string) error {
	return malformed("csv", what, "got no column %s, want one of %s", quote(name), list(c.names))
}

// choose takes the columns of the stored standardisation, in its order.
func (c *csvReader) choose() error {
	for j, r := range c.role {
		if r >= 0 {
			c.role[j] = roleUnused
		}
	}
	for i, col := range c.opt.Columns {
		j := slices.Index(c.names, col.Name)
		if j < 0 || c.role[j] == roleLabel {
			return c.absent("stored standardisation", col.Name)
		}
		c.role[j] = i
	}
	c.stats = make([]columnStats, len(c.opt.Columns))
	return nil
}

// rest reads the records after the first two.
func (c *csvReader) rest() error {
	for {
		rec, err := c.record()
		if rec.cells == nil || err != nil {
			return err
		}
		if err := c.add(rec); err != nil {
			return err
		}
	}
}

// add takes one row.
func (c *csvReader) add(rec record) error {
	line := rec.line
	if len(rec.cells) != len(c.names) {
		return malformed("csv", rowField(line), "got %d columns, want %d as in the first row", len(rec.cells), len(c.names))
	}
	if c.rows++; c.rows > c.src.lim.MaxRows {
		return malformed("csv", rowField(line), "got more than %d rows, want at most that many", c.src.lim.MaxRows)
	}
	if int64(c.rows)*int64(len(c.stats))*8 > c.src.lim.MaxBytes {
		return malformed("csv", rowField(line), "got more than %d bytes of values, want at most that many", c.src.lim.MaxBytes)
	}
	row := c.store.row(len(c.stats))
	for j, f := range rec.cells {
		switch r := c.role[j]; {
		case r == roleLabel:
			f = strings.TrimSpace(f)
			if f == "" {
				c.labels.none()
			} else {
				c.labels.add(f)
			}
		case r >= 0:
			v, err := c.number(f, line, j)
			if err != nil {
				return err
			}
			row[r] = v
		}
	}
	return nil
}

// cell returns an error at a cell.
func (c *csvReader) cell(line, j int, msg string, args ...any) error {
	return malformed("csv", fmt.Sprintf("row %d, column %s", line, quote(c.names[j])), msg, args...)
}

// rowField names a row in errors.
func rowField(line int) string { return "row " + strconv.Itoa(line) }
