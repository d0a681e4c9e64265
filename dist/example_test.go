package dist_test

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// The divergence of N(1, 1) from N(0, 1) is ½. Distributions are made of graph nodes, so a
// program computes their figures.
func ExampleKL() {
	b, err := backend.Open("go")
	if err != nil {
		fmt.Println(err)
		return
	}
	kl := model.NewProgram(model.NewParams(b, dtypes.Float64, rng.New(1)), "kl", func(_ *model.Scope, in []*g.Node) []*g.Node {
		q := dist.Normal{Loc: in[0], LogScale: g.ZerosLike(in[0])}
		v, ok := dist.KL(q, dist.StandardNormal(in[0]))
		if !ok {
			panic("no closed form")
		}
		return []*g.Node{v}
	})
	out, err := kl.Values(rng.Key{}, model.Tensor(dtypes.Float64, []float32{0, 1, 2}, 3))
	fmt.Println(out, err)
	// Output: [[0 0.5 2]] <nil>
}
