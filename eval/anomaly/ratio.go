package anomaly

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/internal/rng"
)

func init() {
	register(Score{
		Name: "ratio", Summary: "log-likelihood under a background model less that under the model, nats",
		Formula: "ln p_background(x) − ln p(x), both by their bounds", Paper: "Ren et al. 2019",
		Needs: []Need{NeedsDensity, NeedsBackground},
		fit:   fitRatio,
	})
	register(Score{
		Name: "waic", Summary: "variance less mean of the log-likelihood over several models, nats",
		Formula: "Var_m[ln p_m(x)] − E_m[ln p_m(x)]", Paper: "Choi et al. 2018; Watanabe 2010",
		Needs: []Need{NeedsDensity, NeedsMembers},
		fit:   fitWAIC,
	})
}

// fitRatio prepares the score ratio.
func fitRatio(_ context.Context, s Subject, _ rng.Key) (Function, error) {
	if got, want := s.Background.Width(), s.Net.Width(); got != want {
		return nil, fmt.Errorf("background model: got rows of %d values, want %d", got, want)
	}
	own, other := negative(s.Net, s.draws()), negative(s.Background, s.draws())
	return func(ctx context.Context, x []float32, key rng.Key) ([]float64, error) {
		out, err := own(ctx, x, key)
		if err != nil {
			return nil, err
		}
		back, err := other(ctx, x, key.Named("background"))
		for i := range back {
			out[i] -= back[i]
		}
		return out, err
	}, nil
}

// fitWAIC prepares the score waic; the variance has the divisor m − 1.
func fitWAIC(_ context.Context, s Subject, _ rng.Key) (Function, error) {
	all := []Function{negative(s.Net, s.draws())}
	for i, m := range s.Members {
		if got, want := m.Width(), s.Net.Width(); got != want {
			return nil, fmt.Errorf("model %d: got rows of %d values, want %d", i+2, got, want)
		}
		all = append(all, negative(m, s.draws()))
	}
	return func(ctx context.Context, x []float32, key rng.Key) ([]float64, error) {
		var mean, square []float64
		for m, f := range all {
			v, err := f(ctx, x, key.At(uint64(m)))
			if err != nil {
				return nil, err
			}
			if mean == nil {
				mean, square = make([]float64, len(v)), make([]float64, len(v))
			}
			for i, v := range v { // Welford's update
				d := v - mean[i]
				mean[i] += d / float64(m+1)
				square[i] += d * (v - mean[i])
			}
		}
		for i := range mean {
			mean[i] += square[i] / float64(len(all)-1)
		}
		return mean, nil
	}, nil
}
