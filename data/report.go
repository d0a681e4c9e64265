package data

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/elbo-go/elbo/internal/text"
)

// Kind is what a reader takes a column for.
type Kind string

// The kinds of columns.
const (
	Numeric     Kind = "numeric"
	Constant    Kind = "constant"    // numeric, with one value; its scale is 1
	Categorical Kind = "categorical" // the label column
	RowNames    Kind = "row names"   // left out
	Unused      Kind = "unused"      // left out: dropped, or not in the stored standardisation
)

// ColumnReport describes one column of a table before standardisation.
type ColumnReport struct {
	Name string // as in the header
	Kind Kind   // what the values are
	// Missing counts the empty cells, NA, NaN and ?. They took the column's mean; of a label column they
	// are the empty cells, of rows without a class.
	Missing int
	// Min, Max, Mean and SD (divisor n) are those of the values that are there.
	Min, Max, Mean, SD float64
}

// Report says what a reader made of a file.
type Report struct {
	// Path and Format tell the file and how it was read.
	Path, Format string
	// Rows is the number of rows; Shape the shape of one.
	Rows  int
	Shape []int
	// Columns describes every column of a table, in the order of the file.
	Columns []ColumnReport
	// Classes and Counts tell the classes and the rows of each.
	Classes []string
	Counts  []int
	// Notes are further remarks, one sentence each.
	Notes []string
}

// note adds a remark.
func (r *Report) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// describe fills the fields that follow from the set.
func (r *Report) describe(s *Set) {
	r.Rows, r.Shape, r.Classes = s.Len(), s.Shape, s.Classes
	r.Counts = make([]int, len(s.Classes))
	blank := 0
	for _, l := range s.Labels {
		if l >= 0 {
			r.Counts[l]++
		} else {
			blank++
		}
	}
	if blank > 0 {
		r.note("%d of %d rows have no class.", blank, r.Rows)
	}
}

// reportLines bounds the columns and classes that String prints.
const reportLines = 20

// String prints the report as a few lines of text, with a table of the columns.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %d rows of %s values\n", r.Path, r.Format, r.Rows, text.Shape(r.Shape))
	if len(r.Classes) > 0 {
		fmt.Fprintf(&b, "%d classes:", len(r.Classes))
		for i, c := range r.Classes[:min(len(r.Classes), reportLines)] {
			fmt.Fprintf(&b, " %s (%d)", c, r.Counts[i])
		}
		if len(r.Classes) > reportLines {
			b.WriteString(" …")
		}
		b.WriteByte('\n')
	}
	if len(r.Columns) > 0 {
		r.table(&b)
	}
	for _, n := range r.Notes {
		b.WriteString(n)
		b.WriteByte('\n')
	}
	return b.String()
}

// table prints the columns.
func (r *Report) table(b *strings.Builder) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "column\tkind\tmissing\tmin\tmax\tmean\tsd")
	for _, c := range r.Columns[:min(len(r.Columns), reportLines)] {
		if c.Kind == Numeric || c.Kind == Constant {
			fmt.Fprintf(w, "%s\t%s\t%d\t%.6g\t%.6g\t%.6g\t%.6g\n", c.Name, c.Kind, c.Missing, c.Min, c.Max, c.Mean, c.SD)
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t\t\t\t\t\n", c.Name, c.Kind)
	}
	w.Flush()
	if n := len(r.Columns) - reportLines; n > 0 {
		fmt.Fprintf(b, "… and %d more columns\n", n)
	}
}
