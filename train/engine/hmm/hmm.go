// Package hmm is the engine of hidden Markov models: it fits package hmm of the module's root to
// the rows of a table in their order.
package hmm

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	markov "github.com/elbo-go/elbo/hmm"
	"github.com/elbo-go/elbo/internal/option"
	"github.com/elbo-go/elbo/train/engine"
)

func init() {
	engine.Register(engine.Spec{
		Name: "hmm", Summary: "hidden Markov model of a series, by expectation maximisation or variational Bayes",
		Paper: "Rabiner 1989; Beal 2003, chapter 3", Sections: "D20",
		Measured: "umbrella world to the printed digits; ten states pruned to the three of the simulation on 8 of 8 seeds",
		Test:     "hmm/model_test.go, hmm/bayes_test.go, train/engine/hmm/hmm_test.go",
		About: `Fit a chain of hidden states to the rows of a table, which are taken in their order. The states
differ in what they emit: numbers from a Gaussian or a mixture of them, numbers that follow from the
rows before (ar), counts (poisson), or symbols numbered from 0 (discrete). --method vb has a
posterior over the parameters and empties the states that the data do not need.`,
		Examples: `elbo train hmm --data geyser.csv --column duration --states 2
elbo train hmm --data nab/realKnownCause/machine_temperature_system_failure.csv.gz --column value --emission ar --states 3
elbo train hmm --data discoveries.csv --column value --emission poisson --states 2
elbo train hmm --method vb --states 10
elbo predict runs/hmm-geyser-001 --in geyser.csv`,
		Data: generated, DataHelp: "`table` whose rows follow each other: a CSV, TSV, NPY or NPZ file, or " + generated + ", which is drawn",
		Objective: "bound", HeldOut: "log density of held-out rows, nats a row", Sweep: "sweep",
		Options: options, Open: open, Load: load,
	})
}

// The methods.
const (
	em = "em"
	vb = "vb"
)

// options are the settings of the chain, of its emissions and of the table.
var options = option.Set{
	{Name: "column", Usage: "`columns` to fit, such as x,y (default: all)", Kind: option.Text},
	{Name: "drop", Usage: "`columns` to leave out, such as id,date (default: none)", Kind: option.Text},
	{Name: "sequence", Usage: "`column` whose value changes where a new sequence begins (default: one sequence)", Kind: option.Text},
	{Name: "standardize", Usage: "bring every column of numbers to mean 0 and standard deviation 1", Default: "true", Kind: option.Switch},
	{Name: "held-out", Usage: "`share` of the rows, at the end of each sequence, that is not fitted but scored", Default: "0", Kind: option.Number, Max: .9},
	{Name: "states", Usage: "hidden states, or the most that vb has", Default: "3", Kind: option.Whole, Min: 1, Max: 1024, Small: "2"},
	{Name: "emission", Usage: "`kind` of what a state emits", Default: "gaussian", Kind: option.Choice,
		Choices: []string{"gaussian", "mixture", "ar", "poisson", "discrete"}},
	{Name: "covariance", Usage: "`shape` of the covariances of gaussian and mixture", Default: string(markov.Full), Kind: option.Choice,
		Choices: []string{string(markov.Full), string(markov.Diagonal), string(markov.Tied), string(markov.Spherical)}},
	{Name: "parts", Usage: "Gaussians of a state's mixture", Default: "2", Kind: option.Whole, Min: 1, Max: 256},
	{Name: "lags", Usage: "rows that ar looks back", Default: "1", Kind: option.Whole, Min: 1, Max: 64},
	{Name: "method", Usage: "`way` to fit", Default: em, Kind: option.Choice, Choices: []string{em, vb}},
	{Name: "pseudo", Usage: "em: count added to every start, step and symbol", Default: "0", Kind: option.Number, Max: 1e9},
	{Name: "floor", Usage: "em: variance that a prior worth one row draws every state to", Default: "0.001", Kind: option.Number, Min: 0, Max: 1e9},
	{Name: "alpha", Usage: "vb: concentration of starts, steps and symbols; small ones empty states", Default: "0.1", Kind: option.Number, Min: 1e-9, Max: 1e9},
	{Name: "restarts", Usage: "random starts, of which the one with the highest bound is kept", Default: "5", Kind: option.Whole, Min: 1, Max: 1e6, Small: "2"},
	{Name: "sweeps", Usage: "most sweeps of a start", Default: "1000", Kind: option.Whole, Min: 1, Max: 1e9},
	{Name: "tolerance", Usage: "a start ends when its bound gains less than this share", Default: "1e-9", Kind: option.Number, Max: 1},
}

// open reads the table.
func open(_ context.Context, c engine.Config) (*engine.Task, error) {
	s, err := read(c)
	if err != nil {
		return nil, err
	}
	if _, err := begin(s, c, 0); err != nil {
		return nil, &engine.SettingError{Err: err}
	}
	t := &engine.Task{Fingerprint: s.fingerprint(), Train: s.rows, Test: s.held, Notes: s.notes}
	bound := "log-likelihood of all rows and log prior, in nats; larger is better"
	if c.Text("method") == vb {
		bound = "ELBO in nats over all rows; larger is better"
	}
	t.Facts = []engine.Fact{
		{Name: "data", Text: s.String()},
		{Name: "columns", Text: strings.Join(s.names(), ", ")},
		{Name: "model", Text: fmt.Sprintf("hmm, %d states, %s emissions, by %s", c.Whole("states"), c.Text("emission"), c.Text("method"))},
		{Name: "bound", Text: bound},
	}
	t.Fit = func(ctx context.Context, from *engine.Snapshot, step engine.Step) (engine.Model, error) {
		return fit(ctx, s, c, from, step)
	}
	t.Judge = func(_ context.Context, m engine.Model) (engine.Outcome, error) { return judge(m.(*Model), s) }
	t.Draw = func(m engine.Model, _ []engine.Record) ([]engine.Picture, error) { return pictures(m.(*Model), s) }
	return t, nil
}

// load reads a stored model.
func load(text []byte) (engine.Model, error) {
	m := &Model{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, err
	}
	return m, nil
}
