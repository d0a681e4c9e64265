package elbo

import (
	"context"
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/bnn"
	"github.com/elbo-go/elbo/train/rundir"
	"github.com/elbo-go/elbo/train/supervised"
)

// Predictor is a trained net that predicts a target, a number or a class, with what it does not
// know. It is safe for concurrent use.
type Predictor struct{ run *supervised.Run }

// OpenPredictor loads the run of a directory that `elbo train bnn` has made. It needs no data.
func OpenPredictor(dir string) (*Predictor, error) {
	run, err := supervised.Load(dir)
	if err != nil {
		return nil, err
	}
	return &Predictor{run}, nil
}

// Run returns the run behind the predictor: its config, history, calibration and outcome.
func (p *Predictor) Run() *supervised.Run { return p.run }

// Columns names the values of a row, in their order; it is empty for images.
func (p *Predictor) Columns() []string {
	var out []string
	for _, c := range p.run.Info.Columns {
		out = append(out, c.Name)
	}
	return out
}

// Target names what is predicted.
func (p *Predictor) Target() string { return p.run.Info.Target }

// Classes names the classes by number; it is empty where the target is a number.
func (p *Predictor) Classes() []string { return slices.Clone(p.run.Info.Classes) }

// Predict returns the distribution of the target of each row, which is in the units of the data
// with its values in the order of [Predictor.Columns].
func (p *Predictor) Predict(ctx context.Context, rows [][]float32) ([]bnn.Prediction, error) {
	if _, err := join("row", rows, p.run.Net.Inputs()); err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return p.run.Predict(ctx, rows)
}

// Scale returns the number of standard deviations about a mean that hold a new target with at
// least the given probability, by the validation rows of the run and whatever the distribution,
// if the new row is exchangeable with them (split conformal prediction).
func (p *Predictor) Scale(level float64) (float64, error) { return p.run.Calibration.Scale(level) }

// Calibrated returns the probabilities of the classes at the temperature that the validation rows
// of the run ask for.
func (p *Predictor) Calibrated(prediction bnn.Prediction) []float64 {
	return p.run.Calibration.Tempered(prediction.Probs)
}

// predicts is the error of opening as a [Model] the run of a net that predicts a target, if it is
// one.
func predicts(dir string) error {
	model, err := rundir.ModelOf(dir)
	if err != nil || !slices.Contains(supervised.Models, model) {
		return nil
	}
	return fmt.Errorf("elbo: %s: got a run of %s, which predicts a target, want one that models rows; open it with OpenPredictor", dir, model)
}
