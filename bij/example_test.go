package bij_test

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/backend"
	"github.com/elbo-go/elbo/bij"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// evaluate runs a graph function of one row of numbers.
func evaluate(fn func(s *model.Scope, x *g.Node) []*g.Node, x ...float64) [][]float64 {
	b, err := backend.Open("")
	if err != nil {
		panic(err)
	}
	program := model.NewProgram(model.NewParams(b, dtypes.Float64, rng.New(1)), "example", func(s *model.Scope, in []*g.Node) []*g.Node {
		return fn(s, in[0])
	})
	out, err := program.Values(rng.New(1), tensors.FromFlatDataAndDimensions(x, 1, len(x)))
	if err != nil {
		panic(err)
	}
	return out
}

// Two numbers become three probabilities.
func ExampleStickBreaking() {
	out := evaluate(func(_ *model.Scope, x *g.Node) []*g.Node {
		y, logDet := bij.StickBreaking{}.Forward(x)
		return []*g.Node{y, logDet}
	}, 0, 1)
	fmt.Printf("%.3f %.3f\n", out[0], out[1])
	// Output: [0.333 0.487 0.179] [-3.536]
}

// A flow of autoregressive and permuting maps is a density, here still that of N(0, I).
func ExampleFlow() {
	out := evaluate(func(s *model.Scope, x *g.Node) []*g.Node {
		f := bij.Chain{
			bij.NewMAF(s.In("first"), 3, bij.Net{}), bij.NewReverse(3),
			bij.NewMAF(s.In("second"), 3, bij.Net{}), bij.NewAffine(s, 3),
		}
		return []*g.Node{bij.NewFlow(s, f, 3).LogProb(x)}
	}, 1, 2, 3)
	fmt.Printf("%.3f\n", out[0])
	// Output: [-9.757]
}
