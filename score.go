package elbo

import (
	"context"
	"fmt"
	"slices"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/eval/anomaly"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vae"
)

// The anomaly scores that need a model alone, in nats; [anomaly.Scores] lists all. Larger is
// stranger.
const (
	ScoreELBO           = "elbo"           // −ELBO
	ScoreReconstruction = "reconstruction" // −E_q[ln p(x|z)], the reconstruction probability of An & Cho 2015
	ScoreNLL            = "nll"            // −ln p(x) by importance sampling
)

// ScoreKinds lists the anomaly scores that every model with a bound has.
var ScoreKinds = []string{ScoreELBO, ScoreReconstruction, ScoreNLL}

// Scorer is an anomaly score of a model, ready for rows. It may be used by one goroutine at a time.
type Scorer struct {
	Score anomaly.Score // what is computed

	m     *Model
	value anomaly.Function
}

// ScoreOption gives a score what it needs beside the model.
type ScoreOption func(*scoring)

type scoring struct {
	subject anomaly.Subject
	members []*Model
	back    *Model
}

// Against names the background model of the score "ratio".
func Against(background *Model) ScoreOption { return func(s *scoring) { s.back = background } }

// Among names further models of the same rows for the score "waic".
func Among(members ...*Model) ScoreOption { return func(s *scoring) { s.members = members } }

// Drawing sets the draws of z behind a bound and the weights of an importance-sampled likelihood; 0
// leaves the usual number.
func Drawing(draws, weights int) ScoreOption {
	return func(s *scoring) { s.subject.Draws, s.subject.Weights = draws, weights }
}

// Scorer prepares a score. What it learns from training rows it reads from the data of the run.
func (m *Model) Scorer(ctx context.Context, name string, opts ...ScoreOption) (*Scorer, error) {
	score, err := anomaly.Lookup(name)
	if err != nil {
		return nil, err
	}
	s, err := m.subject(opts)
	if err != nil {
		return nil, err
	}
	if score.Wants(anomaly.NeedsReference) {
		if s.Reference, err = m.reference(ctx); err != nil {
			return nil, err
		}
	}
	f, err := score.Fit(ctx, s, rng.New(0).Named("score"))
	if err != nil {
		return nil, err
	}
	return &Scorer{score, m, f}, nil
}

// Scores lists the scores that the model has with what the options give; those that learn from
// training rows count as possible.
func (m *Model) Scores(opts ...ScoreOption) ([]anomaly.Score, error) {
	s, err := m.subject(opts)
	if err != nil {
		return nil, err
	}
	s.Reference = make([]float32, m.run.Net.Width())
	var out []anomaly.Score
	for _, score := range anomaly.Scores() {
		if score.Check(s) == nil {
			out = append(out, score)
		}
	}
	return out, nil
}

// subject is the model with what the options give.
func (m *Model) subject(opts []ScoreOption) (anomaly.Subject, error) {
	s := scoring{subject: anomaly.Subject{Net: m.run.Net, Shape: m.run.Info.Shape}}
	for _, o := range opts {
		o(&s)
	}
	all := s.members
	if s.back != nil {
		all = append(all[:len(all):len(all)], s.back)
		s.subject.Background = s.back.run.Net
	}
	for _, o := range s.members {
		s.subject.Members = append(s.subject.Members, o.run.Net)
	}
	for _, o := range all {
		if o.classed() != m.classed() && o.Dim() == m.Dim() {
			with, without := m, o
			if o.classed() {
				with, without = o, m
			}
			return s.subject, fmt.Errorf("elbo: score: model %s has rows that end with their class, and model %s has not; want both with it, or both without", with.run.Config.Model, without.run.Config.Model)
		}
		if got, want := o.run.Config.Binarize, m.run.Config.Binarize; got != want || o.Dim() != m.Dim() {
			return s.subject, fmt.Errorf("elbo: score: model %s: got rows of %d values with binarisation %q, want %d and %q, as those of the model that scores",
				o.run.Config.Model, o.Dim(), got, m.Dim(), want)
		}
	}
	return s.subject, nil
}

// reference are the first training rows as the network sees them.
func (m *Model) reference(ctx context.Context) ([]float32, error) {
	set, err := m.Rows(ctx, "train")
	if err != nil {
		return nil, err
	}
	rows, err := m.RowsOf(set)
	if err != nil {
		return nil, err
	}
	return m.seen(rows[:min(len(rows), anomaly.MaxReference)], "reference")
}

// Rows returns the score of each row. Images are binarised as in training. Equal rows at equal
// places get equal scores.
func (s *Scorer) Rows(ctx context.Context, rows [][]float32) ([]float64, error) {
	return s.from(ctx, rows, "score")
}

// Calibration returns the scores of rows that are normal and were not trained on, for a threshold
// ([eval.ConformalThreshold]) and for p-values ([eval.ConformalPValues]). The draws are others than
// those of Rows: shared ones would tie the rows to come to those of calibration, and both rest on
// their being exchangeable.
func (s *Scorer) Calibration(ctx context.Context, normal [][]float32) ([]float64, error) {
	return s.from(ctx, normal, "calibrate")
}

// from scores rows with the draws of a stream.
func (s *Scorer) from(ctx context.Context, rows [][]float32, stream string) ([]float64, error) {
	x, err := s.m.seen(rows, stream)
	if err != nil {
		return nil, err
	}
	return s.value(ctx, x, rng.New(0).Named(stream))
}

// Score returns how strange each row is to the model, by the score of a name.
func (m *Model) Score(ctx context.Context, rows [][]float32, name string) ([]float64, error) {
	s, err := m.Scorer(ctx, name)
	if err != nil {
		return nil, err
	}
	return s.Rows(ctx, rows)
}

// Threshold returns the score above which a new normal row falls with probability at most
// fpr, from rows that are normal and were not trained on (split conformal prediction).
func (m *Model) Threshold(ctx context.Context, normal [][]float32, name string, fpr float64) (float64, error) {
	s, err := m.Scorer(ctx, name)
	if err != nil {
		return 0, err
	}
	scores, err := s.Calibration(ctx, normal)
	if err != nil {
		return 0, err
	}
	return eval.ConformalThreshold(scores, fpr)
}

// Surprise returns, for each row, the part that each of its values has in the score
// "reconstruction": the parts add up to it.
func (m *Model) Surprise(ctx context.Context, rows [][]float32) ([][]float64, error) {
	x, err := m.seen(rows, "score")
	if err != nil {
		return nil, err
	}
	v, err := anomaly.Surprise(ctx, anomaly.Subject{Net: m.run.Net, Shape: m.run.Info.Shape}, x, rng.New(0).Named("score"))
	if err != nil {
		return nil, err
	}
	return wide(v, m.Dim()), nil
}

// Residual returns the distance of each value of each row from its reconstruction.
func (m *Model) Residual(ctx context.Context, rows [][]float32) ([][]float64, error) {
	x, err := m.seen(rows, "score")
	if err != nil {
		return nil, err
	}
	v, err := anomaly.Residual(ctx, anomaly.Subject{Net: m.run.Net, Shape: m.run.Info.Shape}, x)
	if err != nil {
		return nil, err
	}
	return wide(v, m.Dim()), nil
}

// wide cuts values into rows.
func wide(x []float64, width int) [][]float64 {
	out := make([][]float64, 0, len(x)/width)
	for i := 0; i < len(x); i += width {
		out = append(out, x[i:i+width:i+width])
	}
	return out
}

// seen turns rows into what the network sees: standardised and binarised; classes at their ends stay.
func (m *Model) seen(rows [][]float32, stream string) ([]float32, error) {
	x, err := m.toModel(rows)
	if err != nil {
		return nil, err
	}
	d, w := m.Dim(), m.run.Net.Width()
	values := make([]float32, 0, len(rows)*d)
	for _, row := range data.Rows(x, w) {
		values = append(values, row[:d]...)
	}
	if values, err = m.binarize(values, stream); err != nil || w == d {
		return values, err
	}
	out := slices.Clone(x)
	for i, row := range data.Rows(values, d) {
		copy(out[i*w:], row)
	}
	return out, nil
}

// binarize turns rows into what the run was trained on and checks them.
func (m *Model) binarize(x []float32, stream string) ([]float32, error) {
	c := m.run.Config
	mode, err := data.ParseBinarization(c.Binarize)
	if err != nil {
		return nil, err
	}
	set := &data.Set{Shape: m.run.Info.Shape, X: x}
	if x, err = train.Binarize(mode, set, stream, false); err != nil {
		return nil, err
	}
	lik, err := vae.LikelihoodOf(c.Likelihood)
	if err != nil {
		return nil, err
	}
	return x, lik.Check(x)
}
