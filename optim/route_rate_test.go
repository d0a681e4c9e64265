package optim_test

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	g "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/elbo-go/elbo/internal/rng"
	tk "github.com/elbo-go/elbo/internal/testkit"
	"github.com/elbo-go/elbo/model"
	"github.com/elbo-go/elbo/optim"
)

// A route whose first step is the fifth of the others has the length of its own rate at it.
func TestARouteMayHaveARateOfItsOwn(t *testing.T) {
	adam := optim.NewAdam()
	p := tk.Params(t, dtypes.Float64)
	prog := model.NewProgram(p, "duel", func(s *model.Scope, in []*g.Node) []*g.Node {
		player, critic := duel(s)
		open := g.GreaterThan(in[4], g.Scalar(s.Graph(), s.DType(), 4.5))
		return adam.Descend(s, []optim.Route{{Loss: player}, {Scope: "critic", Loss: critic, Gate: open, Rate: in[2], Correct: in[3]}}, in[0], in[1])
	})
	for step := range int64(5) {
		rate, correct := adam.Scalars(step+1, .1)
		own, ownCorrect := adam.Scalars(1, .3)
		scalar := func(v float64) *tensors.Tensor { return tk.Matrix([]float64{v}) }
		tk.Values(t, prog, rng.New(1), scalar(rate), scalar(correct), scalar(own), scalar(ownCorrect), scalar(float64(step+1)))
	}
	w := weightsOf(t, p)
	tk.Close(t, "critic after its first step", w["critic/w"], 2.3, 1e-7)
	tk.Close(t, "player after five steps down a constant slope", w["player/w"], 0, 1e-6)
}
