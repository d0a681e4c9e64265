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
	// TestX are the rows the model was evaluated on, N×D, such as Show after binarisation, with their
	// classes at their ends where the model makes use of them; nil means those of Show.
	TestX []float32
	// History has one entry an epoch.
	History []vi.Epoch
	// Record is the bound on the test data, Telemetry what it says about collapse, NLL the
	// importance-sampled evidence if it was asked for.
	Record    vi.Record
	Telemetry vi.Telemetry
	NLL       *vi.ImportanceRecord
	// ErrorRate is the share of test rows whose class the model misses; nil if it finds none.
	ErrorRate *float64
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

// shown are the rows of the test set as the model takes them: with their classes, where it makes use
// of them and does not find them itself.
func (in *Input) shown() []float32 {
	width, dim := in.Net.Width(), in.Show.Dim()
	if width == dim {
		return in.Show.X
	}
	out := make([]float32, 0, in.Show.Len()*width)
	for i, row := range in.Show.Rows() {
		class := float32(-1)
		if in.Show.Labels != nil && !in.Net.Can()["classify"] {
			class = float32(in.Show.Labels[i])
		}
		out = append(append(out, row...), class)
	}
	return out
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
	rows := in.Show.Len()
	if in.Show.Labels != nil && len(in.Show.Labels) != rows {
		return fmt.Errorf("report: test set: labels: got %d, want %d", len(in.Show.Labels), rows)
	}
	if in.TestX == nil {
		in.TestX = in.shown()
	}
	if width := in.Net.Width(); len(in.TestX) != rows*width {
		return fmt.Errorf("report: test rows: got %d values, want %d rows of %d as the test set", len(in.TestX), rows, width)
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
