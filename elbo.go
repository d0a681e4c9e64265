// Package elbo trains variational autoencoders, and uses them and other runs, from a Go program.
//
//	m, err := elbo.Open("runs/vae-digits-001")          // a run of `elbo train`
//	codes, _, err := m.Encode(ctx, rows)                 // rows of float32 in, rows out
//	scores, err := m.Score(ctx, rows, elbo.ScoreELBO)    // larger is stranger
//
//	p, err := elbo.OpenPredictor("runs/bnn-table-001")   // a run of `elbo train bnn`
//	predictions, err := p.Predict(ctx, rows)             // with intervals
//
// Rows are in the units of the data: a table's stored standardisation is applied on the way
// in and undone on the way out, and pixels lie in [0, 1]. A [Model] and a [Predictor] are safe for
// concurrent use. Errors name what was wrong with the input; no method panics on bad input.
package elbo

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/train"
	_ "github.com/elbo-go/elbo/vae/all" // whose models are to be known by name
)

// Model is a trained network.
type Model struct {
	run  *train.Run
	data sync.Mutex // held while the run's data are opened
}

// OpenOption changes how a run is opened.
type OpenOption func(*opening)

type opening struct{ checkpoint, backend string }

// FromCheckpoint opens the "best" (default) or the "last" checkpoint.
func FromCheckpoint(name string) OpenOption { return func(o *opening) { o.checkpoint = name } }

// OnBackend uses a compute backend other than the one that the run was trained on.
func OnBackend(name string) OpenOption { return func(o *opening) { o.backend = name } }

// Open loads the run of a directory. It needs no data and no code but elbo's own.
func Open(dir string, opts ...OpenOption) (*Model, error) {
	o := opening{checkpoint: "best"}
	for _, f := range opts {
		f(&o)
	}
	if err := predicts(dir); err != nil {
		return nil, err
	}
	run, err := train.Load(dir, o.checkpoint, o.backend)
	if err != nil {
		return nil, err
	}
	return &Model{run: run}, nil
}

// Run returns the run behind the model: its config, history and outcome.
func (m *Model) Run() *train.Run { return m.run }

// Shape returns the shape of a row, such as [28 28].
func (m *Model) Shape() []int { return append([]int(nil), m.run.Info.Shape...) }

// Dim returns D, the number of values of a row.
func (m *Model) Dim() int { return m.run.Net.Config.Dim }

// Latent returns L, the number of values of a code.
func (m *Model) Latent() int { return m.run.Net.Config.Latent }

// Encode returns the mean and the standard deviation of the code of each row. Codes of a model that
// makes use of classes end with one (see [Model.CodeWidth]): that of the row, or the likeliest.
func (m *Model) Encode(ctx context.Context, rows [][]float32) (mean, sd [][]float32, err error) {
	x, err := m.toModel(rows)
	if err != nil {
		return nil, nil, err
	}
	mu, variance, err := m.run.Net.Encode(ctx, x)
	if err != nil {
		return nil, nil, err
	}
	for i, v := range variance {
		variance[i] = float32(math.Sqrt(float64(v)))
	}
	return data.Rows(mu, m.CodeWidth()), data.Rows(variance, m.CodeWidth()), nil
}

// Decode returns the mean of the data distribution at each code.
func (m *Model) Decode(ctx context.Context, codes [][]float32) ([][]float32, error) {
	z, err := join("code", codes, m.CodeWidth())
	if err != nil {
		return nil, err
	}
	for i, l := m.Latent(), m.CodeWidth(); m.classed() && i < len(z); i += l {
		if err := m.checkClass("code", i/l, z[i], true); err != nil {
			return nil, err
		}
	}
	x, err := m.run.Net.Decode(ctx, z)
	if err != nil {
		return nil, err
	}
	return m.fromModel(x), nil
}

// Reconstruct encodes and decodes each row by its means.
func (m *Model) Reconstruct(ctx context.Context, rows [][]float32) ([][]float32, error) {
	x, err := m.toModel(rows)
	if err != nil {
		return nil, err
	}
	y, err := m.run.Net.Reconstruct(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.fromModel(y), nil
}

// toModel joins rows and applies the stored standardisation of a table; rows of models that make use
// of classes end with theirs.
func (m *Model) toModel(rows [][]float32) ([]float32, error) {
	rows, err := m.ended(rows)
	if err != nil {
		return nil, err
	}
	x, err := join("row", rows, m.run.Net.Width())
	if err != nil {
		return nil, err
	}
	for i, c := range m.run.Info.Columns {
		for j := i; j < len(x); j += m.run.Net.Width() {
			x[j] = float32((float64(x[j]) - c.Mean) / c.Scale)
		}
	}
	return x, nil
}

// fromModel splits rows and undoes the standardisation.
func (m *Model) fromModel(x []float32) [][]float32 {
	for i, c := range m.run.Info.Columns {
		for j := i; j < len(x); j += m.Dim() {
			x[j] = float32(float64(x[j])*c.Scale + c.Mean)
		}
	}
	return data.Rows(x, m.Dim())
}

// join makes one array of rows of equal width and finite values.
func join(what string, rows [][]float32, width int) ([]float32, error) {
	out := make([]float32, 0, len(rows)*width)
	for i, r := range rows {
		if len(r) != width {
			return nil, fmt.Errorf("elbo: %s %d: got %d values, want %d", what, i, len(r), width)
		}
		for j, v := range r {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return nil, fmt.Errorf("elbo: %s %d: value %d: got %v, want a finite number", what, i, j, v)
			}
		}
		out = append(out, r...)
	}
	return out, nil
}
