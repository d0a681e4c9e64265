// Package gmm is the engine of Gaussian mixtures: it fits package mixture to the rows of a table.
package gmm

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/elbo-go/elbo/internal/option"
	"github.com/elbo-go/elbo/mixture"
	"github.com/elbo-go/elbo/train/engine"
	"github.com/elbo-go/elbo/train/engine/tables"
)

func init() {
	engine.Register(engine.Spec{
		Name: "gmm", Summary: "Gaussian mixture by variational Bayes, whose data choose the number of components",
		Paper: "Bishop 2006, section 10.2; Blei & Jordan 2006", Sections: "D26",
		Measured: "Old Faithful, 6 components: ELBO −443.2979 with two kept, as the reference value",
		Test:     "mixture/faithful_test.go, train/engine/gmm/gmm_test.go",
		About: `Fit a mixture of Gaussians to the rows of a table by variational Bayes. A small --alpha empties
the components that the data do not need. The rows are standardised first, so that the priors mean
the same for every table; the bound is that of standardised rows.`,
		Examples: `elbo train gmm --data faithful.csv --components 6
elbo train gmm --data table.csv --label species --weights sticks --alpha 1
elbo predict runs/gmm-table-001 --in new.csv`,
		Data: generated, DataHelp: "`table` to fit: a CSV, TSV, NPY or NPZ file, a name of `elbo data`, or " + generated + ", which is drawn",
		Objective: "ELBO", HeldOut: "log density of held-out rows, nats a row", Sweep: "sweep",
		Options: options, Open: open, Load: load,
	})
}

// options are the settings of [mixture.Config] and those of the table.
var options = slices.Concat(option.Set{
	{Name: "label", Usage: "`column` that holds a class, to compare the components with (default: none)", Kind: option.Text},
}, tables.Options, option.Set{
	{Name: "components", Usage: "components, or the most that sticks have", Default: "10", Kind: option.Whole, Min: 1, Max: 65536, Small: "3"},
	{Name: "covariance", Usage: "`shape` of the covariances", Default: string(mixture.Full), Kind: option.Choice,
		Choices: []string{string(mixture.Full), string(mixture.Tied), string(mixture.Diagonal), string(mixture.Spherical)}},
	{Name: "weights", Usage: "`prior` of the weights", Default: string(mixture.Dirichlet), Kind: option.Choice,
		Choices: []string{string(mixture.Dirichlet), string(mixture.Sticks)}},
	{Name: "alpha", Usage: "concentration of the weights; small ones empty components", Default: "0.001", Kind: option.Number, Min: 1e-12, Max: 1e9},
	{Name: "beta", Usage: "rows that the prior mean counts for", Default: "1", Kind: option.Number, Min: 1e-12, Max: 1e9},
	{Name: "nu", Usage: "rows that the prior scale counts for; 0 is the number of columns", Default: "0", Kind: option.Number, Max: 1e9},
	{Name: "prior-scale", Usage: "prior scale of a component", Default: variances, Kind: option.Choice, Choices: []string{variances, covariance}},
	{Name: "restarts", Usage: "starts by k-means, of which the one with the highest bound is kept", Default: "10", Kind: option.Whole, Min: 1, Max: 1e6, Small: "2"},
	{Name: "sweeps", Usage: "most sweeps of a start", Default: "2000", Kind: option.Whole, Min: 1, Max: 1e9},
	{Name: "tolerance", Usage: "a start ends when its bound gains less than this share", Default: "1e-9", Kind: option.Number, Max: 1},
})

// The prior scales: that of independent columns, and that of the data.
const (
	variances  = "variances"
	covariance = "covariance"
)

// config is the mixture's part of a run's config, for standardised rows.
func config(c engine.Config, x mixture.Data) mixture.Config {
	m := mixture.Config{
		Components: c.Whole("components"), Covariance: mixture.Covariance(c.Text("covariance")), Weights: mixture.Weights(c.Text("weights")),
		Alpha: c.Number("alpha"), Beta: c.Number("beta"), Nu: c.Number("nu"), Restarts: c.Whole("restarts"), Sweeps: c.Whole("sweeps"),
		Tolerance: c.Number("tolerance"), Seed: c.Seed, Threads: c.Threads,
	}
	if c.Text("prior-scale") == variances {
		m.Scale = spreads(x)
	}
	return m
}

// matrices counts those of a fit: a scale and a factor of each component that has its own, and the
// prior's.
func matrices(c engine.Config) int {
	if mixture.Covariance(c.Text("covariance")) == mixture.Full {
		return 2*c.Whole("components") + 1
	}
	return 3
}

// open reads the table.
func open(ctx context.Context, c engine.Config) (*engine.Task, error) {
	s, err := read(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := s.Matrices(c.Model, matrices(c)); err != nil {
		return nil, err
	}
	mc := config(c, s.train)
	if err := mc.Check(s.train.D); err != nil {
		return nil, &engine.SettingError{Err: err}
	}
	t := &engine.Task{Fingerprint: s.Fingerprint(), Train: s.train.N(), Test: s.test.N(), Notes: s.Notes}
	t.Facts = []engine.Fact{
		{Name: "data", Text: s.String()},
		{Name: "columns", Text: strings.Join(tables.Names(s.Columns), ", ")},
		{Name: "model", Text: fmt.Sprintf("gmm, at most %d components, %s covariances, %s weights of concentration %v",
			mc.Components, mc.Covariance, mc.Weights, mc.Alpha)},
		{Name: "ELBO", Text: "in nats over all rows; larger is better"},
	}
	if mc.Components > s.train.N() {
		t.Notes = append(t.Notes, fmt.Sprintf("%d components for %d rows: at least %d stay empty", mc.Components, s.train.N(), mc.Components-s.train.N()))
	}
	t.Fit = func(ctx context.Context, from *engine.Snapshot, step engine.Step) (engine.Model, error) {
		return fit(ctx, s, mc, from, step)
	}
	t.Judge = func(_ context.Context, m engine.Model) (engine.Outcome, error) { return judge(m.(*Model), s) }
	t.Draw = func(m engine.Model, _ []engine.Record) ([]engine.Picture, error) { return pictures(m.(*Model), s) }
	return t, nil
}

// fit makes the sweeps.
func fit(ctx context.Context, s *rows, c mixture.Config, from *engine.Snapshot, step engine.Step) (engine.Model, error) {
	f, err := begin(s.train, c, from)
	if err != nil {
		return nil, err
	}
	for !f.Done() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := f.Sweep()
		if err != nil {
			return nil, err
		}
		record := engine.Record{Phase: fmt.Sprintf("start %d/%d", r.Start+1, c.Restarts), Sweep: r.Sweep, Sweeps: c.Sweeps, Bound: &r.Bound}
		err = step(record, func() (engine.Snapshot, error) {
			at, err := f.Snapshot()
			return engine.Snapshot{State: at.State, Arrays: at.Arrays}, err
		})
		if err != nil {
			return nil, err
		}
	}
	m, err := f.Model()
	if err != nil {
		return nil, err
	}
	return &Model{Columns: s.Columns, Mixture: m}, nil
}

// begin starts a fit, or goes on with that of a snapshot.
func begin(x mixture.Data, c mixture.Config, from *engine.Snapshot) (*mixture.Fitter, error) {
	if from == nil {
		return mixture.NewFitter(x, c)
	}
	return mixture.Restore(x, c, mixture.Snapshot{State: from.State, Arrays: from.Arrays})
}

// load reads a stored model.
func load(text []byte) (engine.Model, error) {
	m := &Model{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, err
	}
	return m, nil
}
