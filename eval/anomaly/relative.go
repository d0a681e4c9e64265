package anomaly

import (
	"context"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	register(Score{
		Name: "relative", Summary: "squared error of the reconstruction over the energies of row and reconstruction",
		Formula: "‖x − x̂‖² / (‖x‖² + ‖x̂‖²)", Paper: "Sakurada & Yairi 2014, made free of scale",
		Needs: []Need{NeedsEncoder, NeedsDecoder},
		fit:   fitRelative,
	})
	register(Score{
		Name: "deviance", Summary: "reconstruction term less that of a perfect reconstruction of the grey levels, nats",
		Formula: "−E_q[ln p(x|z)] − Σ_d H(x_d), H the entropy of a coin of probability x_d", Paper: "McCullagh & Nelder 1989; An & Cho 2015",
		Needs: []Need{NeedsCoins},
		fit:   fitDeviance,
	})
}

// fitRelative prepares the score relative. It lies in [0, 2] and is 0 for a blank row that is
// reconstructed as blank. A row with much ink has much to get wrong: without the denominator a
// plain row that the model cannot draw looks as good as a rich one that it can.
func fitRelative(_ context.Context, s Subject, _ rng.Key) (Function, error) {
	return func(ctx context.Context, x []float32, _ rng.Key) ([]float64, error) {
		y, err := s.Net.Reconstruct(ctx, x)
		if err != nil {
			return nil, err
		}
		d, w := s.Net.Config.Dim, s.Net.Width()
		out := make([]float64, len(y)/d)
		for i := range out {
			var miss, energy float64
			for j := range d {
				a, b := float64(x[i*w+j]), float64(y[i*d+j])
				miss += (a - b) * (a - b)
				energy += a*a + b*b
			}
			if energy > 0 {
				out[i] = miss / energy
			}
		}
		return out, nil
	}, nil
}

// coins tells whether the likelihood is a Bernoulli one.
func coins(c vae.Config) bool {
	l, err := vae.LikelihoodOf(c.Likelihood)
	return err == nil && l.Binary
}

// fitDeviance prepares the score deviance, half the deviance of a Bernoulli model. The entropies of
// grey levels are a floor under the cross-entropy that has nothing to do with the model.
func fitDeviance(_ context.Context, s Subject, _ rng.Key) (Function, error) {
	v := s.Net.Evaluator(vi.Estimator{Samples: s.draws()})
	return func(ctx context.Context, x []float32, key rng.Key) ([]float64, error) {
		out, _, err := v.PerDatum(ctx, x, key)
		w := s.Net.Width()
		for i := range out {
			out[i] = -out[i]
			for _, p := range x[i*w : i*w+s.Net.Config.Dim] {
				out[i] -= coinEntropy(float64(p))
			}
		}
		return out, err
	}, nil
}

// coinEntropy is −p ln p − (1−p) ln (1−p).
func coinEntropy(p float64) float64 {
	if p <= 0 || p >= 1 {
		return 0
	}
	return -p*math.Log(p) - (1-p)*math.Log1p(-p)
}
