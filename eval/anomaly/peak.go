package anomaly

import (
	"context"
	"slices"

	"github.com/elbo-go/elbo/internal/rng"
)

func init() {
	register(Score{
		Name: "peak", Summary: "largest value of the smoothed map of surprise: for what is strange in one place",
		Formula: "max_p Σ_q G(p − q) (−E_q[ln p(x_q|z)]), G a Gaussian window of one pixel", Paper: "An & Cho 2015, locally; Baur et al. 2021",
		Needs: []Need{NeedsEncoder, NeedsDecoder, NeedsImages},
		fit:   fitPeak,
	})
}

// peakWindow is the standard deviation of the window in pixels.
const peakWindow = 1

// fitPeak prepares the score peak. A sum over all pixels has the noise of all pixels; what is strange
// in one place stands out against the noise of that place alone.
func fitPeak(_ context.Context, s Subject, _ rng.Key) (Function, error) {
	return func(ctx context.Context, x []float32, key rng.Key) ([]float64, error) {
		v, err := Surprise(ctx, s, x, key)
		if err != nil {
			return nil, err
		}
		d := s.Net.Config.Dim
		out := make([]float64, len(v)/d)
		for i := range out {
			m, err := Smooth(Pixels(v[i*d:(i+1)*d], s.Shape), s.Shape[0], s.Shape[1], peakWindow)
			if err != nil {
				return nil, err
			}
			out[i] = slices.Max(m)
		}
		return out, ctx.Err()
	}, nil
}
