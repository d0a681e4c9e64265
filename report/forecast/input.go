package forecast

import (
	"fmt"
	"math"
	"slices"

	"github.com/elbo-go/elbo/bnn"
)

// Input is what a report is made from. Whatever is empty leaves out what depends on it.
type Input struct {
	// Title names the run, Target what is predicted, with its unit.
	Title, Target string
	// Columns names the D input columns; nil numbers them.
	Columns []string
	// X are the N test rows in the units of the data, N×D; nil leaves out what is drawn over them.
	X [][]float32
	// Y are the N true targets: numbers, or class numbers 0 … C−1.
	Y []float64
	// Predictions are those of the rows, before any temperature. One without draws counts as
	// normal with its mean and deviation.
	Predictions []bnn.Prediction
	// At predicts other rows, for curves over the columns; nil leaves these out.
	At func(x [][]float32) ([]bnn.Prediction, error)
	// Classes names the C classes; nil is a regression.
	Classes []string
	// History has one entry an epoch, phase after phase.
	History []bnn.Progress
	// Figures are names and values of the key figures, the most important first.
	Figures [][2]string
	// Warnings are what the run has raised, as "name: explanation".
	Warnings []string
	// Config and Environment are rows of name and value, printed as they are.
	Config, Environment [][2]string
	// Command reproduces the run.
	Command string
	// Temperature divides the logits of classes, found on rows held out from training and test;
	// 0 or 1 for none.
	Temperature float64
	// Seed chooses the rows that stand for many.
	Seed uint64
}

// check tells whether the parts of the input fit each other, and fills in names.
func (in *Input) check() error {
	n := len(in.Predictions)
	if len(in.Y) != n || in.X != nil && len(in.X) != n {
		return fmt.Errorf("forecast: test rows: got %d rows, %d targets and %d predictions, want as many", len(in.X), len(in.Y), n)
	}
	if n == 0 && len(in.History) == 0 {
		return fmt.Errorf("forecast: got no test row and no epoch, want something to show")
	}
	if in.Classes != nil && len(in.Classes) < 2 {
		return fmt.Errorf("forecast: classes: got %d, want at least 2, or none for a regression", len(in.Classes))
	}
	if !(in.Temperature >= 0) || math.IsInf(in.Temperature, 0) {
		return fmt.Errorf("forecast: temperature: got %v, want a finite one above 0, or 0 for none", in.Temperature)
	}
	if err := in.checkRows(); err != nil {
		return err
	}
	for i, p := range in.Predictions {
		if err := checkPrediction(p, len(in.Classes)); err != nil {
			return fmt.Errorf("forecast: row %d: prediction: %w", i, err)
		}
		if err := in.checkTarget(in.Y[i]); err != nil {
			return fmt.Errorf("forecast: row %d: target: %w", i, err)
		}
	}
	return nil
}

// checkRows looks at the columns.
func (in *Input) checkRows() error {
	if len(in.X) == 0 {
		return nil
	}
	d := len(in.X[0])
	if d == 0 || in.Columns != nil && len(in.Columns) != d {
		return fmt.Errorf("forecast: columns: got %d names for rows of %d values, want a name each", len(in.Columns), d)
	}
	for i, row := range in.X {
		if len(row) != d {
			return fmt.Errorf("forecast: row %d: got %d values, want %d", i, len(row), d)
		}
		if j := slices.IndexFunc(row, func(v float32) bool { return !finite(float64(v)) }); j >= 0 {
			return fmt.Errorf("forecast: row %d, column %d: got %v, want a finite number", i, j, row[j])
		}
	}
	if in.Columns == nil {
		for j := range d {
			in.Columns = append(in.Columns, fmt.Sprintf("column %d", j))
		}
	}
	return nil
}

// checkPrediction looks at the numbers of one prediction.
func checkPrediction(p bnn.Prediction, classes int) error {
	if len(p.Probs) != classes {
		return fmt.Errorf("got %d class probabilities, want %d", len(p.Probs), classes)
	}
	sum := 0.
	for k, v := range p.Probs {
		if !(v >= 0 && v <= 1+1e-3) {
			return fmt.Errorf("class %d: got %v, want a probability", k, v)
		}
		sum += v
	}
	if classes > 0 && math.Abs(sum-1) > 1e-3 {
		return fmt.Errorf("got probabilities that sum to %v, want 1", sum)
	}
	for _, v := range []float64{p.SD, p.Epistemic, p.Aleatoric} {
		if !finite(v) || v < 0 {
			return fmt.Errorf("got deviations %v, %v and %v, want finite ones from 0 to %g", p.SD, p.Epistemic, p.Aleatoric, largest)
		}
	}
	if !finite(p.Mean) {
		return fmt.Errorf("mean: got %v, want a finite number up to %g", p.Mean, largest)
	}
	return nil
}

// checkTarget looks at one target.
func (in *Input) checkTarget(y float64) error {
	if !finite(y) {
		return fmt.Errorf("got %v, want a finite number up to %g", y, largest)
	}
	if c := len(in.Classes); c > 0 && (y != math.Trunc(y) || y < 0 || y >= float64(c)) {
		return fmt.Errorf("got class %v, want 0 … %d", y, c-1)
	}
	return nil
}

// largest is the size up to which squares of errors stay finite.
const largest = 1e150

func finite(v float64) bool { return math.Abs(v) <= largest }
