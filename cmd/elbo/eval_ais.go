package main

import (
	"context"

	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/train"
	"github.com/elbo-go/elbo/vi"
)

// Of annealed importance sampling: the most temperatures that may be asked for, and the chains
// that are moved together.
const (
	maxTemperatures = 1_000_000
	annealedChains  = 1024
)

// annealed measures −ln p(x) of rows by annealed importance sampling over --ais temperatures.
func (f *evalFlags) annealed(ctx context.Context, run *train.Run, x []float32) (*vi.ImportanceRecord, error) {
	if run.Net.Width() > run.Net.Config.Dim {
		return nil, misusef("--ais: model %s makes use of classes, want one of rows without; --k takes −ln p(x) by importance sampling", run.Config.Model)
	}
	a := eval.DefaultAIS()
	a.Steps = f.ais
	model := eval.Evidence{Params: run.Net.Params, Latent: run.Net.Latent}
	key := rng.New(f.config.Seed).Named("ais")
	dim := run.Rows.Dim
	piece := annealedChains / a.Chains * dim
	var sums []vi.ImportanceSum
	for first := 0; first < len(x); first += piece {
		got, err := a.LogEvidence(ctx, model, x[first:min(len(x), first+piece)], dim, key.At(uint64(first/dim)))
		if err != nil {
			return nil, err
		}
		sums = append(sums, got.Sums...)
	}
	r := vi.SummarizeImportance(sums)
	return &r, nil
}
