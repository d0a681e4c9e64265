package elbo

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
)

// Classes names the classes of the data that the run learnt from; nil where they have none.
func (m *Model) Classes() []string { return slices.Clone(m.run.Info.Classes) }

// Class returns the number of a class by its name, or by its number where no class has that name.
func (m *Model) Class(name string) (int, error) {
	classes := m.run.Info.Classes
	if i := slices.Index(classes, name); i >= 0 {
		return i, nil
	}
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(classes) {
		return i, nil
	}
	if len(classes) == 0 {
		return 0, fmt.Errorf("elbo: class: got %q of a run whose data have no classes", name)
	}
	return 0, fmt.Errorf("elbo: class: got %q, want one of %s, or a number from 0 to %d", name, strings.Join(classes, ", "), len(classes)-1)
}

// Conditional tells whether the model wants the class of every row (see [Model.WithClasses]).
func (m *Model) Conditional() bool { return m.classed() && !m.run.Net.Can()["classify"] }

// classed tells whether rows and codes end with a class.
func (m *Model) classed() bool { return m.run.Net.Width() > m.Dim() }

// CodeWidth returns the number of values of a code: L, and the class where the model makes use of it.
func (m *Model) CodeWidth() int { return m.run.Net.CodeWidth() }

// WithClasses returns rows that end with a class each, by number, as models of rows with classes take
// them; −1 stands for one that is not known, which models that find classes take.
func (m *Model) WithClasses(rows [][]float32, class []int) ([][]float32, error) {
	if !m.classed() {
		return nil, fmt.Errorf("elbo: model %s makes no use of classes: got rows with them", m.run.Config.Model)
	}
	if len(rows) != len(class) {
		return nil, fmt.Errorf("elbo: classes: got %d of %d rows, want one each", len(class), len(rows))
	}
	out := make([][]float32, len(rows))
	for i, r := range rows {
		out[i] = append(slices.Clone(r), float32(class[i]))
	}
	return out, nil
}

// RowsOf returns the rows of a set as the model takes them: with their classes where it wants them, by
// name, and without where it finds them or does without.
func (m *Model) RowsOf(s *data.Set) ([][]float32, error) {
	if !m.Conditional() {
		return s.Rows(), nil
	}
	if s.Labels == nil {
		return nil, fmt.Errorf("elbo: model %s wants the class of each row: got %s without; a column that holds it is named with --label", m.run.Config.Model, s.Name)
	}
	number := make([]int, len(s.Classes))
	for i, name := range s.Classes {
		number[i] = slices.Index(m.run.Info.Classes, name)
	}
	class := make([]int, len(s.Labels))
	for i, l := range s.Labels {
		if l < 0 {
			return nil, fmt.Errorf("elbo: %s: row %d: class: got none, want one of %s", s.Name, i, strings.Join(m.run.Info.Classes, ", "))
		}
		if class[i] = number[l]; class[i] < 0 {
			return nil, fmt.Errorf("elbo: %s: row %d: class: got %q, want one of %s as in training", s.Name, i, s.Classes[l], strings.Join(m.run.Info.Classes, ", "))
		}
	}
	return m.WithClasses(s.Rows(), class)
}

// ended completes rows, D or D+1 values each, by the class that is not known, and checks the classes.
func (m *Model) ended(rows [][]float32) ([][]float32, error) {
	if !m.classed() {
		return rows, nil
	}
	d := m.Dim()
	out := make([][]float32, len(rows))
	for i, r := range rows {
		if len(r) == d && m.Conditional() {
			return nil, fmt.Errorf("elbo: row %d: got %d values, want %d: model %s wants the class of each row at its end (see Model.WithClasses)", i, d, d+1, m.run.Config.Model)
		}
		if out[i] = r; len(r) == d {
			out[i] = append(slices.Clone(r), -1)
		}
		if len(out[i]) != d+1 {
			return nil, fmt.Errorf("elbo: row %d: got %d values, want %d, or %d with its class", i, len(r), d, d+1)
		}
		if err := m.checkClass("row", i, out[i][d], !m.Conditional()); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// checkClass checks the class at the end of a row or code.
func (m *Model) checkClass(what string, i int, class float32, open bool) error {
	least := 0
	if open {
		least = -1
	}
	if c := len(m.run.Info.Classes); class != float32(int(class)) || int(class) < least || int(class) >= c {
		return fmt.Errorf("elbo: %s %d: class: got %v, want a whole number from %d to %d", what, i, class, least, c-1)
	}
	return nil
}

// Classify returns the probabilities of the classes of each row, in the order of [Model.Classes]. Images
// are taken as they are, not binarised.
func (m *Model) Classify(ctx context.Context, rows [][]float32) ([][]float32, error) {
	if !m.run.Net.Can()["classify"] {
		return nil, fmt.Errorf("elbo: classify: model %s finds no classes; train one that does, such as m2", m.run.Config.Model)
	}
	x, err := m.toModel(rows)
	if err != nil {
		return nil, err
	}
	p, err := m.run.Net.Classify(ctx, x)
	if err != nil {
		return nil, err
	}
	return data.Rows(p, len(m.run.Info.Classes)), nil
}

// SampleOf draws n rows of a class from a model that makes use of classes. Equal seeds give equal rows.
func (m *Model) SampleOf(ctx context.Context, n, class int, seed uint64) ([][]float32, error) {
	if !m.classed() {
		return nil, fmt.Errorf("elbo: sample: model %s makes no use of classes; train one that does, such as cvae", m.run.Config.Model)
	}
	if err := m.checkClass("sample", 0, float32(class), false); err != nil {
		return nil, err
	}
	if err := m.canSample(n); err != nil {
		return nil, err
	}
	z, err := m.run.Net.PriorOf(ctx, n, class, rng.New(seed).Named("sample"))
	if err != nil {
		return nil, err
	}
	x, err := m.run.Net.Decode(ctx, z)
	if err != nil {
		return nil, err
	}
	return m.fromModel(x), nil
}

// Path returns the codes of a path between two, both ends included; classes at their ends change
// half-way.
func (m *Model) Path(kind string, a, b []float32, steps int) ([][]float32, error) {
	l := m.Latent()
	if len(a) != m.CodeWidth() || len(b) != m.CodeWidth() {
		return nil, fmt.Errorf("elbo: path: got codes of %d and %d values, want %d", len(a), len(b), m.CodeWidth())
	}
	points, err := eval.Path(kind, a[:l], b[:l], steps)
	if err != nil {
		return nil, err
	}
	for i := range points {
		end := a
		if 2*i >= len(points) {
			end = b
		}
		points[i] = append(points[i][:l:l], end[l:]...)
	}
	return points, nil
}

// Complete returns rows with the part that the model does not see replaced by what it expects there.
// Seeds differ in the code that is drawn for it.
func (m *Model) Complete(ctx context.Context, rows [][]float32, seed uint64) ([][]float32, error) {
	if !m.run.Net.Can()["complete"] {
		return nil, fmt.Errorf("elbo: complete: model %s completes no rows; train one that does, such as completion", m.run.Config.Model)
	}
	x, err := m.toModel(rows)
	if err != nil {
		return nil, err
	}
	y, err := m.run.Net.Complete(ctx, x, rng.New(seed).Named("complete"))
	if err != nil {
		return nil, err
	}
	return m.fromModel(y), nil
}
