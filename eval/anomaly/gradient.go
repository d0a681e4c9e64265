package anomaly

import (
	"context"
	"math"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vae"
	"github.com/elbo-go/elbo/vi"
)

func init() {
	register(Score{
		Name: "gradient", Summary: "norm of the slope of the bound at the row",
		Formula: "‖∂ELBO(x)/∂x‖", Paper: "Grathwohl et al. 2020",
		Needs: []Need{NeedsEvidence},
		fit:   fitGradient,
	})
}

// slopes is the program of the gradient of Σ −ELBO with respect to rows, B×width.
func slopes(n *vae.Network, draws int) *model.Program {
	return model.NewProgram(n.Params, "slopes", func(s *model.Scope, in []*g.Node) []*g.Node {
		t := n.Model.Terms(s, n.Batch(in[0], nil), vi.Estimator{Samples: draws})
		nll := g.Neg(g.ReduceMean(t.LogLik, 0))
		if t.KL != nil {
			nll = g.Add(nll, special.SumDims(t.KL))
		}
		return g.Gradient(g.ReduceAllSum(nll), in[0])
	})
}

// fitGradient prepares the score gradient.
func fitGradient(_ context.Context, s Subject, _ rng.Key) (Function, error) {
	prog := slopes(s.Net, s.draws())
	return func(ctx context.Context, x []float32, key rng.Key) ([]float64, error) {
		w, d := s.Net.Width(), s.Net.Config.Dim
		out := make([]float64, len(x)/w)
		err := each(ctx, s.Net, prog, x, s.draws(), key, func(first, rows, _ int, v [][]float64) {
			for i := range rows {
				sum := 0.
				for _, u := range v[0][i*w : i*w+d] {
					sum += u * u
				}
				out[first+i] = math.Sqrt(sum)
			}
		})
		return out, err
	}, nil
}
