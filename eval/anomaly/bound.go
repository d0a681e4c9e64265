package anomaly

import (
	"context"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	register(Score{
		Name: "elbo", Summary: "negative evidence lower bound, nats",
		Formula: "−E_q[ln p(x|z)] + KL(q(z|x) ‖ p(z))", Paper: "Kingma & Welling 2014",
		Needs: []Need{NeedsBound},
		fit:   perDatum(func(rec, kl float64) float64 { return kl - rec }),
	})
	register(Score{
		Name: "reconstruction", Summary: "reconstruction probability: the reconstruction term alone, nats",
		Formula: "−E_q[ln p(x|z)]", Paper: "An & Cho 2015",
		fit: perDatum(func(rec, _ float64) float64 { return -rec }),
	})
	register(Score{
		Name: "kl", Summary: "divergence of the code from the prior alone, nats; rarely a usable score",
		Formula: "KL(q(z|x) ‖ p(z))", Paper: "Kingma & Welling 2014",
		Needs: []Need{NeedsBound},
		fit:   perDatum(func(_, kl float64) float64 { return kl }),
	})
}

// perDatum is a score of the two terms of the bound of a row.
func perDatum(of func(rec, kl float64) float64) func(context.Context, Subject, rng.Key) (Function, error) {
	return func(_ context.Context, s Subject, _ rng.Key) (Function, error) {
		v := s.Net.Evaluator(vi.Estimator{Samples: s.draws()})
		return func(ctx context.Context, x []float32, key rng.Key) ([]float64, error) {
			rec, kl, err := v.PerDatum(ctx, x, key)
			for i := range rec {
				rec[i] = of(rec[i], kl[i])
			}
			return rec, err
		}, nil
	}
}

// negative is the score that takes the bound, or the density, of a model for ln p(x).
func negative(net *vae.Network, draws int) Function {
	v := net.Evaluator(vi.Estimator{Samples: draws})
	return func(ctx context.Context, x []float32, key rng.Key) ([]float64, error) {
		rec, kl, err := v.PerDatum(ctx, x, key)
		for i := range rec {
			rec[i] = kl[i] - rec[i]
		}
		return rec, err
	}
}
