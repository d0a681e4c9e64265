package vae

import (
	"context"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// Classifier models find the class of data. They can be trained on rows few of which have one, and
// are judged on rows that have none.
type Classifier interface {
	// Classify returns the logarithms of q(y|x) up to a constant, B×C; it does not look at the classes
	// of the batch.
	Classify(s *model.Scope, b Batch) *g.Node
}

// Classify returns q(y|x) of rows x of [Network.Width] values, N×C.
func (n *Network) Classify(ctx context.Context, x []float32) ([]float32, error) {
	if err := n.need("classify"); err != nil {
		return nil, err
	}
	prog := model.NewProgram(n.Params, "classify", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{g.Softmax(n.Model.(Classifier).Classify(s, n.Batch(in[0], nil)), -1)}
	})
	d, c := n.Width(), n.Config.Classes
	out := make([]float32, len(x)/d*c)
	err := batches(ctx, x, d, n.piece(1), func(x []float32, first, rows, full int) error {
		in, err := n.Params.Tensor(x, full, d)
		if err != nil {
			return err
		}
		defer in.FinalizeAll()
		res, err := prog.Run(rng.Key{}, in)
		if err != nil {
			return err
		}
		return rowsOf(out[first*c:(first+rows)*c], res.Outputs[0])
	})
	return out, err
}

// completed gives rows whose class is not known the likeliest one, if the model finds classes.
func (n *Network) completed(s *model.Scope, b Batch) Batch {
	c, ok := n.Model.(Classifier)
	if !ok || b.Label == nil {
		return b
	}
	best := g.ConvertDType(g.ArgMax(c.Classify(s, b), -1), s.DType())
	b.Label = g.Where(g.LessThan(b.Label, g.ZerosLike(b.Label)), best, b.Label)
	return b
}
