package bnn

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/model"
)

// fitEnsemble trains M networks that differ in their start and the order of their rows
// (Lakshminarayanan et al. 2017, algorithm 1); each is a draw.
func fitEnsemble(ctx context.Context, r *trainer, n *Net) error {
	key := r.key
	for m := range r.c.Members {
		r.key = key.Named("member").At(uint64(m))
		r.params = model.NewParams(r.params.Backend(), r.params.DType(), r.key)
		arrays, err := r.mode(ctx, n, point{shape: n.shape, sd: r.c.Prior.SD}, fmt.Sprintf("member %d", m+1))
		if err != nil {
			return err
		}
		if err := n.add(n.mean, r.sigma(arrays)); err != nil {
			return err
		}
	}
	return nil
}
