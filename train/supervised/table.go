package supervised

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/elbo-go/elbo/data"
)

// Part holds rows with their targets.
type Part struct {
	X [][]float32 // N×D, in the units of the data
	Y []float64   // targets; class numbers where the target is a class
}

// Table is a data set taken apart into columns to predict from and a target.
type Table struct {
	Splits  *data.Splits // of the columns alone, in the units of the data
	Target  string       // name of the target
	Head    string       // one of bnn.Heads, chosen by the target where the config leaves it open
	Classes []string     // names of the classes; nil where the target is a number
	Left    []string     // columns that were left out because the training rows have one value there
	Notes   []string     // what may surprise, one sentence each
	Image   bool         // rows are images, whose pixels are taken as they are
	Train   Part         // fitted
	Valid   Part         // calibrates
	Test    Part         // reported on
}

// labelName is the target of rows that carry labels without a column of their own, as images do.
const labelName = "label"

// OpenTable opens the data set of a config and takes its target apart. Columns that a run stored
// are taken as they were in it.
func OpenTable(ctx context.Context, c Config, stored []data.Column) (*Table, error) {
	spec := data.Spec{Name: c.Data, Dir: c.DataDir, Drop: c.Drop, AllowNaN: c.AllowNaN, MaxRows: c.MaxRows, Raw: true}
	csv := isCSV(c.Data)
	if csv {
		if c.Target == "" {
			return nil, noTarget(c.Data)
		}
		spec.Label, spec.Columns = c.Target, stored
		spec.Raw = !c.AllowNaN // missing cells want the training rows' mean
	}
	s, err := data.Open(ctx, spec)
	if err != nil {
		return nil, targetError(c.Target, err)
	}
	t := &Table{Splits: s, Target: c.Target, Head: c.Head, Image: s.Train.IsImage()}
	if csv {
		err = t.labelled(true)
	} else {
		err = t.uncolumned(c, stored)
	}
	if err == nil {
		err = t.finish(stored)
	}
	if err != nil {
		return nil, fmt.Errorf("supervised: %s: %w", c.Data, err)
	}
	return t, nil
}

// isCSV tells whether a data set is a text table, whose target is read as a column of labels.
func isCSV(name string) bool {
	base := strings.TrimSuffix(strings.ToLower(name), ".gz")
	_, registered := data.Lookup(name)
	return !registered && (strings.HasSuffix(base, ".csv") || strings.HasSuffix(base, ".tsv"))
}

// noTarget asks for a target and lists the columns of a text table.
func noTarget(path string) error {
	_, _, err := data.ReadFile(path, data.ReadOptions{Label: "\x00"})
	var format *data.FormatError
	if !errors.As(err, &format) || format.Field != labelColumn {
		return fmt.Errorf("supervised: %s: target: got none, want the name of a column: %w", path, err)
	}
	_, columns, _ := strings.Cut(format.Msg, "want ")
	return &TargetError{fmt.Sprintf("%s: target: got none, want %s", path, columns)}
}

// labelColumn is how the reader of text tables names the label column in errors.
const labelColumn = "label column"

// TargetError is a target that the data do not have: a mistake of the one who named it.
type TargetError struct{ text string }

// Error says what the data have.
func (e *TargetError) Error() string { return "supervised: " + e.text }

// targetError says "target" where a reader says "label column".
func targetError(target string, err error) error {
	var format *data.FormatError
	if !errors.As(err, &format) {
		return err
	}
	if format.Field == labelColumn {
		return &TargetError{strings.Replace(strings.TrimPrefix(err.Error(), "data: "), labelColumn, "target", 1)}
	}
	if strings.Contains(format.Msg, "got no class") {
		return fmt.Errorf("%w (%s is the target)", err, target)
	}
	if strings.Contains(format.Msg, "make it the label column") {
		return fmt.Errorf("%w (all columns but the target have to be numbers; --drop leaves columns out)", err)
	}
	return err
}

// uncolumned takes the target of data other than text tables: their labels, or a column by name.
func (t *Table) uncolumned(c Config, stored []data.Column) error {
	s := t.Splits.Train
	if s.Labels != nil {
		if t.Target != "" && t.Target != labelName {
			return &TargetError{fmt.Sprintf("%s: target: got %q, want %s, which the rows carry", c.Data, t.Target, labelName)}
		}
		t.Target = labelName
		return t.labelled(false)
	}
	if len(s.Columns) == 0 {
		return fmt.Errorf("target: got rows of shape %v without labels, want labels or a table", s.Shape)
	}
	names := columnNames(s.Columns)
	if t.Target == "" {
		if _, registered := data.Lookup(c.Data); !registered {
			return &TargetError{fmt.Sprintf("%s: target: got none, want one of %s", c.Data, strings.Join(names, ", "))}
		}
		t.Target = names[len(names)-1]
	}
	j := slices.Index(names, t.Target)
	if j < 0 {
		return &TargetError{fmt.Sprintf("%s: target: got %q, want one of %s", c.Data, t.Target, strings.Join(names, ", "))}
	}
	if len(names) < 2 {
		return fmt.Errorf("columns: got none but the target %s, want at least one to predict from", t.Target)
	}
	for _, p := range t.parts() {
		for _, row := range p.set.Rows() {
			p.to.Y = append(p.to.Y, float64(row[j]))
		}
	}
	keep := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == t.Target })
	t.choose(keep)
	if t.Head == headClasses {
		return t.numbersAsClasses()
	}
	return t.number()
}

// columnNames lists the names of columns.
func columnNames(columns []data.Column) []string {
	var out []string
	for _, c := range columns {
		out = append(out, c.Name)
	}
	return out
}

// named is a part of the data with where its rows go.
type named struct {
	name string
	set  *data.Set
	to   *Part
}

// parts lists the parts.
func (t *Table) parts() []named {
	return []named{{"training", t.Splits.Train, &t.Train}, {"validation", t.Splits.Valid, &t.Valid}, {"test", t.Splits.Test, &t.Test}}
}

// choose keeps the named columns, in the order of the names.
func (t *Table) choose(names []string) {
	for _, p := range t.parts() {
		old, d := *p.set, p.set.Dim()
		have := columnNames(old.Columns)
		p.set.Columns, p.set.X = nil, make([]float32, 0, old.Len()*len(names))
		var at []int
		for _, n := range names {
			j := slices.Index(have, n)
			at = append(at, j)
			p.set.Columns = append(p.set.Columns, old.Columns[j])
		}
		for i := range old.Len() {
			for _, j := range at {
				p.set.X = append(p.set.X, old.X[i*d+j])
			}
		}
		p.set.Shape = []int{len(names)}
	}
}

// finish brings the rows to the units of the data, leaves out constant columns and remarks on
// what may surprise.
func (t *Table) finish(stored []data.Column) error {
	for _, p := range t.parts() {
		for i := range p.set.X {
			if len(p.set.Columns) > 0 {
				c := p.set.Columns[i%len(p.set.Columns)]
				p.set.X[i] = float32(float64(p.set.X[i])*c.Scale + c.Mean)
			}
		}
		p.set.Labels, p.set.Classes = nil, t.Classes
	}
	if n := len(t.Train.Y); n < 2 {
		return fmt.Errorf("training rows: got %d, want at least 2", n)
	}
	if !t.Image && len(stored) == 0 {
		if err := t.leaveConstants(); err != nil {
			return err
		}
	} else if !t.Image {
		t.choose(columnNames(stored))
	}
	for _, p := range t.parts() {
		p.to.X = p.set.Rows()
	}
	t.remark()
	return nil
}

// leaveConstants leaves out the columns that have one value in all training rows.
func (t *Table) leaveConstants() error {
	s := t.Splits.Train
	var keep []string
	for j, c := range s.Columns {
		constant := true
		for i := j; constant && i < len(s.X); i += len(s.Columns) {
			constant = s.X[i] == s.X[j]
		}
		if constant {
			t.Left = append(t.Left, c.Name)
			continue
		}
		keep = append(keep, c.Name)
	}
	if len(keep) == 0 {
		return fmt.Errorf("columns: got one value in all %d training rows of %s, want a column that differs", s.Len(), strings.Join(t.Left, ", "))
	}
	if len(t.Left) > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("left out, for the training rows have one value there: %s", strings.Join(t.Left, ", ")))
		t.choose(keep)
	}
	return nil
}

// remark notes columns that equal the target, and numbers that look like classes.
func (t *Table) remark() {
	distinct := map[float64]bool{}
	for _, y := range t.Train.Y {
		distinct[y] = true
	}
	if len(distinct) == 2 && t.Classes == nil {
		t.Notes = append(t.Notes, fmt.Sprintf("target %s has two values; --head classes takes them for classes", t.Target))
	}
	for j, c := range t.Splits.Train.Columns {
		same := true
		for i, y := range t.Train.Y {
			if same = t.Train.X[i][j] == float32(y); !same {
				break
			}
		}
		if same {
			t.Notes = append(t.Notes, fmt.Sprintf("column %s equals the target in every training row: the figures will say nothing about rows whose target is not known", c.Name))
		}
	}
}

// Fingerprint is the sha256, in hex, of the training rows and their targets.
func (t *Table) Fingerprint() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %q %q\n", t.Splits.Train.Fingerprint(), t.Target, t.Classes)
	for _, y := range t.Train.Y {
		_ = binary.Write(h, binary.LittleEndian, math.Float64bits(y))
	}
	return hex.EncodeToString(h.Sum(nil))
}
