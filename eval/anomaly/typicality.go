package anomaly

import (
	"context"
	"math"

	"github.com/elbo-go/elbo/internal/rng"
)

func init() {
	register(Score{
		Name: "typicality", Summary: "distance of −ELBO from its mean over rows of training, nats",
		Formula: "|−ELBO(x) − Ĥ|, Ĥ the mean of −ELBO over rows of training", Paper: "Nalisnick et al. 2019",
		Needs: []Need{NeedsDensity, NeedsReference},
		fit:   fitTypicality,
	})
}

// entropyRows bounds the rows behind Ĥ, whose standard error is then below a tenth of the spread
// of the rows.
const entropyRows = 2000

// fitTypicality prepares the score typicality.
func fitTypicality(ctx context.Context, s Subject, key rng.Key) (Function, error) {
	nll := negative(s.Net, s.draws())
	ref, err := nll(ctx, s.Reference[:min(len(s.Reference), entropyRows*s.Net.Width())], key)
	if err != nil {
		return nil, err
	}
	h := 0.
	for _, v := range ref {
		h += v / float64(len(ref))
	}
	return func(ctx context.Context, x []float32, key rng.Key) ([]float64, error) {
		out, err := nll(ctx, x, key)
		for i, v := range out {
			out[i] = math.Abs(v - h)
		}
		return out, err
	}, nil
}
