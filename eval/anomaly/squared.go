package anomaly

import (
	"context"

	"github.com/elbo-go/elbo/internal/rng"
)

func init() {
	register(Score{
		Name: "squared", Summary: "squared error of the reconstruction",
		Formula: "‖x − x̂‖², x̂ decoded from the mean of q(z|x)", Paper: "Sakurada & Yairi 2014",
		Needs: []Need{NeedsEncoder, NeedsDecoder},
		fit:   fitSquared,
	})
}

// fitSquared prepares the score squared.
func fitSquared(_ context.Context, s Subject, _ rng.Key) (Function, error) {
	return func(ctx context.Context, x []float32, _ rng.Key) ([]float64, error) {
		r, err := Residual(ctx, s, x)
		if err != nil {
			return nil, err
		}
		out := make([]float64, len(x)/s.Net.Width())
		d := s.Net.Config.Dim
		for i, v := range r {
			out[i/d] += v * v
		}
		return out, nil
	}, nil
}
