package anomaly

import (
	"context"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/vae"
)

func init() {
	register(Score{
		Name: "codes", Summary: "negative log-probability of the indices of the code under their learned prior, nats",
		Formula: "−Σ_i ln p(c_i|c_1 … c_(i−1)), c the indices of x", Paper: "van den Oord et al. 2017",
		Needs: []Need{NeedsIndices},
		fit:   fitCodes,
	})
}

// fitCodes prepares the score codes. With ln p(x|c) it makes up the bound, whose guide is a point mass.
func fitCodes(_ context.Context, s Subject, _ rng.Key) (Function, error) {
	prog := model.NewProgram(s.Net.Params, "codes", func(sc *model.Scope, in []*g.Node) []*g.Node {
		b := s.Net.Batch(in[0], nil)
		index, _ := s.Net.Model.(vae.Encoder).Encode(sc, b)
		return []*g.Node{g.Neg(chosen(s.Net.Model.(vae.Ancestral).Next(sc, b.Code(index)), index))}
	})
	return func(ctx context.Context, x []float32, key rng.Key) ([]float64, error) {
		out := make([]float64, len(x)/s.Net.Width())
		err := each(ctx, s.Net, prog, x, 1, key, func(first, rows, _ int, v [][]float64) {
			copy(out[first:first+rows], v[0])
		})
		return out, err
	}, nil
}

// chosen is Σ_i ln p(c_i) of indices, B×L, under unnormalised log-probabilities, B×L×K.
func chosen(logits, index *g.Node) *g.Node {
	all := g.ConvertDType(g.Iota(logits.Graph(), logits.Shape(), 2), index.DType())
	hit := g.Equal(g.BroadcastToDims(g.ExpandAxes(index, -1), logits.Shape().Dimensions...), all)
	logp := g.LogSoftmax(logits, -1)
	return g.ReduceSum(g.Where(hit, logp, g.ZerosLike(logp)), 1, 2)
}
