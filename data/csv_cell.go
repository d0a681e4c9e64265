package data

import (
	"math"
	"strconv"
	"strings"
)

// isMissing tells whether a cell holds one of the usual signs of a missing value.
func isMissing(f string) bool {
	switch strings.TrimSpace(f) {
	case "", "?", "NA", "N/A", "NaN", "nan", "NAN", "null":
		return true
	}
	return false
}

// isNumber tells whether a cell is written as a number, in range or not.
func isNumber(f string) bool {
	_, err := strconv.ParseFloat(strings.TrimSpace(f), 64)
	return err == nil && !isMissing(f) || err != nil && err.(*strconv.NumError).Err == strconv.ErrRange
}

// number reads a feature cell; a missing one gives NaN, to be filled in by describe.
func (c *csvReader) number(f string, line, j int) (float64, error) {
	st := &c.stats[c.role[j]]
	f = strings.TrimSpace(f)
	v, err := strconv.ParseFloat(f, 64)
	switch {
	case isMissing(f) && c.opt.AllowNaN:
		st.missing++
		return math.NaN(), nil
	case isMissing(f):
		return 0, c.cell(line, j, "got %s, want a number; remove the row or allow missing values, which then take the column's mean", quote(f))
	case err != nil && err.(*strconv.NumError).Err == strconv.ErrSyntax:
		return 0, c.cell(line, j, "got %s, want a number; make it the label column, drop it, or write it as numbers", quote(f))
	case !finite32(v):
		return 0, c.cell(line, j, "got %s, want a finite number within ±3.4e38", quote(f))
	}
	st.add(v)
	return v, nil
}

// describe makes the set of the rows, which are left out, and what stands in for missing cells.
func (c *csvReader) describe(rep *Report) (set *Set, fill []float64, err error) {
	if c.rows == 0 {
		return nil, nil, malformed("csv", "rows", "got a header and no rows, want at least 1 row")
	}
	d := len(c.stats)
	set, fill = &Set{Shape: []int{d}, Columns: make([]Column, d)}, make([]float64, d)
	for j, r := range c.role {
		if r < 0 {
			col := ColumnReport{Name: c.names[j], Kind: kindOf(r)}
			if blank := c.labels.blank; r == roleLabel && blank > 0 {
				if blank == c.rows {
					return nil, nil, malformed("csv", "column "+quote(c.names[j]), "got no class in %d rows, want at least one; leave the label column out", c.rows)
				}
				col.Missing = blank
			}
			rep.Columns = append(rep.Columns, col)
			continue
		}
		st := &c.stats[r]
		if st.n == 0 && len(c.opt.Columns) == 0 {
			return nil, nil, malformed("csv", "column "+quote(c.names[j]), "got no value in %d rows, want at least one; drop the column", c.rows)
		}
		rep.Columns = append(rep.Columns, st.report(c.names[j]))
		set.Columns[r], fill[r] = Column{Name: c.names[j], Scale: 1}, st.mean
		if len(c.opt.Columns) > 0 {
			set.Columns[r], fill[r] = c.opt.Columns[r], c.opt.Columns[r].Mean
		} else if c.opt.Standardize {
			set.Columns[r] = st.fit(c.names[j])
		}
		if st.missing > 0 {
			rep.note("Column %s: %d of %d cells were missing and took the value %.6g.", c.names[j], st.missing, c.rows, fill[r])
		}
	}
	if c.labels.rows != nil {
		c.labels.done(set)
	}
	return set, fill, nil
}

// kindOf names the role of a column that is no feature.
func kindOf(role int) Kind {
	switch role {
	case roleLabel:
		return Categorical
	case roleNames:
		return RowNames
	}
	return Unused
}

// standardize writes (x − mean)/scale, in float64, as float32 rows.
func (c *csvReader) standardize(set *Set, fill []float64) error {
	d := len(fill)
	set.X = make([]float32, 0, c.rows*d)
	for b, block := range c.store.blocks {
		for i, v := range block {
			j := i % d // blocks hold whole rows
			if math.IsNaN(v) {
				v = fill[j]
			}
			w := (v - set.Columns[j].Mean) / set.Columns[j].Scale
			if !finite32(w) {
				return malformed("csv", "column "+quote(set.Columns[j].Name), "got %v after standardisation, want a finite float32", w)
			}
			set.X = append(set.X, float32(w))
		}
		c.store.blocks[b] = nil
	}
	return nil
}
