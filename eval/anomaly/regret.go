package anomaly

import (
	"context"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/eval"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
)

func init() {
	register(Score{
		Name: "regret", Summary: "what the bound gains from the best guide for the row alone, nats; takes seconds a hundred rows",
		Formula: "max_q ELBO(x; q) − ELBO(x), q over diagonal normal distributions", Paper: "Xiao et al. 2020",
		Needs: []Need{NeedsNormalGuide}, Slow: true,
		fit: fitRegret,
	})
}

// regretSettings are those of the search for the best guide.
var regretSettings = eval.GapSettings{Steps: 100, LR: .05, Draws: 4, Average: 16, Weights: 1}

// fitRegret prepares the score regret: that of the guide itself, not of the encoder's weights (Xiao et
// al. 2020, section 3.2). A network guesses well for rows like those that it has learnt from; whether they are
// likely has no part in it.
func fitRegret(_ context.Context, s Subject, _ rng.Key) (Function, error) {
	return func(ctx context.Context, x []float32, key rng.Key) ([]float64, error) {
		w := s.Net.Width()
		var out []float64
		for first := 0; first < len(x); first += chunk * w {
			piece := x[first:min(len(x), first+chunk*w)]
			known := make([]float64, len(piece)/w) // the evidence has no part in it
			gaps, err := eval.FindGaps(ctx, eval.Evidence{Params: s.Net.Params, Latent: s.Net.Latent}, piece, w, known, regretSettings, key.At(uint64(first)))
			if err != nil {
				return nil, err
			}
			for i, best := range gaps.Best {
				out = append(out, best-gaps.Amortized[i])
			}
		}
		return out, nil
	}, nil
}

// normalGuide tells whether q(z|x) is a diagonal normal distribution, by a look at it.
func normalGuide(n *vae.Network) bool {
	normal := false
	prog := model.NewProgram(n.Params, "guide", func(s *model.Scope, in []*g.Node) []*g.Node {
		_, normal = n.Model.(vae.Probabilistic).Latent(s, n.Batch(in[0], nil)).Q.(dist.Normal)
		return []*g.Node{g.Identity(in[0])}
	})
	_, err := values(n, prog, make([]float32, n.Width()), 1, rng.Key{})
	return normal && err == nil
}
