package vae

import (
	"context"

	g "github.com/gomlx/gomlx/core/graph"

	"github.com/elbo-go/elbo/dist"
	"github.com/elbo-go/elbo/internal/rng"
	"github.com/elbo-go/elbo/model"
)

// Completer models predict a part of data from the rest of it.
type Completer interface {
	// Complete returns the distribution of data given what is seen of them alone, with a draw of the
	// code where there is one; its mean holds what is seen as it is.
	Complete(s *model.Scope, b Batch) dist.Distribution
}

// Complete returns rows x, N×[Network.Width], with the part that the model does not see replaced by
// what it expects there, N×D. Another key draws another code.
func (n *Network) Complete(ctx context.Context, x []float32, key rng.Key) ([]float32, error) {
	if err := n.need("complete"); err != nil {
		return nil, err
	}
	prog := model.NewProgram(n.Params, "complete", func(s *model.Scope, in []*g.Node) []*g.Node {
		return []*g.Node{n.Model.(Completer).Complete(s, n.Batch(in[0], nil)).Mean()}
	})
	w, d := n.Width(), n.Config.Dim
	out := make([]float32, len(x)/w*d)
	err := batches(ctx, x, w, n.piece(1), func(x []float32, first, rows, full int) error {
		in, err := n.Params.Tensor(x, full, w)
		if err != nil {
			return err
		}
		defer in.FinalizeAll()
		res, err := prog.Run(key.At(uint64(first)), in)
		if err != nil {
			return err
		}
		return rowsOf(out[first*d:(first+rows)*d], res.Outputs[0])
	})
	return out, err
}
