// Package lda is the engine of latent Dirichlet allocation: it fits package topic to the documents of
// a collection.
package lda

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/elbo-go/elbo/internal/option"
	"github.com/elbo-go/elbo/topic"
	"github.com/elbo-go/elbo/train/engine"
)

func init() {
	engine.Register(engine.Spec{
		Name: "lda", Summary: "latent Dirichlet allocation: the topics of a collection of documents",
		Paper: "Blei, Ng & Jordan 2003; Hoffman, Blei & Bach 2010; Hoffman et al. 2013; Griffiths & Steyvers 2004", Sections: "D27",
		Measured: "bars recovered, cosine above .95; held-out perplexity on the AP collection more than 25 % below the unigram's",
		Test:     "topic/bars_test.go, topic/press_test.go, train/engine/lda/lda_test.go",
		About: `Find the topics of a collection of documents by latent Dirichlet allocation. The documents come in
the formats LDA-C and .feat (bags of words by number, named by --vocab), as JSON lines, as a text
file with a document a line, or as a folder of text files; text is split into words and the
vocabulary is made of those that are neither too rare nor too frequent. Some documents are held
out, and scored by document completion: topics are inferred from the words at even positions and
the others are predicted. ` + "`elbo topics RUN`" + ` prints the topics.`,
		Examples: `elbo train lda --data ap.dat --vocab vocab.txt --topics 50
elbo train lda --data news.jsonl --field body --topics 100 --method svi
elbo train lda --data articles/ --topics 20 --learn-alpha asymmetric
elbo topics runs/lda-ap-001`,
		Data: generated, DataHelp: "`file` or folder of documents, or " + generated + ", which are drawn",
		Objective: "ELBO", HeldOut: "held-out perplexity", Sweep: "sweep", SaveEvery: 20,
		Options: options, Open: open, Load: load,
	})
}

// options are the settings of [topic.Config], the format of the documents and their vocabulary.
var options = option.Set{
	{Name: "format", Usage: "`format` of the documents", Default: guess, Kind: option.Choice, Choices: formatNames()},
	{Name: "vocab", Usage: "`file` of the words of bags, one a line (default: they are numbers)", Kind: option.Path},
	{Name: "field", Usage: "`field` of JSON lines that holds the text", Default: "text", Kind: option.Text},
	{Name: "test", Usage: "`file` or folder of documents to score, of the same format (default: a part of the others)", Kind: option.Path},
	{Name: "held-out", Usage: "`share` of the documents that is not fitted but scored, without --test", Default: "0.1", Kind: option.Number, Max: .9},
	{Name: "min-docs", Usage: "documents of a word of text", Default: "5", Kind: option.Whole, Min: 1, Max: 1e9, Small: "1"},
	{Name: "max-share", Usage: "largest share of documents of a word of text", Default: "0.5", Kind: option.Number, Max: 1},
	{Name: "max-words", Usage: "most words of a vocabulary of text; 0 keeps all", Default: "50000", Kind: option.Whole, Max: 4e6},
	{Name: "min-letters", Usage: "letters of a word of text", Default: "3", Kind: option.Whole, Min: 1, Max: 64},
	{Name: "stop", Usage: "`file` of words of text to leave out, one a line (default: none)", Kind: option.Path},
	{Name: "topics", Usage: "topics", Default: "20", Kind: option.Whole, Min: 1, Max: 65536, Small: "3"},
	{Name: "method", Usage: "`way` to fit", Default: methods[0].name, Kind: option.Choice, Choices: methodNames()},
	{Name: "sweeps", Usage: "most sweeps or passes; 0 is the usual number of the method", Default: "0", Kind: option.Whole, Max: 1e9},
	{Name: "alpha", Usage: "concentration of the topics of a document; 0 is one by the number of topics", Default: "0", Kind: option.Number, Max: 1e6},
	{Name: "eta", Usage: "concentration of the words of a topic", Default: "0.05", Kind: option.Number, Min: .005, Max: 1e6},
	{Name: "learn-alpha", Usage: "`way` to fit the concentration of the topics by method batch", Default: "fixed", Kind: option.Choice,
		Choices: []string{"fixed", string(topic.Symmetric), string(topic.Asymmetric), string(topic.Hierarchical)}},
	{Name: "learn-eta", Usage: "fit the concentration of the words by method batch", Default: "false", Kind: option.Switch},
	{Name: "tolerance", Usage: "batch sweeps end when the bound gains less than this share", Default: "1e-5", Kind: option.Number, Max: 1},
	{Name: "batch", Usage: "documents of a step of methods svi and online", Default: "512", Kind: option.Whole, Min: 1, Max: 1e9},
	{Name: "delay", Usage: "delay τ of the rate (τ + t)^−κ of methods svi and online", Default: "10", Kind: option.Number, Min: 1, Max: 1e12},
	{Name: "forgetting", Usage: "power κ of that rate", Default: "0.6", Kind: option.Number, Min: .5, Max: 1},
	{Name: "evaluate", Usage: "sweeps between two scores of the held-out documents; 0 is at the end alone", Default: "10", Kind: option.Whole, Max: 1e9},
}

// config is the topics' part of a run's config.
func config(c engine.Config) topic.Config {
	t := topic.Default(c.Whole("topics"))
	if a := c.Number("alpha"); a > 0 {
		t.Alpha = a
	}
	t.Eta, t.LearnEta, t.Tolerance = c.Number("eta"), c.On("learn-eta"), c.Number("tolerance")
	if how := c.Text("learn-alpha"); how != "fixed" {
		t.LearnAlpha = topic.Learning(how)
	}
	t.Batch, t.Delay, t.Forgetting = c.Whole("batch"), c.Number("delay"), c.Number("forgetting")
	t.Seed, t.Threads = c.Seed, c.Threads
	t.Sweeps = c.Whole("sweeps")
	if t.Sweeps == 0 {
		t.Sweeps = methodOf(c).sweeps
	}
	t.Fresh = min(t.Fresh, t.Sweeps/2)
	return t
}

// open reads the documents.
func open(_ context.Context, c engine.Config) (*engine.Task, error) {
	d, err := read(c)
	if err != nil {
		return nil, err
	}
	cfg, how := config(c), methodOf(c)
	job := &job{docs: d, config: cfg, every: c.Whole("evaluate")}
	if err := cfg.Check(); err != nil {
		return nil, &engine.SettingError{Err: fmt.Errorf("lda: %w", err)}
	}
	return &engine.Task{
		Fingerprint: d.fingerprint, Train: d.train.Len(), Test: d.test.Len(), Notes: d.notes,
		Facts: []engine.Fact{
			{Name: "data", Text: d.String()},
			{Name: "model", Text: fmt.Sprintf("lda, %d topics, method %s, α = %.4g, η = %.4g", cfg.Topics, how.name, cfg.Alpha, cfg.Eta)},
			{Name: how.objective, Text: how.said},
		},
		Fit: func(ctx context.Context, from *engine.Snapshot, step engine.Step) (engine.Model, error) {
			m, err := how.fit(ctx, job, from, step)
			if err != nil {
				return nil, err
			}
			return newModel(m, d, c.Whole("min-letters"))
		},
		Judge: func(_ context.Context, m engine.Model) (engine.Outcome, error) { return judge(m.(*Model), job) },
		Draw:  func(m engine.Model, _ []engine.Record) ([]engine.Picture, error) { return pictures(m.(*Model), job) },
	}, nil
}

// load reads a stored model.
func load(text []byte) (engine.Model, error) {
	m := &Model{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, err
	}
	return m, nil
}
