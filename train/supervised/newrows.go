package supervised

import (
	"errors"
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/data"
)

// ReadRows reads rows to predict from a file. Columns of a text table are found by name, in any
// order, and others are left out; other files have the columns in the order of training. The
// targets are those of the file, nil if it has none, or none that the run could have learnt.
func (r *Run) ReadRows(path string) (Part, error) {
	opt := data.ReadOptions{AllowNaN: r.Config.AllowNaN}
	for _, c := range r.Info.Columns {
		if !r.Config.AllowNaN { // missing cells alone need the stored mean
			c.Mean, c.Scale = 0, 1
		}
		opt.Columns = append(opt.Columns, c)
	}
	var set *data.Set
	err := errors.New("no target")
	if isCSV(path) {
		opt.Label = r.Info.Target
		set, _, err = data.ReadFile(path, opt)
	}
	if err != nil { // no column of targets, or a cell of it is empty
		opt.Label = ""
		set, _, err = data.ReadFile(path, opt)
	}
	if err != nil {
		return Part{}, missingColumn(path, err)
	}
	if want := r.Net.Inputs(); set.Dim() != want {
		return Part{}, fmt.Errorf("supervised: %s: got rows of %d values (shape %v), want %d (shape %v) as in training", path, set.Dim(), set.Shape, want, r.Info.Shape)
	}
	if r.Config.AllowNaN {
		for i := range set.X {
			c := opt.Columns[i%len(opt.Columns)]
			set.X[i] = float32(float64(set.X[i])*c.Scale + c.Mean)
		}
	}
	return Part{set.Rows(), r.targets(set)}, nil
}

// missingColumn says which column of training a text table lacks.
func missingColumn(path string, err error) error {
	var format *data.FormatError
	if errors.As(err, &format) && format.Field == "stored standardisation" {
		return fmt.Errorf("supervised: %s: columns of training: %s", path, format.Msg)
	}
	return err
}

// targets are the labels of a set as the run numbers them, nil if there is none or one that the
// run does not know.
func (r *Run) targets(s *data.Set) []float64 {
	if s.Labels == nil {
		return nil
	}
	values, numeric, _ := numbers(s.Classes)
	var out []float64
	for _, l := range s.Labels {
		if l < 0 {
			return nil
		}
		if len(r.Info.Classes) == 0 {
			if !numeric {
				return nil
			}
			out = append(out, values[l])
			continue
		}
		k := slices.Index(r.Info.Classes, s.Classes[l])
		if k < 0 {
			return nil
		}
		out = append(out, float64(k))
	}
	return out
}
