// Package linear is the engines of regressions whose predictor is linear: it fits package regress to a
// column of a table given the others.
package linear

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/elbo-go/elbo/internal/option"
	"github.com/elbo-go/elbo/regress"
	"github.com/elbo-go/elbo/train/engine"
	"github.com/elbo-go/elbo/train/engine/tables"
)

// posterior is a fitted regression.
type posterior interface {
	// Predict is the mean and the variance of a new target, or p(t = 1|x) and its variance.
	Predict(x []float64) (mean, variance float64, err error)
}

// kind is a likelihood.
type kind struct {
	engine.Spec
	classes bool // whether the target is one of two classes
	fit     func(ctx context.Context, x *mat.Dense, y []float64, c regress.Config) (posterior, error)
	load    func(text []byte) (posterior, error)
	weights func(p posterior) *regress.Weights
}

var kinds = []kind{
	{
		Spec: engine.Spec{Name: "linreg", Summary: "linear regression by variational Bayes, with the noise and the relevance of every column learned",
			Paper: "Bishop 2006, section 10.3; MacKay 1994", Measured: "α of idle columns 350 to 1,258 times that of useful ones over five seeds",
			Test: "regress/linear_test.go, train/engine/linear/linear_test.go"},
		fit: func(ctx context.Context, x *mat.Dense, y []float64, c regress.Config) (posterior, error) {
			return regress.FitLinear(ctx, x, y, c)
		},
		load:    read[regress.Linear],
		weights: func(p posterior) *regress.Weights { return &p.(*regress.Linear).Weights },
	},
	{
		Spec: engine.Spec{Name: "logreg", Summary: "logistic regression by the bound of Jaakkola and Jordan, with the relevance of every column learned",
			Paper: "Jaakkola & Jordan 2000", Measured: "Pima women, 200 to fit: 19.6 % of 332 wrong, log loss .439",
			Test: "regress/logistic_test.go, regress/pima_test.go, train/engine/linear/linear_test.go"},
		classes: true,
		fit: func(ctx context.Context, x *mat.Dense, y []float64, c regress.Config) (posterior, error) {
			return regress.FitLogistic(ctx, x, y, c)
		},
		load:    read[regress.Logistic],
		weights: func(p posterior) *regress.Weights { return &p.(*regress.Logistic).Weights },
	},
	{
		Spec: engine.Spec{Name: "probit", Summary: "probit regression by augmentation, with the relevance of every column learned",
			Paper: "Albert & Chib 1993; Girolami & Rogers 2006", Measured: "Pima women, 200 to fit: 19.9 % of 332 wrong, log loss .441",
			Test: "regress/law_test.go, regress/pima_test.go, train/engine/linear/linear_test.go"},
		classes: true,
		fit: func(ctx context.Context, x *mat.Dense, y []float64, c regress.Config) (posterior, error) {
			return regress.FitProbit(ctx, x, y, c)
		},
		load:    read[regress.Probit],
		weights: func(p posterior) *regress.Weights { return &p.(*regress.Probit).Weights },
	},
}

// read reads a stored posterior.
func read[T any, P interface {
	*T
	posterior
}](text []byte) (posterior, error) {
	p := P(new(T))
	return p, json.Unmarshal(text, p)
}

// kindOf is a kind by its name.
func kindOf(name string) (kind, bool) {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.Name == name })
	if i < 0 {
		return kind{}, false
	}
	return kinds[i], true
}

func init() {
	for i := range kinds {
		k := &kinds[i]
		k.Sections, k.Objective, k.HeldOut, k.Sweep = "D24", "ELBO", "log density of held-out rows, nats a row", "sweep"
		target := "`column` to predict from the others (default: the last one)"
		if k.classes {
			target = "`column` of the two classes, to predict from the others"
		}
		k.Options = slices.Concat(option.Set{
			{Name: "target", Usage: target, Kind: option.Text},
		}, tables.Options, options)
		k.Data, k.DataHelp = drawn(k.classes), "`table` to fit: a CSV, TSV, NPY or NPZ file, a name of `elbo data`, or "+drawn(k.classes)+", which is drawn"
		k.About = about(k.classes)
		k.Examples = "elbo train " + k.Name + " --data table.csv --target price --held-out 0.2\nelbo predict runs/" + k.Name + "-table-001 --in new.csv"
		if k.classes {
			k.Examples = strings.ReplaceAll(k.Examples, "price", "sick")
		}
		named := *k
		k.Open = func(ctx context.Context, c engine.Config) (*engine.Task, error) { return named.open(ctx, c) }
		k.Load = func(text []byte) (engine.Model, error) {
			m := &Model{}
			return m, json.Unmarshal(text, m)
		}
		engine.Register(k.Spec)
	}
}

// about is the help of an engine.
func about(classes bool) string {
	if classes {
		return `Fit a regression of two classes to a table by variational Bayes: each column has a weight with a normal
posterior, and with --ard a precision of its own, which takes columns of no use out. The columns are
standardised first. Predictions are probabilities that know how uncertain the weights are.`
	}
	return `Fit a linear regression to a table by variational Bayes: each column has a weight with a normal
posterior, and with --ard a precision of its own, which takes columns of no use out; the variance of the
noise is learned. Columns and target are standardised first. Predictions come with their deviation.`
}

// options are the settings of [regress.Config].
var options = option.Set{
	{Name: "ard", Usage: "give each weight a precision of its own", Default: "true", Kind: option.Switch},
	{Name: "shape", Usage: "shape of the Gamma priors of the precisions", Default: "0.01", Kind: option.Number, Min: 1e-12, Max: 1e9},
	{Name: "rate", Usage: "rate of the Gamma priors of the precisions", Default: "0.0001", Kind: option.Number, Min: 1e-12, Max: 1e9},
	{Name: "sweeps", Usage: "most sweeps", Default: "2000", Kind: option.Whole, Min: 1, Max: 1e9},
	{Name: "tolerance", Usage: "the fit ends when the bound gains less than this share", Default: "1e-10", Kind: option.Number, Min: 1e-300, Max: 1},
}

// config is the regression's part of a run's config.
func config(c engine.Config) regress.Config {
	prior := regress.Gamma{Shape: c.Number("shape"), Rate: c.Number("rate")}
	return regress.Config{ARD: c.On("ard"), Intercept: true, Alpha: prior, Noise: prior, Sweeps: c.Whole("sweeps"), Tolerance: c.Number("tolerance")}
}

// open reads the table.
func (k kind) open(ctx context.Context, c engine.Config) (*engine.Task, error) {
	s, err := k.problem(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := s.Matrices(k.Name, 4); err != nil { // XᵀX, the covariance, and a factor of each
		return nil, err
	}
	t := &engine.Task{Fingerprint: s.fingerprint(), Train: len(s.y), Test: len(s.held), Notes: s.Notes}
	relevance := "one precision for all weights"
	if c.On("ard") {
		relevance = "a precision for each weight"
	}
	t.Facts = []engine.Fact{
		{Name: "data", Text: s.String()},
		{Name: "target", Text: s.about()},
		{Name: "columns", Text: strings.Join(tables.Names(s.Columns), ", ")},
		{Name: "model", Text: k.Name + ", " + relevance},
		{Name: "ELBO", Text: "in nats over all rows; larger is better"},
	}
	t.Fit = func(ctx context.Context, from *engine.Snapshot, step engine.Step) (engine.Model, error) {
		return engine.Replayed(ctx, from, step, func(ctx context.Context, heard func(engine.Record)) (engine.Model, error) {
			rc := config(c)
			rc.Progress = func(sweep int, bound float64) {
				heard(engine.Record{Sweep: sweep, Sweeps: rc.Sweeps, Bound: &bound})
			}
			p, err := k.fit(ctx, mat.NewDense(s.Train.N(), s.Train.D, s.Train.X), s.y, rc)
			if err != nil {
				return nil, err
			}
			return &Model{Kind: k.Name, Columns: s.Columns, Target: s.target, Classes: s.Classes, posterior: p}, nil
		})
	}
	t.Judge = func(_ context.Context, m engine.Model) (engine.Outcome, error) { return m.(*Model).judge(s) }
	t.Draw = func(m engine.Model, _ []engine.Record) ([]engine.Picture, error) { return m.(*Model).pictures(s), nil }
	return t, nil
}
