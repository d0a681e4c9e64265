package report

import (
	"fmt"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// Input is what a report is made from. Net and Show must be there; everything else may be
// empty, and what depends on it is left out.
type Input struct {
	// Net is the trained network.
	Net *vae.Network
	// Show is the test set, for shape, labels, factors and column names.
	Show *data.Set
	// TestX are the rows the model was evaluated on, N×D, such as Show after binarisation; nil
	// means those of Show.
	TestX []float32
	// History has one entry an epoch.
	History []vi.Epoch
	// Record is the bound on the test data, Telemetry what it says about collapse, NLL the
	// importance-sampled evidence if it was asked for.
	Record    vi.Record
	Telemetry vi.Telemetry
	NLL       *vi.ImportanceRecord
	// Warnings are what the run has raised.
	Warnings []vi.Warning
	// Seed decides which rows are shown and what is drawn from the prior.
	Seed uint64
	// Binarization names how pixels became 0 and 1, Metric what selected the best epoch;
	// empty means not stated and the bound on the validation data.
	Binarization, Metric string
	// Config and Environment are rows of name and value, printed as they are.
	Config, Environment [][2]string
	// Command reproduces the run.
	Command string
	// Title names the run; empty names model and data.
	Title string
}

// check tells whether the parts of the input fit each other, and fills in what may be empty.
func (in *Input) check() error {
	if in.Net == nil || in.Show == nil {
		return fmt.Errorf("report: input: got no network or no test set, want both")
	}
	dim := in.Net.Config.Dim
	if in.Show.Dim() != dim {
		return fmt.Errorf("report: test set: shape: got %v of %d values, want %d as the network", in.Show.Shape, in.Show.Dim(), dim)
	}
	if in.TestX == nil {
		in.TestX = in.Show.X
	}
	rows := in.Show.Len()
	if len(in.TestX) != rows*dim {
		return fmt.Errorf("report: test rows: got %d values, want %d rows of %d as the test set", len(in.TestX), rows, dim)
	}
	if in.Show.Labels != nil && len(in.Show.Labels) != rows {
		return fmt.Errorf("report: test set: labels: got %d, want %d", len(in.Show.Labels), rows)
	}
	for _, f := range in.Show.Factors {
		if len(f.Values) != rows {
			return fmt.Errorf("report: test set: factor %q: got %d values, want %d", f.Name, len(f.Values), rows)
		}
	}
	if in.Title == "" {
		in.Title = in.Net.Name + " on " + in.Show.Name
	}
	if in.Metric == "" {
		in.Metric = "bound on the validation data at β = 1"
	}
	return nil
}
