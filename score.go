package elbo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/elbo-go/elbo/data"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

// The anomaly scores, all larger for stranger rows, in nats.
const (
	ScoreELBO           = "elbo"           // −ELBO
	ScoreReconstruction = "reconstruction" // −E_q[ln p(x|z)], the reconstruction probability of An & Cho 2015
	ScoreNLL            = "nll"            // −ln p(x) by importance sampling
)

// ScoreKinds lists the anomaly scores.
var ScoreKinds = []string{ScoreELBO, ScoreReconstruction, ScoreNLL}

// Draws a datum behind a score: enough that the score of a digit moves by well under a nat.
const (
	scoreDraws   = 16
	scoreWeights = 100
)

// Score returns how strange each row is to the model. Images are binarised as in training.
// Equal rows at equal places get equal scores.
func (m *Model) Score(ctx context.Context, rows [][]float32, kind string) ([]float64, error) {
	return m.score(ctx, rows, kind, "score")
}

// score draws from the named stream.
func (m *Model) score(ctx context.Context, rows [][]float32, kind, stream string) ([]float64, error) {
	if !slices.Contains(ScoreKinds, kind) {
		return nil, fmt.Errorf("elbo: score: kind: got %q, want one of %s", kind, strings.Join(ScoreKinds, ", "))
	}
	if kind != ScoreReconstruction && !m.run.Net.Can()["bound"] {
		return nil, fmt.Errorf("elbo: score: model %s has no bound on ln p(x), so no score %q; use %q", m.run.Config.Model, kind, ScoreReconstruction)
	}
	x, err := m.toModel(rows)
	if err != nil {
		return nil, err
	}
	if x, err = m.binarize(x, stream); err != nil {
		return nil, err
	}
	net, key := m.run.Net, rng.New(0).Named(stream)
	if kind == ScoreNLL {
		sums, err := net.LogEvidence(ctx, x, scoreWeights, key)
		if err != nil {
			return nil, err
		}
		out := make([]float64, len(sums))
		for i := range sums {
			out[i] = -sums[i].LogEvidence()
		}
		return out, nil
	}
	rec, kl, err := net.Evaluator(vi.Estimator{Samples: scoreDraws}).PerDatum(ctx, x, key)
	if err != nil {
		return nil, err
	}
	for i := range rec {
		rec[i] = -rec[i]
		if kind == ScoreELBO {
			rec[i] += kl[i]
		}
	}
	return rec, nil
}

// Threshold returns the score above which a new normal row falls with probability at most
// fpr, from rows that are normal and were not trained on (split conformal prediction).
func (m *Model) Threshold(ctx context.Context, normal [][]float32, kind string, fpr float64) (float64, error) {
	// Draws of their own: sharing those of the rows to come would tie the two together, and the
	// rate rests on them being exchangeable.
	scores, err := m.score(ctx, normal, kind, "calibrate")
	if err != nil {
		return 0, err
	}
	return eval.ConformalThreshold(scores, fpr)
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
