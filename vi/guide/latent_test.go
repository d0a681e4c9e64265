package guide_test

import (
	"fmt"
	"math"
	"testing"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/dist"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/special"
	"github.com/elbo-go/elbo/vi"
)

var _ vi.Scored = bij.Flow{}

// TestFlowsAreGuidesAndPriorsOfData: with z ~ N(0, 1) and x|z ~ N(2z + 1, ¼), the posterior of
// z is N(8(x − 1)/17, 1/17). As a flow, the guide has the weight p(x, z)/q(z|x) = p(x) at every
// draw, with the prior a normal distribution or a flow that is one, and for several data.
func TestFlowsAreGuidesAndPriorsOfData(t *testing.T) {
	x := []float64{2, -1, .5}
	out := tk.Graph(t, 1, func(s *model.Scope, in []*g.Node) []*g.Node {
		scalar := func(v float64) *g.Node { return special.ScalarLike(in[0], v) }
		mean := g.MulScalar(g.AddScalar(in[0], -1), 8./17) // B×1
		zero := g.ZerosLike(mean)
		// N(μ, 1/17) in two steps: the flow's base has the mean halved, its map doubles it.
		q := bij.Flow{
			Of:  bij.Chain{bij.Affine{LogScale: scalar(math.Ln2)}, bij.NewPlanar(s, 1, 2), bij.NewRadial(s, 1, 2)},
			Loc: g.MulScalar(mean, .5), LogScale: g.Add(zero, scalar(-.5*math.Log(17)-math.Ln2)),
		}
		decode := func(z *g.Node) dist.Distribution {
			return dist.Normal{Loc: g.AddScalar(g.MulScalar(z, 2), 1), LogScale: scalar(math.Log(.5))}
		}
		prior := bij.Flow{Of: bij.Invert{Of: bij.Affine{Shift: scalar(3)}}, Loc: g.Add(zero, scalar(3)), LogScale: zero}
		var weights []*g.Node
		for i, p := range []dist.Distribution{dist.StandardNormal(mean), prior} {
			l := vi.Latent{Q: q, P: p, Decode: decode}
			weights = append(weights, vi.LogWeights(s.In(fmt.Sprint("weights", i)), in[0], l, 4))
			terms := vi.Estimator{Samples: 4}.ELBO(s.In(fmt.Sprint("bound", i)), in[0], l)
			weights = append(weights, g.Sub(g.ReduceMean(terms.LogLik, 0), g.Squeeze(terms.KL, -1)))
		}
		return weights
	}, tk.Matrix(x, 3, 1))
	for k := range out {
		for i, got := range out[k] {
			d := x[i%3] - 1
			tk.Close(t, "ln p(x)", got, -.5*math.Log(2*math.Pi*4.25)-d*d/8.5, 1e-12)
		}
	}
}
