package anomaly

import (
	"context"

	"github.com/elbo-go/elbo/internal/rng"
)

func init() {
	register(Score{
		Name: "nll", Summary: "negative log-likelihood by importance sampling (exact for densities), nats",
		Formula: "−ln (1/K) Σ_k p(x, z_k)/q(z_k|x)", Paper: "Rezende et al. 2014; Burda et al. 2016",
		Needs: []Need{NeedsEvidence},
		fit:   fitNLL,
	})
}

// fitNLL prepares the score nll.
func fitNLL(_ context.Context, s Subject, _ rng.Key) (Function, error) {
	if !s.Net.Can()["bound"] {
		return negative(s.Net, 1), nil
	}
	return func(ctx context.Context, x []float32, key rng.Key) ([]float64, error) {
		sums, err := s.Net.LogEvidence(ctx, x, s.weights(), key)
		if err != nil {
			return nil, err
		}
		out := make([]float64, len(sums))
		for i := range sums {
			out[i] = -sums[i].LogEvidence()
		}
		return out, nil
	}, nil
}
