// Package crf is the engine of linear-chain conditional random fields: it trains package crf to label
// the tokens of sentences in the column format of CoNLL.
package crf

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/elbo-go/elbo/crf"
	"github.com/elbo-go/elbo/internal/option"
	"github.com/elbo-go/elbo/internal/text"
	"github.com/elbo-go/elbo/train/engine"
)

func init() {
	engine.Register(engine.Spec{
		Name: "crf", Summary: "linear-chain conditional random field that labels the tokens of sentences",
		Paper: "Lafferty, McCallum & Pereira 2001; Sutton & McCallum 2012; Andrew & Gao 2007", Sections: "D21",
		Measured: "CoNLL-2000 chunking: F1 above 93.5, as published",
		Test:     "crf/conll_test.go, train/engine/crf/crf_test.go",
		About: `Train a linear-chain conditional random field to label the tokens of sentences. A file has one token
a line in columns parted by blanks, the label last, and an empty line after each sentence, as the
shared task CoNLL-2000 has it; .gz is unpacked. The features are those of chunking, or those of a
template file of the form that CRF++ has. The sentences of --test are not trained on; their chunk
F1 is reported.`,
		Examples: `elbo train crf --data train.txt --test test.txt
elbo train crf --data train.txt.gz --templates features.txt --l1 0.3
elbo predict runs/crf-train-001 --in new.txt`,
		Data: generated, DataHelp: "`file` of labelled tokens in columns, or " + generated + ", which is drawn",
		Objective: "penalised log-likelihood", HeldOut: "chunk F1 of test sentences", Sweep: "step",
		SaveEvery: 30, Options: options, Open: open, Load: load,
	})
}

// options are the settings of [crf.Config] and further files.
var options = option.Set{
	{Name: "test", Usage: "`file` of sentences to report on (default: none)", Kind: option.Path},
	{Name: "templates", Usage: "`file` of feature templates of the form that CRF++ has (default: words and parts of speech as for chunking, or a window of each column)", Kind: option.Path},
	{Name: "min-count", Usage: "tokens that a feature has to have", Default: "1", Kind: option.Whole, Min: 1, Max: 1e9},
	{Name: "all-pairs", Usage: "give every feature a weight for every label, not only for those it occurs with", Default: "false", Kind: option.Switch},
	{Name: "independent", Usage: "leave the transitions out: each token is classified by itself", Default: "false", Kind: option.Switch},
	{Name: "l1", Usage: "weight of the sum of absolute weights, which makes many of them 0", Default: "0", Kind: option.Number, Max: 1e9},
	{Name: "l2", Usage: "weight of half the sum of squared weights", Default: "0.5", Kind: option.Number, Max: 1e9},
	{Name: "steps", Usage: "most steps of the minimiser", Default: "500", Kind: option.Whole, Min: 1, Max: 1e6, Small: "5"},
	{Name: "tolerance", Usage: "training ends when a step gains less than this share", Default: "1e-6", Kind: option.Number, Max: 1},
	{Name: "pairs", Usage: "steps whose curvature the minimiser keeps", Default: "6", Kind: option.Whole, Min: 1, Max: 1000},
}

// config is the field's part of a run's config.
func config(c engine.Config, s *sentences) crf.Config {
	f := crf.Default()
	f.Templates, f.MinCount, f.AllPairs, f.Independent = s.templates, c.Whole("min-count"), c.On("all-pairs"), c.On("independent") || s.apart
	f.L1, f.L2, f.MaxIterations, f.ValueTol, f.History = c.Number("l1"), c.Number("l2"), c.Whole("steps"), c.Number("tolerance"), c.Whole("pairs")
	if c.Threads > 0 {
		f.Workers = c.Threads
	}
	return f
}

// open reads the sentences.
func open(_ context.Context, c engine.Config) (*engine.Task, error) {
	s, err := read(c)
	if err != nil {
		return nil, err
	}
	cfg := config(c, s)
	return &engine.Task{
		Fingerprint: s.fingerprint, Train: len(s.train), Test: len(s.test), Notes: s.notes,
		Facts: []engine.Fact{
			{Name: "data", Text: s.String()},
			{Name: "labels", Text: some(s.labels)},
			{Name: "model", Text: fmt.Sprintf("crf, %d templates, λ₁ = %v, λ₂ = %v", len(cfg.Templates), cfg.L1, cfg.L2)},
			{Name: "objective", Text: "ln p(labels | tokens) less the penalty, nats over all sentences; larger is better"},
		},
		Fit: func(ctx context.Context, from *engine.Snapshot, step engine.Step) (engine.Model, error) {
			return fit(ctx, s, cfg, from, step)
		},
		Judge: func(_ context.Context, m engine.Model) (engine.Outcome, error) {
			return judge(m.(*Model), s, cfg.Workers)
		},
		Draw: func(m engine.Model, _ []engine.Record) ([]engine.Picture, error) {
			return pictures(m.(*Model), s, cfg.Workers)
		},
	}, nil
}

// fit makes the steps.
func fit(ctx context.Context, s *sentences, c crf.Config, from *engine.Snapshot, step engine.Step) (engine.Model, error) {
	t, err := begin(s, c, from)
	if err != nil {
		return nil, err
	}
	for !t.Done() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		before := t.Progress()
		if err := t.Step(); err != nil {
			return nil, err
		}
		p := t.Progress()
		if p.Iteration == before.Iteration {
			break // the minimiser found no step to take
		}
		bound := -p.Loss
		err = step(engine.Record{Sweep: p.Iteration, Sweeps: c.MaxIterations, Bound: &bound, Figures: map[string]float64{"slope": p.Slope}},
			func() (engine.Snapshot, error) {
				at, err := t.Snapshot()
				return engine.Snapshot{State: at.State, Arrays: at.Arrays}, err
			})
		if err != nil {
			return nil, err
		}
	}
	return &Model{Columns: s.columns, Field: t.Model()}, nil
}

// begin starts a training, or goes on with that of a snapshot.
func begin(s *sentences, c crf.Config, from *engine.Snapshot) (*crf.Trainer, error) {
	if from == nil {
		return crf.NewTrainer(s.train, c)
	}
	return crf.Restore(s.train, c, crf.Snapshot{State: from.State, Arrays: from.Arrays})
}

// load reads a stored model.
func load(text []byte) (engine.Model, error) {
	m := &Model{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, err
	}
	return m, nil
}

// some lists labels, not more than a line holds.
func some(labels []string) string {
	const most = 12
	if len(labels) <= most {
		return strings.Join(labels, ", ")
	}
	return fmt.Sprintf("%s and %s more", strings.Join(labels[:most], ", "), text.Thousands(len(labels)-most))
}
