// Package tables reads the tables that engines are fitted to: it leaves out constant columns, holds
// rows out and standardises the others.
package tables

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/internal/option"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/train/engine"
)

// Options are the settings of a table, to which an engine adds its own.
var Options = option.Set{
	{Name: "drop", Usage: "`columns` to leave out, such as id,date (default: none)", Kind: option.Text},
	{Name: "allow-nan", Usage: "fill missing cells with the mean of their column (default: they are an error)", Default: "false", Kind: option.Switch},
	{Name: "standardize", Usage: "bring every column to mean 0 and standard deviation 1", Default: "true", Kind: option.Switch},
	{Name: "held-out", Usage: "`share` of the rows that is not fitted but scored", Default: "0", Kind: option.Number, Max: .9},
}

// Request says what is read.
type Request struct {
	Config engine.Config      // with Options
	Label  string             // column of classes; "" means none
	Drawn  string             // name of a table that is drawn
	Draw   func() *data.Table // draws it
}

// Data is N rows of D numbers, row after row.
type Data struct {
	X []float64 // N×D
	D int       // columns
}

// N is the number of rows.
func (x Data) N() int { return len(x.X) / max(x.D, 1) }

// Row is the n-th row.
func (x Data) Row(n int) []float64 { return x.X[n*x.D : (n+1)*x.D] }

// Set is the rows of a table, standardised by those that are fitted.
type Set struct {
	Name       string        // of the table
	Columns    []data.Column // those that are kept, with their standardisation
	Train      Data          // rows to fit
	Test       Data          // rows held out
	Labels     []int         // classes of the rows to fit, nil where there are none; −1 is not known
	TestLabels []int         // of the rows held out
	Classes    []string      // names of the classes
	Notes      []string      // remarks about the table
}

// Read reads the table of a config.
func Read(ctx context.Context, r Request) (*Set, error) {
	c := r.Config
	t, notes, err := r.table(ctx)
	if err != nil {
		return nil, err
	}
	s := &Set{Name: t.Name, Notes: notes, Classes: t.Classes}
	keep := s.varying(t)
	if len(keep) == 0 {
		return nil, fmt.Errorf("%s: %s: got no column with two different values in %d rows, want at least one", c.Model, t.Name, t.Len())
	}
	held := int(math.Round(c.Number("held-out") * float64(t.Len())))
	if t.Len()-held < 2 {
		return nil, fmt.Errorf("%s: %s: got %d rows, of which %d are held out, want at least 2 to fit", c.Model, t.Name, t.Len(), held)
	}
	order := make([]int, t.Len())
	for i := range order {
		order[i] = i
	}
	if held > 0 {
		order = rng.New(c.Seed).Named("held-out").Perm(t.Len())
	}
	s.Train, s.Labels = pick(t, keep, order[held:])
	s.Test, s.TestLabels = pick(t, keep, order[:held])
	for _, j := range keep {
		s.Columns = append(s.Columns, data.Column{Name: t.Columns[j], Scale: 1})
	}
	if c.On("standardize") {
		s.standardise()
	}
	s.Train.Standardise(s.Columns)
	s.Test.Standardise(s.Columns)
	return s, nil
}

// table reads or draws the table.
func (r Request) table(ctx context.Context) (*data.Table, []string, error) {
	c := r.Config
	opt := data.ReadOptions{Label: r.Label, Drop: c.List("drop"), AllowNaN: c.On("allow-nan")}
	if c.Data == r.Drawn && r.Draw != nil {
		if opt.Label != "" || opt.Drop != nil {
			return nil, nil, fmt.Errorf("%s: %s: got columns to drop or of a label, want none: its columns are given", c.Model, r.Drawn)
		}
		return r.Draw(), nil, nil
	}
	if _, ok := data.Lookup(c.Data); ok {
		s, err := data.Open(ctx, data.Spec{Name: c.Data, Label: opt.Label, Drop: opt.Drop, Raw: true})
		if err != nil {
			return nil, nil, err
		}
		return tableOf(s.Train, s.Valid), nil, nil // nothing is chosen by validation rows
	}
	t, rep, err := data.ReadTable(c.Data, opt)
	if err != nil {
		return nil, nil, err
	}
	return t, rep.Notes, nil
}

// tableOf makes a table of the rows of sets.
func tableOf(sets ...*data.Set) *data.Table {
	first := sets[0]
	t := &data.Table{Name: first.Name, Classes: first.Classes}
	for _, s := range sets {
		for _, v := range s.X {
			t.X = append(t.X, float64(v))
		}
		t.Labels = append(t.Labels, s.Labels...)
	}
	for j := range first.Dim() {
		name := fmt.Sprintf("c%d", j+1)
		if first.Columns != nil {
			name = first.Columns[j].Name
		}
		t.Columns = append(t.Columns, name)
	}
	return t
}

// pick copies columns of rows, which it sorts, and their labels.
func pick(t *data.Table, columns, rows []int) (x Data, labels []int) {
	x.D = len(columns)
	for _, i := range slices.Sorted(slices.Values(rows)) {
		for _, j := range columns {
			x.X = append(x.X, t.X[i*len(t.Columns)+j])
		}
		if t.Labels != nil {
			labels = append(labels, int(t.Labels[i]))
		}
	}
	return x, labels
}

// varying lists the columns that have two different values; the others tell nothing and would
// leave no covariance.
func (s *Set) varying(t *data.Table) (keep []int) {
	d := len(t.Columns)
	for j, name := range t.Columns {
		same := true
		for i := j; i < len(t.X); i += d {
			same = same && t.X[i] == t.X[j]
		}
		if same {
			if len(t.X) > 0 {
				s.Notes = append(s.Notes, fmt.Sprintf("column %s has one value, %v, and is left out", name, t.X[j]))
			}
			continue
		}
		keep = append(keep, j)
	}
	return keep
}

// standardise finds mean and standard deviation of the rows that are fitted.
func (s *Set) standardise() {
	n, d := float64(s.Train.N()), s.Train.D
	for j := range s.Columns {
		mean, squares, same := 0., 0., true
		for i := j; i < len(s.Train.X); i += d {
			mean += s.Train.X[i] / n
			same = same && s.Train.X[i] == s.Train.X[j]
		}
		if same { // it varies in held-out rows alone; its squares would be rounding
			s.Columns[j].Mean = s.Train.X[j]
			continue
		}
		for i := j; i < len(s.Train.X); i += d {
			squares += (s.Train.X[i] - mean) * (s.Train.X[i] - mean) / n
		}
		s.Columns[j].Mean = mean
		if squares > 0 { // it underflows of the smallest numbers
			s.Columns[j].Scale = math.Sqrt(squares)
		}
	}
}

// maxMatrices bounds the matrices of columns by columns of a fit, 4 GiB.
const maxMatrices = 4 << 30

// Matrices refuses columns of which count D×D matrices are too large, before they are made.
func (s *Set) Matrices(model string, count int) error {
	d := float64(len(s.Columns))
	if size := 8 * d * d * float64(count); size > maxMatrices {
		return fmt.Errorf("%s: %s: got %s columns, of which %s matrices take %.3g bytes, want at most %.3g: leave columns out by --drop", model, s.Name,
			text.Thousands(len(s.Columns)), text.Thousands(count), size, float64(maxMatrices))
	}
	return nil
}

// Standardise brings rows to the standardisation of columns, in place.
func (x Data) Standardise(columns []data.Column) {
	for i := range x.X {
		c := columns[i%x.D]
		x.X[i] = (x.X[i] - c.Mean) / c.Scale
	}
}

// String counts the rows.
func (s *Set) String() string {
	out := fmt.Sprintf("%s: %s rows of %d columns", s.Name, text.Thousands(s.Train.N()), s.Train.D)
	if s.Test.N() > 0 {
		out += fmt.Sprintf(", %s held out", text.Thousands(s.Test.N()))
	}
	return out
}

// Fingerprint is the sha256 of columns and rows.
func (s *Set) Fingerprint() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q\n", Names(s.Columns))
	for _, x := range []Data{s.Train, s.Test} {
		b := make([]byte, 0, 8*len(x.X))
		for _, v := range x.X {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Names lists the names of columns.
func Names(columns []data.Column) (out []string) {
	for _, c := range columns {
		out = append(out, c.Name)
	}
	return out
}

// Check says what is wrong with stored columns.
func Check(what string, columns []data.Column) error {
	for _, c := range columns {
		if !(c.Scale > 0) || math.IsInf(c.Scale, 0) || math.IsNaN(c.Mean) || math.IsInf(c.Mean, 0) {
			return fmt.Errorf("%s: column %s: got mean %v and scale %v, want finite ones and a positive scale", what, c.Name, c.Mean, c.Scale)
		}
	}
	return nil
}

// Apply reads rows of a file, with columns in any order, and standardises them.
func Apply(path string, columns []data.Column) (Data, error) {
	t, _, err := data.ReadTable(path, data.ReadOptions{Columns: columns})
	if err != nil {
		return Data{}, err
	}
	x := Data{t.X, len(columns)}
	x.Standardise(columns)
	return x, nil
}
