package vae

import (
	"context"
	"fmt"

	"github.com/elbo-go/elbo/internal/rng"
)

// Hierarchical models draw their latents in groups, each given those before it. The columns of different
// groups of a code are independent of each other under the prior.
type Hierarchical interface {
	// Groups returns the numbers of columns of a code that the groups have, in the order in which
	// they are drawn: the one farthest from the data first.
	Groups() []int
}

// Groups returns the numbers of columns of a code that the groups of a hierarchy have, in the order in
// which they are drawn; nil for other models.
func (n *Network) Groups() []int {
	if h, ok := n.Model.(Hierarchical); ok {
		return h.Groups()
	}
	return nil
}

// Resample returns N codes with the columns of their first groups, keep of them, and those of the others
// drawn anew under the prior given the first: what the data of a code may look like where only its
// upper groups are known.
func (n *Network) Resample(ctx context.Context, codes []float32, keep int, key rng.Key) ([]float32, error) {
	sizes, l := n.Groups(), n.Config.Latent
	if sizes == nil {
		return nil, fmt.Errorf("vae: model %s has no groups of latents to draw anew", n.Name)
	}
	if keep < 0 || keep > len(sizes) {
		return nil, fmt.Errorf("vae: groups to keep: got %d, want 0 to %d", keep, len(sizes))
	}
	if len(codes)%l != 0 {
		return nil, fmt.Errorf("vae: codes: got %d values, want a multiple of %d", len(codes), l)
	}
	out, err := n.Prior(ctx, len(codes)/l, key)
	if err != nil {
		return nil, err
	}
	kept := 0
	for _, n := range sizes[:keep] {
		kept += n
	}
	for i := 0; i < len(codes); i += l {
		copy(out[i:i+kept], codes[i:i+kept])
	}
	return out, nil
}
