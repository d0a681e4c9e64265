package data

import (
	"fmt"
	"math"
)

// columnStats gathers the moments of one column in float64 (Welford 1962).
type columnStats struct {
	n, missing int
	min, max   float64
	mean, m2   float64
}

// add takes one finite value.
func (c *columnStats) add(v float64) {
	if c.n == 0 {
		c.min, c.max = v, v
	}
	c.min, c.max = math.Min(c.min, v), math.Max(c.max, v)
	c.n++
	d := v - c.mean
	c.mean += d / float64(c.n)
	c.m2 += d * (v - c.mean)
}

// sd returns the standard deviation, √(Σ(x − x̄)²/n).
func (c *columnStats) sd() float64 {
	if c.n == 0 || c.min == c.max {
		return 0
	}
	return math.Sqrt(c.m2 / float64(c.n))
}

// fit returns the standardisation (x − mean)/sd of the column, with scale 1 for a constant one.
func (c *columnStats) fit(name string) Column {
	col := Column{Name: name, Mean: c.mean, Scale: c.sd()}
	if c.min == c.max {
		col.Mean = c.min
	}
	if col.Scale == 0 {
		col.Scale = 1
	}
	return col
}

// report describes the column.
func (c *columnStats) report(name string) ColumnReport {
	r := ColumnReport{Name: name, Kind: Numeric, Missing: c.missing, Min: c.min, Max: c.max, Mean: c.mean, SD: c.sd()}
	if c.min == c.max {
		r.Kind = Constant
	}
	return r
}

// checkColumns refuses stored standardisations that cannot be applied.
func checkColumns(cols []Column) error {
	for _, c := range cols {
		if !finite32(c.Mean) || !finite32(c.Scale) || !(c.Scale > 0) {
			return fmt.Errorf("data: standardisation of column %s: got mean %v and scale %v, want finite ones and a positive scale",
				quote(c.Name), c.Mean, c.Scale)
		}
	}
	return nil
}

// tabulate fills Columns of a set that was read from an array, and applies the
// standardisation that the options ask for. It leaves images as they are.
func tabulate(set *Set, opt ReadOptions, format string) ([]ColumnReport, error) {
	if len(opt.Drop) > 0 {
		return nil, malformed(format, "columns to drop", "got %s in data whose columns have no names, want a csv or tsv file", list(opt.Drop))
	}
	if len(set.Shape) != 1 {
		if len(opt.Columns) > 0 {
			return nil, malformed(format, "columns", "got rows of shape %v, want a table of %d columns", set.Shape, len(opt.Columns))
		}
		return nil, nil
	}
	d := set.Dim()
	if len(opt.Columns) > 0 && len(opt.Columns) != d {
		return nil, malformed(format, "columns", "got %d, want %d as in the stored standardisation", d, len(opt.Columns))
	}
	stats := make([]columnStats, d)
	for i, v := range set.X {
		stats[i%d].add(float64(v))
	}
	reports := make([]ColumnReport, d)
	set.Columns = make([]Column, d)
	for j := range stats {
		name := columnName(j)
		set.Columns[j] = Column{Name: name, Scale: 1}
		if opt.Standardize {
			set.Columns[j] = stats[j].fit(name)
		}
		if len(opt.Columns) > 0 {
			set.Columns[j] = opt.Columns[j]
		}
		reports[j] = stats[j].report(set.Columns[j].Name)
	}
	for i, v := range set.X {
		w := (float64(v) - set.Columns[i%d].Mean) / set.Columns[i%d].Scale
		if !finite32(w) {
			return nil, malformed(format, fmt.Sprintf("row %d, column %s", i/d+1, quote(set.Columns[i%d].Name)),
				"got %v after standardisation, want a finite float32", w)
		}
		set.X[i] = float32(w)
	}
	return reports, nil
}

// columnName names the j-th column (from 0) of a table without a header: c1, c2, ….
func columnName(j int) string { return fmt.Sprintf("c%d", j+1) }
